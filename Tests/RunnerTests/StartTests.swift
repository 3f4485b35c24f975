import Base
import Foundation
import TestSupport
import Testing

@testable import local_runner

/// The runner's messages at its start, and reasons why it does not start.
@Suite(.serialized) struct StartTests {
    /// Runs `dev` with a configuration of one function until it ends; returns its output.
    private func failure(_ function: String, _ options: [String]) throws -> String {
        let folder = try TemporaryFolder()
        try folder.write(
            "wrangler-like.json",
            """
            {"name": "test", "functions": [{"route": "/f", "function": "\(function)", "methods": ["GET"]}]}
            """)
        let process = try TestProcess(
            BuiltProducts.folder + "/local-runner",
            ["dev", "--config", folder.path("wrangler-like.json"), "--persist-to", folder.path("state")] + options,
            log: folder.path("log"))
        #expect(process.waitForEnd() == 1)
        return folder.read("log")
    }

    /// A secret of the environment wins over .dev.vars, so a generated value there would never be used.
    @Test("A secret that the environment has is not generated in .dev.vars")
    func secretsOfTheEnvironmentAreNotReplaced() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "wrangler-like.json",
            """
            {"name": "test", "vars": {"SUPABASE_URL": "http://127.0.0.1:1"}, "functions": [],
             "secrets": {"required": ["SUPABASE_JWT_SECRET", "EXPORT_CURSOR_SECRET", "CREDENTIALS_KEY"]}}
            """)
        let process = try TestProcess(
            BuiltProducts.folder + "/local-runner",
            [
                "token", "--config", folder.path("wrangler-like.json"), "--persist-to", folder.path("state"), "--user",
                UUID().uuidString, "--email", "a@example.com",
            ],
            environment: [
                "SUPABASE_JWT_SECRET": String(repeating: "s", count: 64),
                "CREDENTIALS_KEY": "k1:" + Data(repeating: 7, count: 32).base64EncodedString(),
            ], log: folder.path("log"))
        #expect(process.waitForEnd() == 0, "\(folder.read("log"))")
        let lines = folder.read(".dev.vars").split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count == 1 && lines[0].hasPrefix("EXPORT_CURSOR_SECRET="), "\(lines)")
    }

    @Test(
        "A command line that can't be understood creates nothing",
        arguments: [
            ["invoke", "no-function"], ["invoke", "runner-fixture", "--header", "x"], ["dev", "--processes", "many"],
            ["token", "--expires-in", "soon"], ["token", "--expires-in", "0"], ["token", "--expires-in", "-30"],
        ])
    func nothingIsDone(_ words: [String]) throws {
        let folder = try TemporaryFolder()
        try writeConfiguration(in: folder)
        let process = try run(words, in: folder)
        #expect(process.waitForEnd() == 2, "\(folder.read("log"))")
        #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder.path)) == ["wrangler-like.json", "log"])
    }

    @Test("invoke warns of a path that no route has") func pathWithoutRoute() throws {
        let folder = try TemporaryFolder()
        try writeConfiguration(in: folder)
        for (path, isKnown) in [("/f?do=x", true), ("/ff", false)] {
            #expect(try run(["invoke", "runner-fixture", "--path", path], in: folder).waitForEnd() == 0)
            let log = folder.read("log")
            #expect(log.contains("HTTP/1.1 200"), "\(log)")
            #expect(
                log.contains("has no route /ff") == !isKnown && log.contains("did you mean /f?") == !isKnown, "\(log)")
        }
    }

    @Test("A token is not issued from a database that does not exist, and nothing is created")
    func tokenWithoutDatabase() throws {
        let folder = try TemporaryFolder()
        try writeConfiguration(in: folder)
        #expect(try run(["token"], in: folder).waitForEnd() == 1)
        #expect(folder.read("log").contains("local-runner migrate creates it"), "\(folder.read("log"))")
        #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder.path)) == ["wrangler-like.json", "log"])
    }

    @Test("A token for an unknown workspace is refused, and DATABASE_URL names the database")
    func tokenOfAnUnknownWorkspace() throws {
        let folder = try TemporaryFolder()
        try writeConfiguration(in: folder)
        #expect(try run(["migrate"], in: folder).waitForEnd() == 0)
        #expect(try run(["token"], in: folder).waitForEnd() == 1)
        #expect(folder.read("log").contains("no demonstration workspace in sqlite:"), "\(folder.read("log"))")
        let id = UUID().uuidString.lowercased()
        #expect(try run(["token", "--workspace", id], in: folder).waitForEnd() == 1)
        let unknown = folder.read("log")
        #expect(unknown.contains("there is no workspace \(id)") && unknown.contains("workspace list"), "\(unknown)")
        let other = try TestProcess(
            BuiltProducts.folder + "/local-runner", ["token"],
            environment: [
                "DATABASE_URL": "sqlite:" + folder.path("other.db"),
                "LOCAL_RUNNER_CONFIG": folder.path("wrangler-like.json"),
            ], log: folder.path("log"))
        #expect(other.waitForEnd() == 1)
        #expect(folder.read("log").contains(folder.path("other.db")), "\(folder.read("log"))")
    }

    @Test("New secrets next to a database from before are announced with a warning")
    func newSecretsForAnOldDatabase() throws {
        let folder = try TemporaryFolder()
        try writeConfiguration(in: folder)
        let words = ["token", "--user", UUID().uuidString, "--email", "a@example.com"]
        #expect(try run(words, in: folder).waitForEnd() == 0)
        #expect(folder.read("log").contains("Created .dev.vars") && !folder.read("log").contains("existed before"))
        try FileManager.default.removeItem(atPath: folder.path(".dev.vars"))
        try FileManager.default.createDirectory(atPath: folder.path("state"), withIntermediateDirectories: true)
        try folder.write("state/thalian.db", "")
        #expect(try run(words, in: folder).waitForEnd() == 0)
        let log = folder.read("log")
        #expect(log.contains("\(folder.path("state/thalian.db")) existed before: "), "\(log)")
    }

    private func writeConfiguration(in folder: TemporaryFolder) throws {
        try folder.write(
            "wrangler-like.json",
            """
            {"name": "test", "vars": {"SUPABASE_URL": "http://127.0.0.1:1"},
             "functions": [{"route": "/f", "function": "runner-fixture", "methods": ["GET"]}],
             "secrets": {"required": ["SUPABASE_JWT_SECRET", "CREDENTIALS_KEY"]}}
            """)
    }

    private func run(_ words: [String], in folder: TemporaryFolder) throws -> TestProcess {
        try TestProcess(
            BuiltProducts.folder + "/local-runner",
            words + ["--config", folder.path("wrangler-like.json"), "--persist-to", folder.path("state")],
            log: folder.path("log"))
    }

    @Test("A misspelt function is named, with a suggestion") func aMisspeltFunctionIsNamed() throws {
        let text = try failure("runner-fixtrue", ["--port", "0"])
        #expect(text.contains(#"there is no function runner-fixtrue; did you mean "runner-fixture"?"#), "\(text)")
        let other = try failure("something-else-entirely", ["--port", "0"])
        #expect(other.contains("not built: something-else-entirely; run local-runner/dev"), "\(other)")
    }

    @Test("A port in use, a forbidden port and a missing address have different messages")
    func aPortThatIsTakenIsAnotherMatterThanOneThatIsNotAllowed() throws {
        let runner = try Runner()
        let taken = try failure("runner-fixture", ["--port", String(runner.port)])
        #expect(taken.contains("Address already in use; if another runner uses it, stop that one"), "\(taken)")
        #expect(taken.contains("name another port with --port (0 picks a free one)"), "\(taken)")
        let refused = ServerError(
            "can't listen on 127.0.0.1:80: Permission denied", code: EACCES,
            address: ListenAddress(ip: "127.0.0.1", port: 80))
        #expect(refused.advice("--port").contains("ports below 1024 need root"))
        #expect(!refused.advice("--port").contains("another runner"))
        let absent = try failure("runner-fixture", ["--port", "0", "--ip", "192.0.2.1"])
        #expect(absent.contains("no interface of this machine has this address"), "\(absent)")
    }

    @Test(
        "A warning is logged if other machines can reach the address",
        arguments: [
            ("0.0.0.0", true), ("::", true), ("192.0.2.1", true), ("127.0.0.1", false), ("127.1.2.3", false),
            ("::1", false),
        ])
    func anAddressThatOthersReachIsWarnedOf(_ ip: String, _ warns: Bool) throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        let address = ListenAddress(ip: ip, port: 8788)
        let state = DevState(
            url: address.url, workspaceID: "w", tokens: ["admin": "secret-token"], localToken: "l", apiKeys: [:])
        let log = RunnerLog(descriptor: ends[1], format: .json)
        try Announcement(state: state, file: "/s/dev.json", address: address).make(.text, isTerminal: false, log: log)
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let length = read(ends[0], &buffer, buffer.count)
        let lines = try String(decoding: buffer[..<max(0, length)], as: UTF8.self).split(separator: "\n")
            .map { try JSON(parsing: Array($0.utf8)) }
        #expect(lines.count == (warns ? 2 : 1))
        #expect(lines[0]["message"] == .string("listening on \(address.url); tokens and keys are in /s/dev.json"))
        #expect(lines[0]["level"] == "info" && lines[0]["time"] != nil)
        if warns {
            #expect(lines[1]["level"] == "warning")
            #expect(lines[1]["message"]?.string?.contains("accepts connections from other machines") == true)
        }
    }

    @Test(
        "The SERVER_NAME of an IPv6 address has brackets",
        arguments: [("::1", "[::1]"), ("127.0.0.1", "127.0.0.1"), ("::", "[::]")])
    func theServersNameIsAHost(_ ip: String, _ name: String) {
        let parameters = Parameters.constant(route: "/f", listen: ListenAddress(ip: ip, port: 1))
        #expect(String(decoding: parameters, as: UTF8.self).contains("SERVER_NAME\(name)\u{0B}"))
    }
}
