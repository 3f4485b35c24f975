import Base
import Foundation
import TestSupport
import Testing

@testable import local_runner

/// `dev` with --watch and --reset, and its start screen.
@Suite(.serialized) struct DevTests {
    private func watched() throws -> Runner { try Runner(.init(words: ["--watch"])) }

    /// Replaces text in the configuration of a runner.
    private func edit(_ runner: Runner, _ old: String, _ new: String) throws {
        let text = runner.folder.read("wrangler-like.json")
        #expect(text.contains(old))
        try runner.folder.write("wrangler-like.json", text.replacing(old, with: new))
    }

    @Test("--watch puts a changed configuration into service, and keeps the previous one if it has problems")
    func configuration() throws {
        let runner = try watched()
        let client = try runner.connect()
        #expect(try client.request("GET", "/reuse").status == 200)
        let slow = try runner.connect()
        try slow.send("GET /reuse?do=sleep&n=4000 HTTP/1.1\r\nHost: a\r\n\r\n")
        try edit(
            runner, #""route": "/reuse""#, #""route": "/renamed", /* a comment */ "limits": {"max_body_bytes": 10}"#)
        #expect(runner.logs("the changed configuration is in service"), "\(runner.log)")
        #expect(try client.request("GET", "/renamed").status == 200)
        #expect(try client.request("GET", "/reuse").status == 404)
        #expect(try runner.connect().request("POST", "/renamed", body: "0123456789x").status == 413)
        // A request that was running is completed.
        #expect(try slow.readReply().status == 200)
        try edit(runner, #""concurrency": 8"#, #""concurrency": 0"#)
        #expect(runner.logs("the configuration stays as it was"), "\(runner.log)")
        #expect(try client.request("GET", "/renamed").status == 200)
        try edit(runner, #""concurrency": 0"#, #""concurrency": 9"#)
        #expect(poll { runner.log.components(separatedBy: "is in service").count == 3 }, "\(runner.log)")
        runner.process.send(SIGTERM)
        #expect(runner.process.waitForEnd() == 0)
    }

    @Test("--watch gives functions the changed values of .dev.vars")
    func values() throws {
        let runner = try watched()
        let client = try runner.connect()
        try edit(
            runner, #"["CORS_ALLOWED_ORIGINS"], "dispatch": "reuse""#, #"["FIXTURE_SLEEP"], "dispatch": "reuse""#)
        #expect(runner.logs("the changed configuration is in service"), "\(runner.log)")
        try runner.folder.write(".dev.vars", "FIXTURE_SLEEP=42\n")
        #expect(poll { runner.log.components(separatedBy: "is in service").count == 3 }, "\(runner.log)")
        #expect(try client.request("GET", "/reuse").status == 200)
        #expect(
            runner.children.contains { id in
                (try? String(contentsOfFile: "/proc/\(id)/environ", encoding: .utf8))?
                    .contains("FIXTURE_SLEEP=42\0") == true
            })
    }

    @Test("--watch builds with PostgreSQL if the runner has it, and Ctrl-C ends the build too")
    func build() throws {
        let runner = try watched()
        let manager = FileManager.default
        try manager.createDirectory(
            atPath: runner.folder.path("local-runner-scripts"), withIntermediateDirectories: true)
        try manager.createDirectory(atPath: runner.folder.path("Functions"), withIntermediateDirectories: true)
        // The folder of the scripts has the name of the runner's program here.
        try manager.removeItem(atPath: runner.folder.path("local-runner"))
        try manager.moveItem(
            atPath: runner.folder.path("local-runner-scripts"), toPath: runner.folder.path("local-runner"))
        try runner.folder.write(
            "local-runner/dev",
            """
            #!/bin/bash
            echo "$@" >"\(runner.folder.path)/words"
            (trap '' TERM; sleep 1000) &
            echo $! >"\(runner.folder.path)/child"
            wait
            """)
        chmod(runner.folder.path("local-runner/dev"), 0o755)
        // Two links to a folder above must not make the search for changes endless.
        for name in ["one", "two"] {
            try manager.createSymbolicLink(
                atPath: runner.folder.path("Functions/\(name)"), withDestinationPath: runner.folder.path)
        }
        try runner.folder.write("Functions/new.swift", "// new\n")
        #expect(poll(seconds: 20) { runner.folder.read("child").hasSuffix("\n") }, "\(runner.log)")
        #if PostgreSQL
            #expect(runner.folder.read("words") == "--build-only --postgresql\n")
        #else
            #expect(runner.folder.read("words") == "--build-only\n")
        #endif
        let children = runner.children
        #expect(children.count >= 2)
        runner.process.send(SIGINT)
        #expect(runner.process.waitForEnd() == 0)
        #expect(poll { !children.contains(where: ProcessTable.isAlive) })
    }

    /// Runs a verb to its end, expects an exit status, and returns the output and the errors.
    private func run(_ words: [String], _ status: Int32 = 0, program: String? = nil) throws -> String {
        let process = try PipedProgram(
            program ?? BuiltProducts.folder + "/local-runner", arguments: words, environment: [:], seconds: 60)
        #expect(try process.waitForEnd() == status, "\(String(decoding: process.errors, as: UTF8.self))")
        return String(decoding: process.output + process.errors, as: UTF8.self)
    }

    @Test("--reset empties the local database, leaves other files, and refuses another database")
    func reset() throws {
        let first = try Runner(.init())
        let database = "sqlite:" + first.folder.path("state/thalian.db")
        _ = try run(["workspace", "create", "--name", "Old", "--plan", "free", "--database", database])
        try first.folder.write("state/notes", "mine")
        first.process.send(SIGTERM)
        #expect(first.process.waitForEnd() == 0)
        let words = [
            "dev", "--config", first.folder.path("wrangler-like.json"), "--persist-to", first.folder.path("state"),
            "--port", "0", "--no-seed",
        ]
        func start(_ more: [String]) throws -> TestProcess {
            try FileManager.default.removeItem(atPath: first.folder.path("state/dev.json"))
            let process = try TestProcess(
                first.folder.path("local-runner"), words + more, log: first.folder.path("log"))
            #expect(poll { FileManager.default.fileExists(atPath: first.folder.path("state/dev.json")) })
            return process
        }
        let second = try start([])
        #expect(try run(["workspace", "list", "--database", database]).contains("Old"))
        second.send(SIGTERM)
        #expect(second.waitForEnd() == 0)
        let third = try start(["--reset"])
        #expect(try !run(["workspace", "list", "--database", database]).contains("Old"))
        #expect(first.folder.read("state/notes") == "mine")
        third.send(SIGTERM)
        #expect(third.waitForEnd() == 0)
        let other = first.folder.path("other.db")
        let text = try run(
            words + ["--reset", "--database", "sqlite:" + other], 1, program: first.folder.path("local-runner"))
        #expect(text.contains("--reset empties only the database in"), "\(text)")
    }

    @Test("The start screen has no long tokens, and commands that take them from dev.json")
    func startScreen() throws {
        let folder = try TemporaryFolder()
        let token = String(repeating: "t", count: 700)
        let state = DevState(
            url: "http://127.0.0.1:8788", workspaceID: "w", tokens: ["admin": token, "viewer": "v"], localToken: "l",
            apiKeys: ["read": "thal_key"])
        try state.write(to: folder.path("dev.json"))
        let screen = Announcement(
            state: state, file: folder.path("dev.json"), address: ListenAddress(ip: "127.0.0.1", port: 8788)
        ).text
        #expect(!screen.contains(token) && screen.split(separator: "\n").allSatisfy { $0.count < 200 }, "\(screen)")
        let command = try #require(screen.split(separator: "\n").first { $0.contains("TOKEN=") })
        #expect(try Shell.run("\(command)\necho $TOKEN", []) == token + "\n")
    }
}
