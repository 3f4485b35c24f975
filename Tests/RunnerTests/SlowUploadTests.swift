import Foundation
import TestSupport
import Testing

/// Uploads that hardly progress, from several addresses, while the next client needs their resources.
@Suite(.serialized) struct SlowUploadTests {
    /// Starts a runner with this number of descriptors: half of them are for connections, a quarter for files, and one
    /// address may use a quarter of each.
    private func runner(descriptors: Int) throws -> Runner {
        try Runner(.init(launcher: ["/bin/sh", "-c", "ulimit -n \(descriptors); exec \"$@\"", "sh"]))
    }

    /// Starts `count` uploads from five addresses, each with this number of body bytes so far.
    private func uploads(_ count: Int, to runner: Runner, bytes: Int) throws -> [TCPClient] {
        let body = String(repeating: "x", count: bytes)
        return try (0..<count).map { number in
            let upload = try runner.connect(from: "127.0.0.\(2 + number % 5)")
            try? upload.send("POST /reuse?do=echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n\(body)")
            return upload
        }
    }

    /// Returns true if a request on a new connection is answered. The connection may be closed at first. The time limit
    /// is much shorter than the ten seconds after which silent uploads end in any case.
    private func isServed(_ runner: Runner, _ path: String = "/reuse", body: String? = nil) -> Bool {
        let method = body == nil ? "GET" : "POST"
        return poll(seconds: 5) {
            (try? runner.connect(from: "127.0.0.20").request(method, path, body: body).status) == 200
        }
    }

    @Test("Slow uploads are ended to make room for new connections") func slowUploadsMakeRoomForConnections() throws {
        let runner = try runner(descriptors: 300)
        let slow = try uploads(185, to: runner, bytes: 5)
        // A further upload is accepted as soon as one of the others is slow, and it can then be completed.
        var last: TCPClient?
        #expect(
            poll(seconds: 5) {
                last = try? runner.connect(from: "127.0.0.9")
                try? last?.send(
                    "POST /reuse?do=echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n"
                        + "Expect: 100-continue\r\n\r\n")
                return (try? last?.readLine()) == "HTTP/1.1 100 Continue"
            })
        let upload = try #require(last)
        #expect(try upload.readLine() == "")
        #expect(isServed(runner))
        try upload.send(String(repeating: "y", count: 200_000))
        #expect(try upload.readReply().text.contains(#""length":200000"#))
        let answered = try #require(slow.first { $0.hasInput(seconds: 0) && (try? $0.readReply().status) == 408 })
        #expect(try answered.readToEnd() == "")
        #expect(runner.log.contains(" POST /reuse 408 "))
    }

    /// Functions that are started while slow uploads hold files do not lack descriptors either.
    @Test("Slow uploads are ended to make room for files") func slowUploadsMakeRoomForFiles() throws {
        let runner = try runner(descriptors: 400)
        let slow = try uploads(190, to: runner, bytes: 70_000)
        for dispatch in Runner.dispatches {
            #expect(try runner.connect(from: "127.0.0.20").request("GET", "/\(dispatch)").status == 200)
        }
        #expect(isServed(runner, "/reuse?do=echo", body: String(repeating: "z", count: 150_000)))
        #expect(slow.contains { $0.hasInput(seconds: 0) && (try? $0.readReply().status) == 408 })
    }

    @Test("An address at its limit loses an upload of its own, and no other address loses one")
    func anAddressMakesRoomForItself() throws {
        let runner = try runner(descriptors: 400)
        let other = try runner.connect(from: "127.0.0.9")
        try other.send("POST /reuse HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n")
        try other.send(String(repeating: "x", count: 70_000))
        let slow = try (0..<40).map { _ in
            let upload = try runner.connect(from: "127.0.0.20")
            try upload.send("POST /reuse HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n")
            try? upload.send(String(repeating: "x", count: 70_000))
            return upload
        }
        #expect(isServed(runner, "/reuse?do=echo", body: String(repeating: "z", count: 150_000)))
        #expect(slow.contains { $0.hasInput(seconds: 0) })
        #expect(!other.hasInput(seconds: 0))
    }

    /// Incomplete heads hold the memory that longer heads need.
    @Test("Slow request heads are ended to make room for long ones") func slowHeadsMakeRoomForLongOnes() throws {
        _ = PressureTests.raiseDescriptorLimit()
        let runner = try Runner()
        let heads = try (0..<2_600).map { number in
            let head = try runner.connect(from: "127.0.0.\(2 + number % 5)")
            _ = head.sendNow(Array(("GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 32_000)).utf8))
            return head
        }
        let client = try runner.connect(from: "127.0.0.20")
        let start = Date()
        try client.send("GET /reuse HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 20_000))
        // The rest of the head arrives after a network delay; there must be room for the first part until then.
        usleep(300_000)
        try client.send(String(repeating: "x", count: 7_000) + "\r\n\r\n")
        #expect(try client.readReply().status == 200)
        #expect(Date().timeIntervalSince(start) < 5)
        _ = heads
    }
}
