import Foundation
import TestSupport
import Testing

@testable import local_runner

/// More connections than there is room for, and connections that do nothing or too much.
@Suite(.serialized) struct PressureTests {
    /// Raises this process's limit of descriptors to the maximum; returns the limit.
    static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    /// Runs `body`; returns its duration in seconds.
    private func time(_ body: () throws -> Void) rethrows -> Double {
        let start = Date()
        try body()
        return Date().timeIntervalSince(start)
    }

    @Test("Ten thousand idle connections and a dozen slow uploads do not slow down other requests")
    func tenThousandIdleConnectionsAndADozenSlowUploadsChangeNothing() throws {
        let count = min(10_000, Self.raiseDescriptorLimit() - 1_000)
        #expect(count == 10_000, "this needs 11,000 descriptors (ulimit -Hn)")
        let runner = try Runner()
        let idle = try (0..<count).map { number in
            let client = try runner.connect(from: "127.0.0.\(2 + number % 8)")
            // Some connections have been used before, some send the beginning of a request.
            if number % 10 == 0 { _ = try client.request("GET", "/nowhere") }
            if number % 10 == 1 { try client.send("GET / HT") }
            return client
        }
        let uploads = try (0..<12).map { _ in
            let upload = try runner.connect(from: "127.0.0.2")
            try upload.send("POST /reuse HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nhello")
            return upload
        }
        for dispatch in Runner.dispatches {
            var status = 0
            let seconds = try time { status = try runner.connect().request("GET", "/\(dispatch)").status }
            #expect(status == 200 && seconds < 2, "\(seconds) s")
        }
        let kilobytes = try #require(ProcessTable.residentKilobytes(runner.process.id))
        #expect(kilobytes < 150_000, "\(count) connections take \(kilobytes) KiB")
        // No connection that has sent nothing was closed.
        #expect(!idle.enumerated().contains { $0.offset % 10 > 1 && $0.element.hasInput(seconds: 0) })
        _ = uploads
    }

    @Test("The connection that has been idle for longest is closed to make room")
    func theLongestIdleConnectionMakesRoom() throws {
        // 300 descriptors are enough for 150 connections.
        let runner = try Runner(
            .init(
                trustedProxies: "127.0.0.0/8",
                launcher: ["/bin/sh", "-c", "ulimit -n 300; exec \"$@\"", "sh"]))
        let busy = try runner.connect()
        try busy.send("GET /spawn?do=sleep&n=2000 HTTP/1.1\r\nHost: a\r\n\r\n")
        let idle = try (0..<400).map { _ in try runner.connect() }
        let last = try runner.connect()
        #expect(try last.request("GET", "/reuse").status == 200)
        #expect(idle[0].hasInput(seconds: 5))
        #expect(try idle[0].readToEnd() == "")
        #expect(!idle[399].hasInput(seconds: 0), "the last to come are the last to go")
        #expect(try busy.readReply().status == 200, "a connection that is served is not idle")
    }

    @Test("One address can't use all connections") func oneAddressCanNotTakeAllConnections() throws {
        let runner = try Runner(.init(launcher: ["/bin/sh", "-c", "ulimit -n 400; exec \"$@\"", "sh"]))
        let other = try runner.connect(from: "127.0.0.9")
        #expect(try other.request("GET", "/reuse").status == 200)
        // The server has room for 200 connections in total, and for 50 of one address. The connections are in the
        // middle of a request, so none can be closed.
        let many = try (0..<300).map { _ in
            let client = try runner.connect(from: "127.0.0.7")
            try? client.send("POST /reuse HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx")
            return client
        }
        #expect(runner.logs("no room for more connections; refused one from 127.0.0.7"))
        #expect(try other.request("GET", "/reuse").status == 200, "the others keep what they have")
        #expect(try runner.connect(from: "127.0.0.8").request("GET", "/reuse").status == 200)
        #expect(many.count { !$0.hasInput(seconds: 0) } == 50)
    }

    /// A client may continue to send after the last answer of its connection. These bytes are discarded, a part in each
    /// turn of the loop.
    @Test("Clients that send a flood of bytes after the last answer of their connection do not delay others")
    func clientsThatFloodTheirLastConnectionKeepNobodyWaiting() throws {
        let runner = try Runner()
        let other = try runner.connect()
        #expect(try other.request("GET", "/reuse").status == 200)
        let port = runner.port
        let end = Date(timeIntervalSinceNow: 1.5)
        let floods = Threads(count: 4) { _ in
            let bytes = [UInt8](repeating: 0, count: 1 << 20)
            while Date() < end, let flood = try? TCPClient(port: port) {
                try? flood.send("GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                while Date() < end, (try? flood.send(bytes)) != nil {}
            }
        }
        var longest = 0.0
        while Date() < end {
            longest = max(longest, try time { _ = try other.request("GET", "/nowhere") })
        }
        floods.join()
        #expect(longest < 0.4, "a request took \(longest) s")
    }

    @Test("One turn discards only a part of the bytes after the last request")
    func oneTurnReadsOverAPartOfWhatComesTooLate() throws {
        let server = try Server(
            Configuration(
                name: "test", listen: ListenAddress(ip: "127.0.0.1", port: 0), functions: [], crons: [], variables: [:]),
            functionsDirectory: "/", settings: ServerSettings(), log: RunnerLog(descriptor: -1))
        // The server does not know the test's connection, so the test decides when the connection's turn is.
        let listener = try Listener(ListenAddress(ip: "127.0.0.1", port: 0))
        defer { close(listener.descriptor) }
        let client = try TCPClient(port: Int(listener.address.port))
        var accepted: (descriptor: Int32, peer: PeerAddress)?
        #expect(
            poll {
                accepted = listener.accept()
                return accepted != nil
            })
        let (descriptor, peer) = try #require(accepted)
        let account = server.budget.account(peer.bytes)
        let connection = Connection(
            server, descriptor: descriptor, peer: peer.text, account: account, isOnPagesPort: false)
        #expect(connection.open())
        try client.send("GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        connection.proceed()
        #expect(try client.readReply().status == 404)
        // Finds out how many bytes the system buffers for a client whose bytes the server does not read.
        var sent = 0
        while case let length = client.sendNow([UInt8](repeating: 0, count: 1 << 16)), length > 0 { sent += length }
        #expect(sent > 3 << 20, "the system keeps \(sent) bytes only")
        var turns = 0
        server.loop.afterRound = { turns += 1 }
        server.loop.run { turns == 1 }
        // Received bytes that are not acknowledged yet count twice for a moment.
        var read = 0
        #expect(
            poll {
                var waiting: Int32 = 0
                _ = ioctl(descriptor, UInt(FIONREAD), &waiting)
                read = sent - client.unacknowledged - Int(waiting)
                return read > 0
            })
        #expect(read < 5 << 19, "\(read) of \(sent) bytes in one turn")
        connection.leave()
    }

    @Test("A task that asks for another turn does not delay others")
    func whatAsksForAnotherTurnKeepsNothingWaiting() throws {
        final class Greedy: Continuation {
            let loop: EventLoop
            var turns = 0
            init(_ loop: EventLoop) { self.loop = loop }
            func proceed() {
                turns += 1
                loop.soon(self)
            }
        }
        let loop = try EventLoop()
        let greedy = Greedy(loop)
        greedy.proceed()
        var ticks = 0
        func tick() {
            ticks += 1
            loop.after(milliseconds: 0, tick)
        }
        tick()
        var rounds = 0
        loop.afterRound = { rounds += 1 }
        loop.run { rounds == 100 }
        #expect((100...101).contains(greedy.turns))
        // The loop reads the clock once per turn: a timer without delay runs again in the same turn only within the
        // same microsecond.
        #expect((50...10_000).contains(ticks), "\(ticks)")
    }

    /// Long heads, pipelined requests and unread responses count against a client's budget.
    @Test("Requests from clients without credentials take little memory")
    func requestsThatNobodyHasProvenAnythingForTakeLittleMemory() throws {
        _ = Self.raiseDescriptorLimit()
        let runner = try Runner()
        let client = try runner.connect()
        #expect(try client.request("GET", "/reuse").status == 200)
        let before = try #require(ProcessTable.residentKilobytes(runner.process.id))
        let heads = try (0..<1_000).map { number in
            let head = try runner.connect(from: "127.0.0.\(2 + number % 2)", receiveBuffer: 4_096)
            // Half of the connections send long heads that do not end, half send requests and do not read the
            // responses.
            let text =
                number % 2 == 0
                ? "GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 32_000)
                : String(repeating: "GET /n HTTP/1.1\r\nHost: a\r\n\r\n", count: 2_000)
            _ = head.sendNow(Array(text.utf8))
            return head
        }
        #expect(try client.request("GET", "/reuse").status == 200)
        let after = try #require(ProcessTable.residentKilobytes(runner.process.id))
        #expect(after - before < 80_000, "\(heads.count) connections take \(after - before) KiB")
    }

    @Test("A client that reads too slowly is disconnected") func aClientThatReadsTooSlowlyIsLeft() throws {
        let runner = try Runner(timeout: 60_000)
        let client = try runner.connect(receiveBuffer: 4_096)
        let start = Date()
        try client.send("GET /reuse?do=stream&n=50000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        // Reads a little from time to time, less than 8 KiB a second.
        while Date().timeIntervalSince(start) < 50, !runner.log.contains(" 499 ") {
            if try client.read(upTo: 2_048).isEmpty { break }
            usleep(400_000)
        }
        #expect(runner.logs(" 499 "))
        #expect((29..<50).contains(Date().timeIntervalSince(start)))
    }
}
