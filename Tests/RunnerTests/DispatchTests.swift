import Foundation
import TestSupport
import Testing

/// Functions that fail, take too long, or get too many requests.
@Suite(.serialized) struct DispatchTests {
    @Test("A function is ended at its time limit, and the client gets 504", arguments: Runner.dispatches)
    func endsFunctionsAtTheirTimeLimit(_ dispatch: String) throws {
        let runner = try Runner(concurrency: 1, timeout: 300)
        let client = try runner.connect()
        let start = Date()
        let reply = try client.request("GET", "/\(dispatch)?do=sleep&n=20000")
        #expect(reply.status == 504 && reply.text == #"{"error":"The function took too long."}"#)
        #expect((0.3..<2).contains(Date().timeIntervalSince(start)))
        // One request at a time is served, so this answer shows that the process is gone.
        #expect(try client.request("GET", "/\(dispatch)").status == 200)
        // The limit includes the work after the response.
        #expect(try client.request("GET", "/\(dispatch)?do=later&n=20000").status == 200)
        #expect(try client.request("GET", "/\(dispatch)").status == 200)
    }

    /// Pauses the runner, as a paused container would. A response that arrived during the pause counts, although the
    /// time limit has passed.
    @Test("A pause of the runner ends no function", arguments: Runner.dispatches)
    func aPauseOfTheRunnerEndsNoFunction(_ dispatch: String) throws {
        let runner = try Runner(timeout: 1_500)
        let client = try runner.connect()
        let other = try runner.connect()
        #expect(try client.request("GET", "/\(dispatch)").status == 200)
        try client.send("GET /\(dispatch)?do=sleep&n=500 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(poll { !runner.children.isEmpty })
        runner.process.send(SIGSTOP)
        // Waits for the time limit, and longer than a busy machine delays the check of limits.
        usleep(2_500_000)
        runner.process.send(SIGCONT)
        #expect(try client.readReply().status == 200)
        // The limit applies again some seconds later.
        try other.send("GET /\(dispatch)?do=sleep&n=30000 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try other.readReply().status == 504)
    }

    @Test("A function that crashes is answered with 502", arguments: Runner.dispatches)
    func answersForFunctionsThatCrash(_ dispatch: String) throws {
        let runner = try Runner()
        let client = try runner.connect()
        for (what, status) in [("exit&n=7", 7), ("crash", 137), ("exit&n=0", 0)] {
            let reply = try client.request("GET", "/\(dispatch)?do=\(what)")
            #expect(reply.status == 502 && reply.text == #"{"error":"The function failed."}"#)
            guard status != 0 else { continue }
            #expect(runner.logs("ended with status \(status) \(reply["x-request-id"] ?? "")"))
        }
        #expect(try client.request("GET", "/\(dispatch)").status == 200)
        // A partial response must not look complete.
        #expect(throws: TCPClient.Failure.self) {
            try client.request("GET", "/\(dispatch)?do=partial&n=200000")
        }
        #expect(try runner.connect().request("GET", "/\(dispatch)").status == 200)
    }

    @Test("An isolated request has its own process, and a reused process serves many")
    func givesEachIsolatedRequestAProcessAndReusesOthers() throws {
        let runner = try Runner()
        let client = try runner.connect()
        let isolated = Set(try (0..<5).map { _ in try client.request("GET", "/isolated").text })
        #expect(isolated.count == 5)
        let reused = Set(try (0..<5).map { _ in try client.request("GET", "/reuse").text })
        #expect(reused.count == 1)
    }

    @Test("A reused process is replaced after ten thousand requests")
    func replacesAReusedProcessAfterTenThousandRequests() throws {
        let runner = try Runner()
        let client = try runner.connect()
        let processes = try (0..<10_001).map { _ in try client.request("GET", "/reuse").text }
        #expect(Set(processes.prefix(10_000)).count == 1)
        #expect(processes[10_000] != processes[9_999])
    }

    @Test("Under load every answer is 200 or 503", arguments: Runner.dispatches)
    func givesOnly200And503UnderLoad(_ dispatch: String) throws {
        let runner = try Runner()
        let clients = try (0..<500).map { _ in try runner.connect() }
        for client in clients {
            try client.send("GET /\(dispatch)?do=sleep&n=20 HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        var counts: [Int: Int] = [:]
        for client in clients {
            let reply = try client.readReply()
            counts[reply.status, default: 0] += 1
            if reply.status == 503 { #expect(reply["retry-after"] == "1") }
        }
        #expect(counts[200, default: 0] >= 8 && counts[503, default: 0] > 0)
        #expect(counts[200, default: 0] + counts[503, default: 0] == 500, "\(counts)")
        #expect(try clients[0].request("GET", "/\(dispatch)").status == 200)
    }

    @Test("Requests that only wait are all served at once, up to the concurrency", arguments: Runner.dispatches)
    func servesAllAtOnceThatWaitForSomethingElse(_ dispatch: String) throws {
        let runner = try Runner(.init(concurrency: 40, trustedProxies: "127.0.0.1"))
        let clients = try (0..<40).map { _ in try runner.connect() }
        for client in clients { try client.send("GET /\(dispatch)?do=sleep&n=3000 HTTP/1.1\r\nHost: a\r\n\r\n") }
        #expect(poll { runner.children.count == (dispatch == "isolated" ? 41 : 40) })
        for client in clients { #expect(try client.readReply().status == 200) }
    }

    @Test("64 quick requests are served by fewer than 48 processes")
    func servesManyQuickRequestsByFewProcesses() throws {
        let runner = try Runner(concurrency: 64)
        let clients = try (0..<64).map { _ in try runner.connect() }
        #expect(try clients[0].request("GET", "/reuse").status == 200)
        for client in clients { try client.send("GET /reuse HTTP/1.1\r\nHost: a\r\n\r\n") }
        let processes = Set(try clients.map { try $0.readReply().text })
        #expect(processes.count < 48)
    }

    @Test("If all processes are busy, a request waits about a second for one, then gets 503")
    func letsRequestsWaitBrieflyOnly() throws {
        let runner = try Runner(concurrency: 1)
        let first = try runner.connect()
        let second = try runner.connect()
        try first.send("GET /isolated?do=sleep&n=3000 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(poll { runner.children.count == 2 })
        let start = Date()
        #expect(try second.request("GET", "/isolated").status == 503)
        #expect((0.9..<2.5).contains(Date().timeIntervalSince(start)))
        #expect(try first.readReply().status == 200)
    }

    @Test("A function is ended when its client is gone", arguments: Runner.dispatches)
    func letsGoOfFunctionsWhoseClientHasGone(_ dispatch: String) throws {
        let runner = try Runner(concurrency: 1, timeout: 60_000)
        let client = try runner.connect()
        try client.send("GET /\(dispatch)?do=sleep&n=50000 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(poll { runner.children.count == (dispatch == "isolated" ? 2 : 1) })
        client.reset()
        #expect(runner.logs(" 499 "))
        #expect(try runner.connect().request("GET", "/\(dispatch)").status == 200)
        // The client leaves during a response.
        let other = try runner.connect()
        try other.send("GET /\(dispatch)?do=stall&n=200000 HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try other.read(exactly: 500)
        other.close()
        #expect(try runner.connect().request("GET", "/\(dispatch)").status == 200)
    }

    @Test("A long response makes the runner's memory grow by less than 4 MiB", arguments: Runner.dispatches)
    func streamsWithoutGrowing(_ dispatch: String) throws {
        let runner = try Runner(timeout: 60_000)
        let warm = try runner.connect()
        #expect(try warm.request("GET", "/\(dispatch)?do=stream&n=6000000").body.count == 6_000_000)
        let before = try #require(ProcessTable.residentKilobytes(runner.process.id))
        let client = try runner.connect(receiveBuffer: 16_384)
        let size = 300_000_000
        try client.send("GET /\(dispatch)?do=stream&n=\(size) HTTP/1.1\r\nHost: a\r\n\r\n")
        // While this client reads nothing, others are served.
        #expect(poll { (try? warm.request("GET", "/\(dispatch)").status) == 200 })
        var most = before
        var received = 0
        while received < size {
            let part = try client.read()
            if part.isEmpty { break }
            received += part.count
            if received % 64 == 0 { most = max(most, ProcessTable.residentKilobytes(runner.process.id) ?? 0) }
        }
        most = max(most, try #require(ProcessTable.residentKilobytes(runner.process.id)))
        #expect(received >= size)
        #expect(most - before < 4_096, "grew by \(most - before) KiB")
    }

    @Test("No process outlives the runner, even if it is killed") func leavesNoProcessBehindWhenItIsKilled() throws {
        let runner = try Runner(timeout: 60_000)
        let clients = try Runner.dispatches.map { dispatch in
            let client = try runner.connect()
            #expect(try client.request("GET", "/\(dispatch)").status == 200)
            try client.send("GET /\(dispatch)?do=sleep&n=50000 HTTP/1.1\r\nHost: a\r\n\r\n")
            return client
        }
        // The template and its child, the worker, and the CGI process.
        #expect(poll { runner.children.count == 4 })
        let children = runner.children
        runner.process.send(SIGKILL)
        #expect(poll(seconds: 1) { !children.contains(where: ProcessTable.isAlive) })
        _ = clients
    }

    @Test("On SIGTERM, the runner finishes its requests before it ends", arguments: Runner.dispatches)
    func drainsWhenItIsAskedToEnd(_ dispatch: String) throws {
        let runner = try Runner()
        let idle = try runner.connect()
        #expect(try idle.request("GET", "/\(dispatch)").status == 200)
        let client = try runner.connect()
        // The interim response shows that the request was accepted.
        try client.send(
            "POST /\(dispatch)?do=sleep&n=300 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
                + "Expect: 100-continue\r\n\r\n")
        #expect(try client.readReply().status == 100)
        let children = runner.children
        runner.process.send(SIGTERM)
        #expect(try idle.readToEnd() == "")
        #expect(throws: TCPClient.Failure.self) { try runner.connect() }
        try client.send("x")
        let reply = try client.readReply()
        #expect(reply.status == 200 && reply["connection"] == "close")
        #expect(runner.process.waitForEnd() == 0)
        #expect(poll(seconds: 1) { !children.contains(where: ProcessTable.isAlive) })
    }

    @Test("Slow requests get a limited time") func givesSlowRequestsTheirTimeAndNoMore() throws {
        let runner = try Runner()
        let slow = try runner.connect()
        try slow.send("GET /reuse HTTP/1.1\r\n")
        let body = try runner.connect()
        try body.send("POST /reuse HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel")
        let start = Date()
        let other = try runner.connect()
        #expect(try other.request("GET", "/reuse").status == 200)
        #expect(try slow.readReply().status == 408)
        #expect((9..<14).contains(Date().timeIntervalSince(start)))
        #expect(try slow.readToEnd() == "")
        #expect(try body.readReply().status == 408)
        #expect(try other.request("GET", "/reuse").status == 200)
    }

    @Test("A broken program is not started again and again") func doesNotStartBrokenProgramsOverAndOver() throws {
        let runner = try Runner(functionsPath: "/bin/false")
        let client = try runner.connect()
        for _ in 0..<30 {
            for dispatch in ["isolated", "reuse"] {
                #expect(try client.request("GET", "/\(dispatch)").status == 502)
            }
        }
        #expect(runner.log.components(separatedBy: "ended with status 1").count < 30)
        let reply = try client.request("GET", "/spawn")
        #expect(reply.status == 502)
    }
}
