import Base
import Foundation
import HTTP
import TestSupport
import Testing

@testable import local_runner

/// The runner's log: its lines, their format, and slow or missing readers.
@Suite(.serialized) struct LogTests {
    /// A FIFO that this process holds open and reads on demand.
    private final class Fifo {
        let path: String
        private let descriptor: Int32

        init(_ folder: TemporaryFolder) throws {
            path = folder.path("fifo")
            try #require(mkfifo(path, 0o600) == 0)
            descriptor = open(path, O_RDWR | O_NONBLOCK)
            try #require(descriptor >= 0)
        }

        deinit { close(descriptor) }

        /// Removes all bytes that are in the FIFO now, and returns them as text.
        func read() -> String {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while case let length = Glibc.read(descriptor, &buffer, buffer.count), length > 0 {
                bytes += buffer[..<length]
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    @Test("An unread log stops nothing, and later reports how many lines were lost", arguments: [true, false])
    func unreadLog(_ hasProc: Bool) throws {
        let folder = try TemporaryFolder()
        let fifo = try Fifo(folder)
        let redirect = ["/bin/sh", "-c", #"exec "$@" 2>"$0""#, fifo.path]
        let runner = try Runner(
            .init(format: "json", launcher: (hasProc ? [] : Surroundings.launcher("--without", "proc")) + redirect))
        let client = try runner.connect()
        // More than the pipe and the runner's buffer hold: each line has more than 2,000 bytes.
        let path = "/nowhere/" + String(repeating: "x", count: 2_000)
        for _ in 0..<1_000 { #expect(try client.request("GET", path).status == 404) }
        #expect(try client.request("GET", "/reuse").status == 200)
        var text = ""
        #expect(
            poll {
                text += fifo.read()
                return text.contains("log lines were dropped")
            })
        let lines = text.split(separator: "\n")
        let dropped = lines.compactMap { $0.firstMatch(of: /"(\d+) log lines were dropped/).flatMap { Int($0.1) } }
        #expect(dropped.count == 1 && lines.count { $0.contains("/nowhere/") } + dropped[0] >= 1_000)
        for line in lines { #expect((try? JSON(parsing: Array(line.utf8))) != nil, "\(line)") }
        // Once the log is read, it continues.
        #expect(try client.request("GET", "/nowhere", ["X-Request-Id: after"]).status == 404)
        #expect(
            poll {
                text += fifo.read()
                return text.contains(#""request_id":"after""#)
            })
        for _ in 0..<200 { #expect(try client.request("GET", path).status == 404) }
        runner.process.send(SIGTERM)
        #expect(runner.process.waitForEnd(seconds: 5) == 0)
    }

    @Test("Lines that can't be written are counted, and the count is written later")
    func brokenOutput() throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { ends.forEach { close($0) } }
        let log = RunnerLog(descriptor: ends[0], format: .json)
        for _ in 0..<5_000 { log.write(String(repeating: "x", count: 1_000)) }
        log.flush()
        #expect(log.isBlocked)
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while log.isBlocked || recv(ends[1], &buffer, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0 {
            let length = recv(ends[1], &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if length > 0 { text += buffer[..<length] }
            log.flush()
        }
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        let last = try #require(lines.last?.firstMatch(of: /"(\d+) log lines were dropped/))
        #expect(lines.count - 1 + (Int(last.1) ?? 0) == 5_000)
    }

    /// Messages of libpq have several lines.
    @Test("Each message and each line of a function is one line of text without control characters")
    func linesOfText() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        let log = RunnerLog(descriptor: ends[1], format: .text)
        log.write("it failed:\n\tIs the server running?\r\n\u{1B}[31m\u{202E}")
        log.write(Array("a\u{9B}31m\u{202E}b é".utf8), function: "f")
        log.flush()
        // Does not wait for the end of the pipe: processes of other tests may have inherited its other side.
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let length = read(ends[0], &buffer, buffer.count)
        let text = String(decoding: buffer[..<max(0, length)], as: UTF8.self)
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.count == 2, "\(text)")
        #expect(lines.first?.hasSuffix(" it failed:  Is the server running?  \u{FFFD}[31m\u{FFFD}") == true, "\(text)")
        #expect(lines.last == "    f: a\u{FFFD}31m\u{FFFD}b é")
    }

    @Test("A function's last output is logged, even without a line break", arguments: Runner.dispatches)
    func lastWords(_ dispatch: String) throws {
        let runner = try Runner(format: "json")
        let client = try runner.connect()
        for number in 0..<3 {
            let reply = try client.request("GET", "/\(dispatch)?do=mutter&n=7", ["X-Request-Id: m\(number)"])
            #expect(reply.status == 502)
        }
        for number in 0..<3 {
            // A process may start before the runner notices the end of the previous one: the last words of both are
            // then on one line.
            #expect(runner.logs("the last words of m\(number)"))
        }
    }

    @Test("A request with a thousand lines, more than its buffer holds, loses none of them")
    func manyLines() throws {
        let runner = try Runner(format: "json")
        let client = try runner.connect()
        #expect(try client.request("GET", "/isolated?do=log&n=1000", ["X-Request-Id: many"]).status == 200)
        #expect(runner.logs(#""message":"request","request_id":"many""#))
        #expect(poll { runner.log.components(separatedBy: " of many\"").count == 1_001 })
    }

    @Test("One turn of the loop reads a part of a process's output, and no line is torn")
    func partsOfALog() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        let loop = try EventLoop()
        let text = (0..<1_000).map { "line \($0) with \(String(repeating: "x", count: $0 % 90))" }
        let bytes = Array(text.map { $0 + "\n" }.joined().utf8)
        try #require(bytes.count > 40_000 && write(ends[1], bytes, bytes.count) == bytes.count)
        close(ends[1])
        var lines: [String] = []
        let splitter = LineSplitter { lines.append(String(decoding: $0, as: UTF8.self)) }
        var hasEnded = false
        PipeReader(
            ends[0], loop: loop, memory: loop.logScratch, bytesAtOnce: 16 << 10,
            onBytes: {
                splitter.split($0)
                return true
            }, onEnd: { hasEnded = true })
        var turns: [Int] = []
        loop.afterRound = { turns.append(lines.count) }
        loop.run { hasEnded }
        #expect(turns.first.map { $0 < 700 } == true && turns.last == 1_000, "\(turns)")
        #expect(lines == text)
    }

    /// The loop can't watch regular files (epoll_ctl(2), EPERM), as it can't watch a pipe if the kernel has no memory.
    @Test("A reader or writer whose descriptor can't be watched closes it, and the reader reports the end")
    func unwatched() throws {
        let folder = try TemporaryFolder()
        let loop = try EventLoop()
        func descriptor(_ name: String) -> Int32 { open(folder.path(name), O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
        func isOpen(_ descriptor: Int32, _ name: String) throws -> Bool {
            let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
            return place == URL(filePath: folder.path(name)).resolvingSymlinksInPath().path
        }
        let (first, second, third) = (descriptor("first"), descriptor("second"), descriptor("third"))
        #expect(try isOpen(first, "first") && isOpen(second, "second") && isOpen(third, "third"))
        var ends = 0
        let reader = PipeReader(first, loop: loop, onBytes: { _ in true }, onEnd: { ends += 1 })
        let closed = PipeReader(second, loop: loop, onBytes: { _ in true }, onEnd: { ends += 10 })
        closed.close()
        let writer = PipeWriter(third, loop: loop) {}
        #expect(try !isOpen(first, "first") && !isOpen(second, "second") && !isOpen(third, "third"))
        #expect(ends == 0 && !reader.isOpen)
        var rounds = 0
        loop.afterRound = {
            rounds += 1
            reader.readAhead()
            writer.write()
        }
        loop.soon(reader)
        loop.run { rounds > 0 }
        #expect(ends == 1)
    }

    @Test("The search for a request id gives the same result as Swift's own search")
    func search() {
        let part = Array(#""request_id":""#.utf8)
        let texts = [
            "", #"""#, #""request_id":"#, #""request_id":"1"#, #"{"a":"b","request_id":"x","request_id":"y"}"#,
        ]
        for text in texts {
            let bytes = Array(text.utf8)
            let place: Range<Int>? = bytes.firstRange(of: part)
            #expect(place == bytes[...].firstRange(of: part[...]), "\(text)")
        }
    }

    @Test("Each line of the JSON log is an object with time, level and message")
    func oneSchema() throws {
        let runner = try Runner(format: "json")
        let client = try runner.connect()
        for path in [
            "/isolated?do=log&n=2", "/reuse?do=mutter&n=3", "/spawn?do=crash", "/nowhere", "/reuse?do=status&n=500",
        ] {
            _ = try client.request("GET", path, ["X-Request-Id: one"])
        }
        #expect(
            try client.request(
                "POST", "/cdn-cgi/handler/scheduled?cron=0+0+1+1+*", [runner.localAuthorization]
            ).status == 200)
        runner.process.send(SIGTERM)
        #expect(runner.process.waitForEnd() == 0)
        let lines = try runner.log.split(separator: "\n").filter { $0.hasPrefix("{") }
            .map { try JSON(parsing: Array($0.utf8)) }
        #expect(lines.count >= 12)
        for line in lines {
            #expect(line["time"]?.string.flatMap { Timestamp($0) } != nil, "\(line)")
            #expect(["info", "warning", "error"].contains(line["level"]?.string), "\(line)")
            #expect(line["message"]?.string != nil && line["requestId"] == nil && line["durationMs"] == nil, "\(line)")
        }
        let requests = lines.filter { $0["message"] == "request" && $0["method"] != "CRON" }
        #expect(requests.count == 6)
        for request in requests {
            #expect(request["request_id"]?.string != nil && request["client"] == "127.0.0.1", "\(request)")
            #expect(request["status"]?.integer != nil && request["duration_ms"] != nil && request["path"] != nil)
        }
        #expect(requests.filter { $0["level"] == "error" }.compactMap { $0["status"]?.integer } == [502, 502, 500])
        let ends = lines.filter { $0["message"]?.string?.contains("ended with status") == true }
        #expect(ends.count == 2 && ends.allSatisfy { $0["request_id"] == "one" }, "\(ends)")
        #expect(lines.first?["message"]?.string?.hasPrefix("listening on http://127.0.0.1:") == true)
        #expect(!runner.log.contains(runner.localAuthorization.suffix(36)), "tokens stay out of the log")
    }

    @Test("JSON from a function without time, level or message is logged as a message")
    func foreignJSON() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        let log = RunnerLog(descriptor: ends[1], format: .json)
        let own = #"{"time":"2026-04-15T12:30:00Z","level":"info","message":"m","x":1}"#
        for line in [own, #"{"msg":"hello"}"#, "{", "text"] { log.write(Array(line.utf8), function: "f") }
        log.flush()
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let length = read(ends[0], &buffer, buffer.count)
        let lines = String(decoding: buffer[..<max(0, length)], as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(lines.count == 4 && lines[0] == own)
        #expect(lines[1].hasSuffix(#""level":"info","message":"{\"msg\":\"hello\"}","function":"f"}"#))
    }

    @Test("A function's line can't control a terminal")
    func noOrders() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        let log = RunnerLog(descriptor: ends[1], environment: [:])
        log.write(Array("a\u{1B}[2Jb\u{9B}2Jc\u{7F}d é \u{80}".utf8), function: "f")
        log.flush()
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let length = read(ends[0], &buffer, buffer.count)
        let text = String(decoding: buffer[..<max(0, length)], as: UTF8.self)
        #expect(text.contains(" é ") && text.hasPrefix("    f: a\u{FFFD}[2Jb"), "\(text.debugDescription)")
        #expect(!text.unicodeScalars.dropLast().contains { $0.properties.generalCategory == .control })
    }

    @Test(
        "The log is coloured on a terminal, unless NO_COLOR is not empty or TERM is dumb",
        arguments: [([:], true), (["NO_COLOR": "1"], false), (["NO_COLOR": ""], true), (["TERM": "dumb"], false)])
    func colours(_ environment: [String: String], _ isColoured: Bool) throws {
        // A pseudoterminal (pty(7)): unlocked by TIOCSPTLCK, its other side opened by TIOCGPTPEER.
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var isLocked: Int32 = 0
        try #require(master >= 0 && ioctl(master, 0x4004_5431, &isLocked) == 0)
        let terminal = ioctl(master, 0x5441, O_RDWR | O_NOCTTY)
        try #require(terminal >= 0)
        defer { [master, terminal].forEach { close($0) } }
        let log = RunnerLog(descriptor: terminal, environment: environment)
        log.write(
            .init(line: Array("GET /".utf8), status: 200, duration: 1, function: "", id: [], client: []), lines: [])
        log.flush()
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let length = read(master, &buffer, buffer.count)
        let text = String(decoding: buffer[..<max(0, length)], as: UTF8.self)
        #expect(text.contains("GET / ") && text.contains("\u{1B}[32m") == isColoured, "\(text.debugDescription)")
    }

    @Test("Ctrl-C logs what the runner waits for, and a second Ctrl-C ends it at once")
    func draining() throws {
        let runner = try Runner(timeout: 60_000)
        let client = try runner.connect()
        try client.send("GET /spawn?do=sleep&n=50000 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(poll { runner.children.count == 1 })
        runner.process.send(SIGINT)
        #expect(
            runner.logs(
                "finishing running work without a limit (connections in use: 1, scheduled functions: 0); "
                    + "a second signal ends at once")
        )
        #expect(runner.process.isRunning)
        runner.process.send(SIGINT)
        #expect(runner.process.waitForEnd(seconds: 5) == 0)
    }
}
