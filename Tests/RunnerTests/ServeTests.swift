import Base
import Foundation
import TestSupport
import Testing

/// `local-runner serve` as a program.
@Suite(.serialized, .usesStore) struct ServeTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func serve(_ change: (inout ServeRunner.Options) -> Void = { _ in }) throws -> ServeRunner {
        var options = ServeRunner.Options(database: store.url)
        change(&options)
        return try ServeRunner(options)
    }

    @Test("serve answers requests at the routes of the configuration, and writes nothing into its folder")
    func answersRequests() throws {
        let server = try serve()
        let client = try server.connect()
        for dispatch in Runner.dispatches {
            #expect(try client.request("GET", "/\(dispatch)").status == 200, "\(server.log)")
        }
        for path in ["/", "/nowhere", "/cdn-cgi/handler/scheduled?cron=x", "/metrics"] {
            #expect(try server.get(path).status == 404, "\(path)")
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: server.folder.path).sorted()
        #expect(
            files == [
                "fixture-isolated", "fixture-reuse", "fixture-spawn", "local-runner", "log", "wrangler-like.json",
            ])
        // Every line of the log is an object, and the lines of requests have the members that `tail` selects by. A line
        // may be added between the two readings of the log.
        #expect(poll { server.lines.count == server.log.split(separator: "\n").count }, "\(server.log)")
        #expect(server.lines.contains { $0["function"] == "fixture-reuse" && $0["status"] == 200 })
    }

    @Test("A required secret without a value is named, and the exit status is 1")
    func missingSecret() throws {
        let server = try serve { $0.hasSecret = false }
        #expect(server.process.waitForEnd() == 1)
        #expect(server.log.contains("CONFIRMATION_SECRET has no value"), "\(server.log)")
        #expect(!FileManager.default.fileExists(atPath: server.folder.path(".dev.vars")))
        let other = try serve { $0.environment["DATABASE_URL"] = "" }
        #expect(other.process.waitForEnd() == 1)
        #expect(other.log.contains("DATABASE_URL has no value"), "\(other.log)")
    }

    @Test("A secret may come from a file, and one that is too short is refused")
    func secretFromFile() throws {
        let secrets = try TemporaryFolder()
        try secrets.write("secret", String(repeating: "f", count: 40) + "\n")
        let server = try serve {
            $0.hasSecret = false
            $0.environment["CONFIRMATION_SECRET_FILE"] = secrets.path("secret")
        }
        #expect(try server.get("/spawn").status == 200, "\(server.log)")
        let short = try serve {
            $0.hasSecret = false
            $0.environment["CONFIRMATION_SECRET"] = "short"
        }
        #expect(short.process.waitForEnd() == 1)
        #expect(short.log.contains("CONFIRMATION_SECRET has fewer than 32 bytes"), "\(short.log)")
    }

    @Test("Variables come from the environment first, and development must be chosen explicitly")
    func variables() throws {
        func value(_ name: String, _ environment: [String: String]) throws -> String? {
            let server = try serve { $0.environment.merge(environment) { $1 } }
            #expect(try server.get("/reuse").status == 200)
            let worker = try #require(
                ProcessTable.descendants(of: server.process.id).first { id in
                    (try? String(contentsOfFile: "/proc/\(id)/cmdline", encoding: .utf8))?.contains("fixture-reuse")
                        == true
                })
            let variables = try String(contentsOfFile: "/proc/\(worker)/environ", encoding: .utf8).split(
                separator: "\0")
            return variables.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
        }
        #expect(try value("TEST_VARIABLE", [:]) == "from vars")
        #expect(try value("TEST_VARIABLE", ["TEST_VARIABLE": "from the environment"]) == "from the environment")
        #expect(try value("ENVIRONMENT", [:]) == "production")
        #expect(try value("ENVIRONMENT", ["ENVIRONMENT": "development"]) == "development")
        #expect(try value("NOTIFY_SOCKET", ["NOTIFY_SOCKET": "/nonexistent"]) == nil)
    }

    @Test("HOST and PORT are the address, unless options name another")
    func address() throws {
        let free = try LocalListener(.tcp).port
        let server = try serve {
            $0.words = []
            $0.environment.merge(["HOST": "127.0.0.1", "PORT": String(free)]) { $1 }
        }
        #expect(server.port == free)
        #expect(server.lines.first?["message"] == .string("listening on 127.0.0.1:\(free)"))
        #expect(try server.get("/healthz").status == 200)
        let other = try serve {
            $0.words = ["--port", "0"]
            $0.environment["PORT"] = String(free)
        }
        #expect(other.port != free && other.log.contains("listening on 0.0.0.0:"), "\(other.log)")
        for (name, value) in [("HOST", "example.com"), ("PORT", "http"), ("PORT", "70000")] {
            let wrong = try serve {
                $0.words = []
                $0.environment[name] = value
            }
            #expect(wrong.process.waitForEnd() == 2)
            #expect(wrong.log.contains("\(name) \(value): must be"), "\(wrong.log)")
        }
    }

    @Test("A single function is served at every path")
    func oneFunction() throws {
        let server = try serve { $0.words += ["--function", "fixture-reuse"] }
        for path in ["/", "/reuse", "/api/anything/else?do=status&n=204", "/spawn", "/%7Ea"] {
            let reply = try server.connect().request("GET", path)
            #expect(reply.status == (path.contains("204") ? 204 : 200), "\(path)")
        }
        #expect(try server.get("/healthz").text == #"{"status":"ok"}"#)
        #expect(server.lines.filter { $0["message"] == "request" }.allSatisfy { $0["function"] == "fixture-reuse" })
        let unknown = try serve { $0.words += ["--function", "fixture-resue"] }
        #expect(unknown.process.waitForEnd() == 2)
        #expect(unknown.log.contains(#"did you mean "fixture-reuse"?"#), "\(unknown.log)")
    }

    @Test("Liveness needs no database, and readiness needs a migrated one")
    func probes() throws {
        let server = try serve()
        for path in ["/healthz", "/_/health", "/readyz", "/_/ready"] {
            let reply = try server.connect().request("GET", path)
            #expect(reply.status == 200, "\(path) \(server.log)")
            #expect(try server.connect().request("HEAD", path).status == 200)
            #expect(try server.connect().request("POST", path)["allow"] == "GET, HEAD")
        }
        // The log has no lines about probes, which come every few seconds.
        #expect(!server.log.contains("healthz") && !server.log.contains("/_/ready"))

        let empty = try TemporaryFolder()
        for url in ["sqlite:/nonexistent/store.db", "sqlite:" + empty.path("empty.db")] {
            try empty.write("empty.db", "")
            let server = try serve { $0.database = url }
            #expect(try server.get("/healthz").status == 200)
            #expect(try server.get("/_/health").status == 200)
            let reply = try server.get("/readyz")
            #expect(reply.status == 503 && reply.text == #"{"status":"unavailable"}"#)
            #expect(try server.get("/_/ready").status == 503)
            #expect(poll { server.log.contains("not ready: ") }, "\(server.log)")
        }
    }

    @Test("A server without a usable database says so at its start, without any request")
    func saysThatItIsNotReady() throws {
        let folder = try TemporaryFolder()
        try folder.write("empty.db", "")
        for (name, problem) in [
            ("none.db", "there is no database at \(folder.path("none.db")); local-runner migrate creates it"),
            ("empty.db", "the database has no schema yet; run local-runner migrate"),
        ] {
            let server = try serve { $0.database = "sqlite:" + folder.path(name) }
            #expect(poll { server.log.contains("not ready: " + problem) }, "\(server.log)")
        }
    }

    @Test("A database that becomes ready makes the server ready")
    func becomesReady() throws {
        let folder = try TemporaryFolder()
        let server = try serve { $0.database = "sqlite:" + folder.path("store.db") }
        #expect(try server.get("/readyz").status == 503)
        let migration = try TestProcess(
            BuiltProducts.folder + "/local-runner", ["migrate", "--database", "sqlite:" + folder.path("store.db")],
            log: folder.path("log"))
        #expect(migration.waitForEnd(seconds: 30) == 0)
        #expect(try poll { try server.get("/readyz").status == 200 })
        // The process that asks the database may end at any time.
        let watch = try #require(ProcessTable.descendants(of: server.process.id).first)
        kill(watch, SIGKILL)
        #expect(poll { !ProcessTable.isAlive(watch) })
        #expect(try poll { try server.get("/readyz").status == 200 })
    }

    @Test("A server whose process for the database no longer answers becomes ready again")
    func replacesASilentWatch() throws {
        let server = try serve()
        #expect(try server.get("/readyz").status == 200)
        let watch = try #require(
            ProcessTable.descendants(of: server.process.id).first { id in
                (try? String(contentsOfFile: "/proc/\(id)/comm", encoding: .utf8)) == "store-watch\n"
            })
        kill(watch, SIGSTOP)
        #expect(try poll { try server.get("/readyz").status == 503 })
        #expect(try poll(seconds: 40) { try server.get("/readyz").status == 200 }, "\(server.log)")
        #expect(!ProcessTable.isAlive(watch))
    }

    @Test("Mistakes in variables that functions would accept or refuse later are named at the start")
    func namesMistakes() throws {
        let secret = String(repeating: "n", count: 32)
        let server = try serve { $0.environment["SUPABASE_JWT_SECRET"] = "\(secret)," }
        #expect(server.port > 0)
        #expect(server.log.contains("SUPABASE_JWT_SECRET contains a comma, but is not two secrets"), "\(server.log)")
        let sound = try serve { $0.environment["SUPABASE_JWT_SECRET"] = "\(secret), \(secret)" }
        #expect(sound.port > 0 && !sound.log.contains("SUPABASE_JWT_SECRET"), "\(sound.log)")
        let replaced = try serve { $0.environment["UPSTREAM_OKTA"] = "http://127.0.0.1:1" }
        #expect(replaced.process.waitForEnd() == 1)
        #expect(
            replaced.log.contains("UPSTREAM_OKTA may be set only if ENVIRONMENT is development"), "\(replaced.log)")
        let development = try serve {
            $0.environment.merge(["UPSTREAM_OKTA": "http://127.0.0.1:1", "ENVIRONMENT": "development"]) { $1 }
        }
        #expect(development.port > 0, "\(development.log)")
    }

    @Test(
        "SIGTERM and SIGINT let requests finish, and readiness is 503 until the end",
        arguments: [SIGTERM, SIGINT])
    func drains(_ signal: Int32) throws {
        let server = try serve { $0.words += ["--drain", "20"] }
        let slow = try server.connect()
        try slow.send("GET /reuse?do=sleep&n=2000 HTTP/1.1\r\nHost: a\r\n\r\n")
        let idle = try server.connect()
        #expect(try idle.request("GET", "/readyz").status == 200)
        #expect(poll { ProcessTable.descendants(of: server.process.id).count >= 2 })
        server.process.send(signal)
        #expect(try poll { try server.get("/readyz").text == #"{"status":"draining"}"# })
        // The orchestrator sends requests until it has noticed that the server ends.
        #expect(try server.get("/readyz").status == 503)
        #expect(try server.get("/healthz").status == 200)
        #expect(try server.get("/spawn").status == 200)
        #expect(try idle.read().isEmpty)
        let reply = try slow.readReply()
        #expect(reply.status == 200 && reply["connection"] == "close")
        #expect(server.process.waitForEnd() == 0)
        #expect(server.log.contains("finishing running work in at most 20 seconds"), "\(server.log)")
    }

    @Test("Requests that outlast the time for draining are ended, and so are their processes")
    func drainsWithinItsTime() throws {
        let server = try serve { $0.words += ["--drain", "1"] }
        let slow = try server.connect()
        try slow.send("GET /spawn?do=sleep&n=25000 HTTP/1.1\r\nHost: a\r\n\r\n")
        // One of the two watches the database.
        #expect(poll { ProcessTable.descendants(of: server.process.id).count >= 2 })
        let start = Date()
        let children = ProcessTable.descendants(of: server.process.id)
        server.process.send(SIGTERM)
        #expect(server.process.waitForEnd() == 0)
        let seconds = Date().timeIntervalSince(start)
        #expect(seconds > 0.9 && seconds < 5, "\(seconds) s")
        #expect(server.log.contains("the time to finish is over"), "\(server.log)")
        #expect(poll { !children.contains(where: ProcessTable.isAlive) })
    }

    @Test("A second signal ends everything at once")
    func secondSignal() throws {
        let server = try serve()
        let slow = try server.connect()
        try slow.send("GET /spawn?do=sleep&n=25000 HTTP/1.1\r\nHost: a\r\n\r\n")
        // One of the two watches the database.
        #expect(poll { ProcessTable.descendants(of: server.process.id).count >= 2 })
        server.process.send(SIGTERM)
        #expect(poll { server.log.contains("finishing running work") })
        server.process.send(SIGINT)
        #expect(server.process.waitForEnd(seconds: 5) == 0)
    }

    @Test("systemd is notified when the server is ready, alive and stopping")
    func serviceManager() throws {
        let folder = try TemporaryFolder(.inMemory)
        let manager = try NotifySocket(folder.path("notify"))
        let server = try serve {
            $0.environment.merge(["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000"]) { $1 }
        }
        #expect(manager.next() == "READY=1")
        // The messages to the watchdog come at half of its time.
        let start = Date()
        for _ in 0..<5 { #expect(manager.next() == "WATCHDOG=1") }
        let seconds = Date().timeIntervalSince(start)
        #expect(seconds > 0.3 && seconds < 2, "\(seconds) s")
        server.process.send(SIGTERM)
        var line = manager.next()
        while line == "WATCHDOG=1" { line = manager.next() }
        #expect(line == "STOPPING=1")
        #expect(server.process.waitForEnd() == 0)

        // A watchdog that is for another process is ignored.
        let other = try serve {
            $0.environment.merge(
                ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"]) { $1 }
        }
        #expect(manager.next() == "READY=1")
        other.process.send(SIGTERM)
        #expect(manager.next() == "STOPPING=1")
    }

    @Test("serve works as a container's first process, as a user without a name, on a read-only root")
    func inAContainer() throws {
        let server = try serve {
            $0.environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
            $0.launcher =
                Surroundings.namespaces("--mount", "--pid", "--fork", "--mount-proc", "--kill-child")
                + ["/usr/bin/python3", BuiltProducts.project + "/Tests/Fixtures/surroundings.py", "--read-only-root"]
                + ["/usr/bin/unshare", "--user", "--map-user=65532", "--map-group=65532"]
        }
        let first = try #require(ProcessTable.descendants(of: server.process.id).first)
        #expect(try String(contentsOfFile: "/proc/\(first)/status", encoding: .utf8).contains("NSpid:\t\(first)\t1"))
        let client = try server.connect()
        for dispatch in Runner.dispatches {
            #expect(try client.request("GET", "/\(dispatch)").status == 200, "\(server.log)")
            let reply = try client.request("POST", "/\(dispatch)?do=echo", body: String(repeating: "x", count: 200_000))
            #expect(reply.text.contains(#""length":200000"#), "\(server.log)")
        }
        #expect(try client.request("GET", "/spawn?do=orphans&n=12").status == 200)
        #expect(poll { !ProcessTable.descendants(of: first).contains { !ProcessTable.isAlive($0) } })
        kill(first, SIGTERM)
        #expect(server.process.waitForEnd() == 0, "\(server.log)")
    }
}

/// A socket in place of the one on which systemd receives the notifications of services.
private final class NotifySocket {
    let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        guard isBound else { throw TCPClient.Failure(description: "bind: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// Returns the next message; nil if none comes within ten seconds.
    func next() -> String? {
        var bytes = [UInt8](repeating: 0, count: 256)
        let length = recv(descriptor, &bytes, bytes.count, 0)
        return length < 0 ? nil : String(decoding: bytes.prefix(length), as: UTF8.self)
    }
}
