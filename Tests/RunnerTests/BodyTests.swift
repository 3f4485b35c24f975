import Base
import Crypto
import Foundation
import TestSupport
import Testing

@testable import local_runner

/// Slow and large bodies of requests, requests without credentials, and the limits for each address.
@Suite(.serialized) struct BodyTests {
    @Test("Slow uploads occupy no process", arguments: Runner.dispatches)
    func slowUploadsTakeNoPlaces(_ dispatch: String) throws {
        let runner = try Runner(concurrency: 1)
        let uploads = try (0..<12).map { number in
            let upload = try runner.connect()
            let framing = number % 2 == 0 ? "Content-Length: 100000" : "Transfer-Encoding: chunked"
            try upload.send("POST /\(dispatch)?do=echo HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
            try upload.send(number % 2 == 0 ? "hello" : "10\r\nhello")
            return upload
        }
        let client = try runner.connect()
        for _ in 0..<5 {
            let start = Date()
            #expect(try client.request("GET", "/\(dispatch)").status == 200)
            #expect(Date().timeIntervalSince(start) < 1)
        }
        // A complete upload is served like any other request.
        try uploads[0].send(String(repeating: "x", count: 100_000 - 5))
        #expect(try uploads[0].readReply().text.contains(#""length":100000"#))
        #expect(poll { runner.log.components(separatedBy: " 200 ").count == 7 })
    }

    @Test("Bodies of many sizes, up to 15 MB, arrive unchanged", arguments: Runner.dispatches)
    func bodiesOfEachSizeArriveUnchanged(_ dispatch: String) throws {
        let runner = try Runner(.init(timeout: 30_000, maximumBody: 16 << 20))
        let client = try runner.connect()
        for size in [0, 1, 65_535, 65_536, 65_537, 131_072, 3_000_000, 15_000_000] {
            let text = String(repeating: "0123456789abcdef", count: size / 16 + 1).prefix(size)
            let sum = SHA256.hexadecimal(Array(text.utf8))
            let reply = try client.request("POST", "/\(dispatch)?do=sum", body: String(text))
            #expect(reply.text == #"{"length":\#(size),"sum":"\#(sum)"}"#)
            var chunks = ""
            for part in [text.prefix(size / 2), text.dropFirst(size / 2)] where !part.isEmpty {
                chunks += String(part.utf8.count, radix: 16) + "\r\n" + part + "\r\n"
            }
            try client.send(
                "POST /\(dispatch)?do=sum HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)0\r\n\r\n")
            #expect(try client.readReply().text == #"{"length":\#(size),"sum":"\#(sum)"}"#)
        }
    }

    @Test("Large bodies are stored in files, not in memory") func largeBodiesAreNotKeptInMemory() throws {
        let runner = try Runner(.init(maximumBody: 16 << 20))
        let warm = try runner.connect()
        #expect(try warm.request("POST", "/reuse?do=echo", body: String(repeating: "x", count: 100_000)).status == 200)
        let before = try #require(ProcessTable.residentKilobytes(runner.process.id))
        let uploads = try (0..<15).map { _ in
            let upload = try runner.connect()
            try upload.send("POST /reuse HTTP/1.1\r\nHost: a\r\nContent-Length: 15000000\r\n\r\n")
            try upload.send([UInt8](repeating: 0, count: 14_900_000))
            return upload
        }
        #expect(try warm.request("GET", "/reuse").status == 200)
        let after = try #require(ProcessTable.residentKilobytes(runner.process.id))
        #expect(after - before < 20_000, "15 bodies of 15 MB took \(after - before) KiB")
        // The files have no names, so none can be found.
        let links = try Shell.run("ls -l /proc/$1/fd", [String(runner.process.id)])
        #expect(links.components(separatedBy: "(deleted)").count > 15)
        _ = uploads
    }

    /// One address may hold 256 MiB of bodies; other addresses are still served.
    @Test("One address can't use all the space for bodies") func oneAddressCanNotTakeAllTheRoom() throws {
        let runner = try Runner(.init(maximumBody: 100 << 20))
        let body = [UInt8](repeating: 0, count: 90 << 20)
        let uploads = try (0..<3).map { _ in
            let upload = try runner.connect(from: "127.0.0.7")
            try upload.send("POST /reuse HTTP/1.1\r\nHost: a\r\nContent-Length: \(100 << 20)\r\n\r\n")
            try? upload.send(body)
            return upload
        }
        let statuses = uploads.compactMap { $0.hasInput(seconds: 0.5) ? try? $0.readReply().status : nil }
        // The last upload finds no space, unless another one has stalled for a second by then.
        #expect(statuses == [503] || statuses == [408])
        let other = try runner.connect(from: "127.0.0.8")
        #expect(try other.request("POST", "/reuse", body: String(repeating: "x", count: 200_000)).status == 200)
    }

    @Test("Bodies that are too slow get 408") func slowBodiesEndWith408() throws {
        let runner = try Runner()
        let start = Date()
        let silent = try runner.connect()
        try silent.send("POST /reuse HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhello")
        // A byte from time to time keeps the connection open for half a minute.
        let trickle = try runner.connect()
        try trickle.send("POST /reuse HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        while !trickle.hasInput(seconds: 2), Date().timeIntervalSince(start) < 45 { try trickle.send("x") }
        #expect((29..<40).contains(Date().timeIntervalSince(start)))
        #expect(try trickle.readReply().status == 408)
        #expect(try silent.readReply().status == 408)
    }

    @Test("A request without credentials is refused before its body is read")
    func aRequestWithoutCredentialsIsRefusedBeforeItsBody() throws {
        let runner = try Runner(.init(maximumBody: 1 << 20, members: #", "credentials": "apiKey""#))
        for dispatch in Runner.dispatches {
            let client = try runner.connect()
            try client.send("POST /\(dispatch) HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
            let reply = try client.readReply()
            #expect(reply.status == 401 && reply.text == #"{"error":"Missing or invalid API key."}"#)
            #expect(reply["www-authenticate"] == "Bearer" && reply["connection"] == "close")
            let other = try runner.connect()
            #expect(try other.request("GET", "/\(dispatch)").status == 401)
            #expect(try other.request("PUT", "/\(dispatch)").status == 405)
            #expect(runner.children.isEmpty)
            // The function checks if the credentials are valid.
            for field in ["Authorization: x", "authorization:", "X-Api-Key: y"] {
                #expect(try other.request("GET", "/\(dispatch)", [field]).status == 200)
            }
            runner.children.forEach { kill($0, SIGKILL) }
            #expect(poll { runner.children.isEmpty })
        }
    }

    @Test("The budget limits each network and the total") func theBudgetCountsEachNetworkAndAll() throws {
        let proxy = try #require(IPRange("10.0.0.0/8"))
        let budget = Budget(connections: 8, trustedProxies: [proxy])
        let one = budget.account([192, 0, 2, 1])
        #expect(budget.take(.connections, one))
        #expect(budget.account([192, 0, 2, 1]) === one)
        #expect(budget.account([192, 0, 2, 2]) !== one)
        #expect(budget.take(.connections, one))
        #expect(!budget.take(.connections, one), "a quarter is for one address")
        // All addresses in an IPv6 /64 count as one client.
        let six: [UInt8] = [0x20, 1, 0xD, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]
        var neighbour = six
        neighbour[15] = 2
        var stranger = six
        stranger[7] = 1
        #expect(budget.account(six) !== budget.account(stranger))
        let network = budget.account(six)
        #expect(budget.take(.connections, network))
        #expect(budget.account(neighbour) === network)
        // A trusted proxy may use all that is left.
        let trusted = budget.account([10, 1, 2, 3])
        #expect(trusted.isTrusted && budget.account([10, 9, 9, 9]) === trusted)
        for _ in 0..<5 { #expect(budget.take(.connections, trusted)) }
        #expect(!budget.take(.connections, trusted) && !budget.take(.connections, budget.account(stranger)))
        budget.give(.connections, trusted)
        #expect(budget.take(.connections, budget.account(stranger)))
        #expect(budget.used.connections == 8)
        // An account that holds nothing is deleted.
        budget.give(.connections, one)
        #expect(budget.account([192, 0, 2, 1]) === one)
        budget.give(.connections, one)
        #expect(budget.account([192, 0, 2, 1]) !== one)
    }

    @Test("The budget keeps the accounts of clients that use something, and no account of a refused client")
    func theBudgetKeepsOnlyAccountsThatUseSomething() {
        let budget = Budget(connections: 1)
        let one = budget.account([192, 0, 2, 1])
        #expect(budget.take(.connections, one))
        weak var refused: Budget.Account?
        do {
            let other = budget.account([192, 0, 2, 2])
            refused = other
            #expect(!budget.take(.connections, other))
        }
        #expect(refused == nil)
        // The server evicts a client's own connection to make room for its next one.
        budget.give(.connections, one)
        #expect(budget.take(.connections, one) && budget.account([192, 0, 2, 1]) === one)
    }

    @Test("One address leaves processes for other addresses") func oneAddressLeavesPlacesToOthers() throws {
        let runner = try Runner(concurrency: 8, timeout: 60_000)
        let clients = try (0..<20).map { _ in
            let client = try runner.connect(from: "127.0.0.7")
            try client.send("GET /spawn?do=sleep&n=50000 HTTP/1.1\r\nHost: a\r\n\r\n")
            return client
        }
        #expect(poll { runner.children.count == 7 })
        #expect(try runner.connect(from: "127.0.0.8").request("GET", "/spawn").status == 200)
        #expect(runner.children.count == 7)
        _ = clients
    }
}
