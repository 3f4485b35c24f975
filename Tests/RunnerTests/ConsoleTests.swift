import Base
import Foundation
import HTTP
import TestSupport
import Testing

@testable import local_runner

/// The developer console of `local-runner dev`: who gets it, and what it shows.
@Suite(.serialized) struct ConsoleTests {
    /// A running `local-runner dev` with the demonstration workspace and the project's console.
    private final class Product {
        let folder: TemporaryFolder
        let process: TestProcess
        /// The content of dev.json.
        let state: JSON
        let port: Int

        init() throws {
            folder = try TemporaryFolder()
            let manager = FileManager.default
            try manager.copyItem(
                atPath: BuiltProducts.project + "/wrangler-like.json", toPath: folder.path("wrangler-like.json"))
            try manager.createDirectory(
                atPath: folder.path("local-runner/Console"), withIntermediateDirectories: true)
            try manager.copyItem(
                atPath: BuiltProducts.project + "/local-runner/Console/Page",
                toPath: folder.path("local-runner/Console/Page"))
            let process = try TestProcess(
                BuiltProducts.program("local-runner"),
                [
                    "dev", "--config", folder.path("wrangler-like.json"), "--persist-to", folder.path("state"),
                    "--port", "0", "--processes", "0",
                ], log: folder.path("log"))
            var state: JSON?
            let folder = folder
            let isReady = poll(seconds: 60) {
                state = try? JSON(parsing: Array(folder.read("state/dev.json").utf8))
                return state?["url"] != nil || !process.isRunning
            }
            guard isReady, let state, let port = state["url"]?.string?.split(separator: ":").last.flatMap({ Int($0) })
            else { throw TCPClient.Failure(description: "the product does not start: \(folder.read("log"))") }
            (self.process, self.state, self.port) = (process, state, port)
        }

        /// The token at the end of the console's address.
        var token: String {
            state["consoleUrl"]?.string?.components(separatedBy: "#token=").last ?? ""
        }

        /// Sends a request whose Host is `host` or else the product's own address.
        func reply(
            _ path: String, _ fields: [String] = [], host: String? = nil, method: String = "GET"
        ) throws -> HTTPReply {
            let client = try TCPClient(port: port)
            let lines = ["\(method) \(path) HTTP/1.1", "Host: \(host ?? "127.0.0.1:\(port)")"] + fields
            try client.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
            return try client.readReply()
        }

        /// Reads data of the console.
        func data(_ name: String) throws -> JSON {
            let reply = try reply("/cdn-cgi/console/\(name)", ["Authorization: Bearer \(token)"])
            guard reply.status == 200 else { throw TCPClient.Failure(description: "\(name): \(reply.text)") }
            return try JSON(parsing: Array(reply.text.utf8))
        }
    }

    @Test("The page and its files are served with a policy that allows no other scripts, and need no token")
    func files() throws {
        let product = try Product()
        #expect(product.state["consoleUrl"]?.string == "http://127.0.0.1:\(product.port)/#token=\(product.token)")
        let page = try product.reply("/")
        #expect(page.status == 200 && page["content-type"] == "text/html; charset=utf-8")
        let policy = try #require(page["content-security-policy"])
        for part in [
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "base-uri 'none'",
            "form-action 'none'", "frame-ancestors 'none'",
        ] { #expect(policy.contains(part)) }
        #expect(!policy.contains("unsafe"))
        #expect(page["x-content-type-options"] == "nosniff" && page["cache-control"] == "no-store")
        #expect(page.text.contains(#"<meta name="referrer" content="no-referrer">"#))
        #expect(!page.text.contains(product.token))
        let folder = BuiltProducts.project + "/local-runner/Console/Page"
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            let file = try product.reply("/cdn-cgi/console/\(name)")
            #expect(file.status == 200 && file["content-security-policy"] == policy, "\(name)")
            #expect(try file.text == String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8))
        }
        for name in ["none.js", "..%2FConsole.swift", "../Console.swift", "Console.swift", ""] {
            #expect(try product.reply("/cdn-cgi/console/\(name)").status == 401, "\(name)")
        }
        #expect(try product.reply("/", method: "POST").status == 405)
        #expect(!product.folder.read("log").contains(product.token))
    }

    @Test("Only regular files of the page are served, and no links, pipes or folders")
    func regularFiles() throws {
        let product = try Product()
        let page = product.folder.path("local-runner/Console/Page")
        let manager = FileManager.default
        for (name, target) in [("secret.js", product.folder.path("state/dev.json")), ("endless.js", "/dev/zero")] {
            try manager.createSymbolicLink(atPath: "\(page)/\(name)", withDestinationPath: target)
        }
        try manager.createDirectory(atPath: "\(page)/folder.js", withIntermediateDirectories: false)
        #expect(mkfifo("\(page)/pipe.js", 0o600) == 0)
        for name in ["secret.js", "endless.js", "folder.js", "pipe.js"] {
            #expect(try product.reply("/cdn-cgi/console/\(name)").status == 404, "\(name)")
        }
        #expect(try product.reply("/cdn-cgi/console/app.js").status == 200)
    }

    @Test("Another Host, port or Origin, a page of another site and a proxy are refused")
    func senders() throws {
        let product = try Product()
        let port = product.port
        let token = "Authorization: Bearer \(product.token)"
        for path in ["/", "/cdn-cgi/console/app.js", "/cdn-cgi/console/session"] {
            for host in ["127.0.0.1:\(port)", "localhost:\(port)", "[::1]:\(port)"] {
                #expect(try product.reply(path, [token], host: host).status == 200, "\(host)")
                #expect(try product.reply(path, [token, "Origin: http://\(host)"], host: host).status == 200)
            }
            for host in [
                "evil.example:\(port)", "evil.example", "localhost", "127.0.0.1", "127.0.0.1:\(port + 1)",
                "localhost.evil.example:\(port)", "127.0.0.2:\(port)",
            ] {
                #expect(try product.reply(path, [token], host: host).status == 403, "\(host)")
            }
            for field in [
                "Origin: http://evil.example", "Origin: null", "Origin: https://127.0.0.1:\(port)",
                "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "X-Forwarded-For: 127.0.0.1", "Via: 1.1 x",
            ] { #expect(try product.reply(path, [token, field]).status == 403, "\(field)") }
        }
    }

    @Test("Other machines are refused, even with the token")
    func otherMachines() {
        let bytes = Array("GET / HTTP/1.1\r\nHost: 127.0.0.1:8788\r\n\r\n".utf8)
        bytes.withUnsafeBytes { bytes in
            var parser = RequestParser()
            guard case .complete = parser.parse(bytes) else {
                Issue.record("the request is malformed")
                return
            }
            for (peer, isRefused) in [("192.0.2.7", true), ("2001:db8::1", true), ("127.0.0.1", false), ("::1", false)]
            {
                let request = LocalHandler.Request(
                    bytes: bytes, head: parser.head, host: parser.head.host, path: parser.head.target,
                    query: Extent(start: 0, end: 0), peer: Array(peer.utf8))
                let listen = ListenAddress(ip: "0.0.0.0", port: 8788)
                #expect((try? request.checkSender(listen: listen)) == nil ? isRefused : !isRefused, "\(peer)")
            }
        }
    }

    @Test("The data needs the token of this start")
    func tokens() throws {
        let product = try Product()
        for name in ["session", "log", "functions", "schedules", "other"] {
            for field in [
                "X: y", "Authorization: Bearer", "Authorization: \(product.token)",
                "Authorization: Bearer \(product.token.dropLast())", "Authorization: Bearer \(product.token)0",
                "Authorization: Bearer \(product.state["localToken"]?.string ?? "")",
                "Authorization: Bearer \(product.state["apiKeys"]?["write"]?.string ?? "")",
            ] {
                let reply = try product.reply("/cdn-cgi/console/\(name)", [field])
                #expect(reply.status == 401 && !reply.text.contains("thal_"), "\(name) \(field)")
            }
        }
        #expect(try product.data("session")["workspaceId"] == product.state["workspaceId"])
        #expect(throws: TCPClient.Failure.self) { try product.data("other") }
        let handler = try product.reply(
            "/cdn-cgi/handler/scheduled?cron=x", ["Authorization: Bearer \(product.token)"])
        #expect(handler.status == 401)
    }

    @Test("The log shows requests that filters select, and not the console's own")
    func log() throws {
        let product = try Product()
        #expect(try product.reply("/api/health").status == 200)
        #expect(try product.data("log")["lines"] == .array([]))
        #expect(try product.reply("/api/health").status == 200)
        #expect(try product.reply("/api/nowhere").status == 404)
        let page = try product.data("log")
        let requests = (page["lines"]?.array ?? []).filter { $0["path"] != nil }
        #expect(requests.map { $0["path"] } == [.string("/api/health"), .string("/api/nowhere")])
        #expect(requests.first?["function"] == .string("api-health"))
        let next = try #require(page["next"]?.integer)
        #expect(try product.data("log?after=\(next)")["lines"] == .array([]))
        func paths(_ query: String) throws -> [JSON?] {
            (try product.data("log?\(query)")["lines"]?.array ?? []).map { $0["path"] }
        }
        #expect(try paths("status=4xx") == [.string("/api/nowhere")])
        #expect(try paths("function=api-health&status=200") == [.string("/api/health")])
        #expect(try paths("level=error") == [])
        #expect(try paths("status=") == paths(""))
        for query in ["status=x", "level=loud"] {
            let reply = try product.reply(
                "/cdn-cgi/console/log?\(query)", ["Authorization: Bearer \(product.token)"])
            #expect(reply.status == 400, "\(query)")
        }
    }

    @Test("Functions have counts, durations and processes; triggers and jobs are listed")
    func functionsAndSchedules() throws {
        let product = try Product()
        for _ in 0..<3 { #expect(try product.reply("/api/health").status == 200) }
        let functions = try product.data("functions")["functions"]?.array ?? []
        let health = try #require(functions.first { $0["function"] == .string("api-health") })
        #expect(health["requests"] == .object(["200": .integer(3)]))
        #expect(health["starts"]?.integer ?? 0 >= 1 && health["places"]?.integer ?? 0 >= 1)
        #expect(health["mean_ms"] != .null && health["median_ms"] != .null && health["last_error"] == .null)
        let schedules = try product.data("schedules")
        let trigger = try #require(schedules["triggers"]?.array?.first)
        #expect(trigger["cron"]?.string != nil && trigger["next_at"]?.string != nil)
        #expect(schedules["queue"]?["lanes"]?.array != nil)
    }

    @Test("Lines are kept only while they are read, and their number is limited")
    func recentLines() throws {
        let lines = RecentLines()
        func note(_ number: Int, status: Int = 200) {
            lines.note(
                RunnerLog.Request(
                    line: Array("GET /\(number)".utf8), status: status, duration: 1, function: "f", id: Array("i".utf8),
                    client: []))
        }
        func page(_ after: Int) throws -> JSON { try JSON(parsing: lines.page(after: after, LogSelection())) }
        note(0)
        note(1, status: 502)
        #expect(lines.failures["f"]?.line == "GET /1" && lines.failures["f"]?.status == 502)
        #expect(try page(0)["lines"] == .array([]))
        lines.noteReader()
        for number in 0..<5_000 { note(number) }
        let all = try page(0)
        let kept = all["lines"]?.array ?? []
        #expect((700...1_000).contains(kept.count) && kept.last?["path"] == .string("/4999"))
        #expect(all["next"] == .integer(5_000) && all["skipped"] == .integer(0))
        #expect(try page(1)["skipped"] == .integer(5_000 - kept.count - 1))
        #expect(try page(4_999)["lines"]?.array?.count == 1)
        // A page that was opened before a restart asks for lines after a number that does not exist.
        for number in [9_000, -1, Int.max, Int.min] {
            let page = try page(number)
            #expect(page["lines"]?.array?.count == kept.count && page["skipped"] == .integer(0), "\(number)")
        }
        lines.append([UInt8](repeating: 0x20, count: 1 << 20))
        #expect(try page(0)["next"] == .integer(5_000))
        let long = Array("\"\(String(repeating: "x", count: 60_000))\"".utf8)
        for _ in 0..<40 { lines.append(long) }
        let count = try page(0)["lines"]?.array?.count ?? 0
        #expect((12...17).contains(count), "\(count)")
    }

    @Test("Without the page in the project there is no console")
    func withoutThePage() throws {
        let runner = try Runner()
        #expect(runner.state["consoleUrl"] == nil)
        #expect(try runner.connect().request("GET", "/").status == 404)
    }

    @Test(
        "Every view works in Chromium: its calls, contrast, names, the keyboard, and 360 pixels",
        .enabled(
            if: BuiltProducts.areRelease && FileManager.default.fileExists(atPath: "/usr/bin/chromedriver"),
            "Tests/run makes a release build and installs Chromium"))
    func browser() throws {
        let product = try Product()
        let check = try PipedProgram(
            "/usr/bin/python3",
            arguments: [
                BuiltProducts.project + "/Tests/console/check.py", product.folder.path("state/dev.json"),
                product.folder.path("state/thalian.db"),
            ],
            // Chromium makes a socket in TMPDIR, so the path of that must be short.
            environment: ["PATH": "/usr/bin:/bin", "HOME": product.folder.path, "TMPDIR": "/tmp"],
            seconds: 300)
        let status = try check.waitForEnd()
        #expect(status == 0, "\(String(decoding: check.output + check.errors, as: UTF8.self))")
    }
}
