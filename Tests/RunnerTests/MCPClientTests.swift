import Base
import Foundation
import TestSupport
import Testing

/// The Model Context Protocol, used by its official SDK for Python.
@Suite(
    .serialized,
    .enabled(
        if: BuiltProducts.areRelease && SDK.isThere, "Tests/run makes a release build and installs Python packages"))
struct MCPClientTests {
    @Test("The official SDK uses all tools by HTTP and by standard input and output", .timeLimit(.minutes(30)))
    func allTools() throws {
        let product = try DemonstrationServer()
        let transcript = try withExtendedLifetime(product) {
            try SDK.run(
                "mcp-client.py",
                [
                    "url": .string(product.url), "read": product.value("apiKeys", "read"),
                    "write": product.value("apiKeys", "write"),
                    "database": .string(product.folder.path("state/thalian.db")),
                    "runner": .string(BuiltProducts.program("local-runner")),
                    "options": .array(product.options.map(JSON.string)),
                ])
        }
        let lines = transcript.split(separator: "\n")
        let problems = lines.filter { $0.hasPrefix("PROBLEM") || $0.hasPrefix("Traceback") }
        #expect(problems.isEmpty, "\(transcript)")
        for transport in ["http", "stdio", "stdio-url"] {
            for revision in ["2026-07-28", "2025-11-25"] {
                #expect(lines.filter { $0.hasPrefix("\(transport) \(revision) ") }.count >= 18, "\(transcript)")
            }
        }
        print(transcript)
    }

    @Test("local-runner mcp answers each line that is a request, and goes on after errors") func lines() throws {
        let product = try DemonstrationServer()
        try product.folder.write(
            "messages",
            [
                "", "{", #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, "  ",
                #"{"jsonrpc":"2.0","id":1,"result":{}}"#, #"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}"#,
                #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, #"{"jsonrpc":"2.0","id":"a","method":"x"}"#,
                #"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#,
            ].joined(separator: "\n"))
        for options in [product.options, ["--url", product.url]] {
            let answers = try Shell.run(
                #"messages="$1"; key="$2"; shift 2; THALIAN_API_KEY="$key" "$@" < "$messages" 2>/dev/null"#,
                [
                    product.folder.path("messages"), product.value("apiKeys", "read").string ?? "",
                    BuiltProducts.program("local-runner"), "mcp",
                ] + options
            ).split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
            #expect(answers.map { $0["id"] } == [.null, 1, "a", 2])
            #expect(answers.map { $0["error"]?["code"] } == [-32_700, nil, -32_601, nil])
            #expect(answers.last?["result"]?["tools"]?.array?.count == 7)
        }
    }

    @Test(
        "local-runner mcp refuses a URL without TLS, a URL without a key, and a key on the command line",
        arguments: [
            (["--url", "http://thalian.example"], "must begin with https://"),
            (["--url", "thalian.example"], "must be a URL"), (["--key", "thal_x"], "unknown option --key"),
            (["--url", "https://user:hunter2@thalian.example"], "without a user name and a password"),
        ])
    func usage(_ options: [String], _ words: String) throws {
        let text = try Shell.run(
            #"THALIAN_API_KEY=thal_x "$@" 2>&1 </dev/null && exit 1 || test $? = 2"#,
            [BuiltProducts.program("local-runner"), "mcp"] + options)
        #expect(text.contains(words) && !text.contains("hunter2"), "\(text)")
        let withoutKey = try Shell.run(
            #"env -u THALIAN_API_KEY "$@" 2>&1 </dev/null && exit 1 || test $? = 2"#,
            [BuiltProducts.program("local-runner"), "mcp", "--url", "https://thalian.example"])
        #expect(withoutKey.contains("THALIAN_API_KEY"))
    }

    @Test("A server that can't be reached is an error of each request") func unreachable() throws {
        let text = try Shell.run(
            #"echo '{"jsonrpc":"2.0","id":5,"method":"ping"}' | THALIAN_API_KEY=x "$@" 2>/dev/null"#,
            [BuiltProducts.program("local-runner"), "mcp", "--url", "http://127.0.0.1:1"])
        let answer = try JSON(parsing: Array(text.utf8))
        #expect(
            answer["id"] == 5 && answer["error"]?["message"]?.string?.contains("127.0.0.1:1 can't be reached") == true)
    }
}
