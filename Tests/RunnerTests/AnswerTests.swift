import Foundation
import TestSupport
import Testing

/// Every response that is complete is sent, whatever happens to the processes.
@Suite(.serialized) struct AnswerTests {
    /// The end of a process, of its connection and of its request are seen in the same turn of the event loop, while
    /// another request waits for a process.
    @Test("The next request is answered if a worker dies after its response")
    func theNextRequestIsAnsweredWhenAWorkerDiesAfterItsAnswer() throws {
        for _ in 0..<5 {
            let runner = try Runner(concurrency: 1)
            let (first, second) = (try runner.connect(), try runner.connect())
            try first.send("GET /reuse?do=doomed&n=300 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(poll { runner.children.count == 1 })
            let worker = runner.children[0]
            try second.send("GET /reuse HTTP/1.1\r\nHost: a\r\nX-Request-Id: second\r\n\r\n")
            // The runner has read the second request before it is stopped; a third request, which is refused at once,
            // proves it.
            #expect(try runner.connect().request("GET", "/nowhere").status == 404)
            runner.process.send(SIGSTOP)
            #expect(poll { !ProcessTable.isAlive(worker) })
            runner.process.send(SIGCONT)
            #expect(try first.readReply().status == 200)
            guard second.hasInput(seconds: 5) else {
                Issue.record("no byte within 5 s: \(runner.log)")
                return
            }
            // Another worker serves the request, because the dead one never saw it.
            #expect(try second.readReply().status == 200)
        }
    }

    /// Each request gets an answer within eight seconds, though its connection may end before the answer is complete.
    @Test("Every request is answered while processes are being killed", arguments: Runner.dispatches)
    func everyRequestIsAnsweredWhileProcessesAreKilled(_ dispatch: String) throws {
        let runner = try Runner(.init(concurrency: 4, trustedProxies: "127.0.0.1"))
        let counts = Counts()
        let (port, id) = (runner.port, runner.process.id)
        let clients = Threads(count: 12) { _ in
            var client: TCPClient?
            for _ in 0..<150 {
                do {
                    let connection = try client ?? TCPClient(port: port, seconds: 8)
                    client = connection
                    let reply = try connection.request("GET", "/\(dispatch)?do=sleep&n=2")
                    counts.add(String(reply.status))
                    if reply["connection"] == "close" { client = nil }
                    // After several failed starts the runner answers 502 at once for a while. The client waits, so that
                    // it does not spend all its requests on this time.
                    if reply.status == 502 { usleep(10_000) }
                } catch {
                    counts.add("\(error)")
                    client = nil
                }
            }
            counts.add("done")
        }
        let killer = Threads(count: 1) { _ in
            // Pauses at first and after every ten rounds until another request is answered with 200: on a busy machine a
            // process may need longer to start than the killer allows.
            _ = poll { counts["200"] > 0 }
            for round in 1...2_000 where counts["done"] < 12 {
                for process in ProcessTable.descendants(of: id).prefix(2) { kill(process, SIGKILL) }
                usleep(2_000)
                guard round.isMultiple(of: 10) else { continue }
                let answered = counts["200"]
                _ = poll { counts["200"] > answered || counts["done"] == 12 }
            }
        }
        clients.join()
        killer.join()
        #expect(counts["200"] > 0 && counts["502"] > 0, "\(counts.all)")
        // If a process is killed during its response, the client gets a part of it and the connection ends.
        let answered = ["200", "502", "503", "malformed chunk", "the connection ended within a body"]
        #expect(answered.reduce(0) { $0 + counts[$1] } == 1_800, "\(counts.all)")
        #expect(poll { (try? runner.connect().request("GET", "/\(dispatch)").status) == 200 })
    }
}

/// Counts the results of several threads.
private final class Counts: @unchecked Sendable {
    private let lock = NSLock()
    private var counts: [String: Int] = [:]

    var all: [String: Int] { lock.withLock { counts } }

    subscript(_ name: String) -> Int { lock.withLock { counts[name, default: 0] } }

    func add(_ name: String) { lock.withLock { counts[name, default: 0] += 1 } }
}
