import Base
import Foundation
import TestSupport
import Testing

@testable import local_runner

/// `local-runner tail`.
@Suite struct TailTests {
    private static let workspace = "aaaaaaaa-0000-4000-8000-000000000001"
    private static let lines = [
        #"{"time":"2026-04-15T12:30:00Z","level":"info","message":"request","request_id":"r1","client":"192.0.2.1","#
            + #""function":"api-health","method":"GET","path":"/api/health","status":200,"duration_ms":1.2}"#,
        #"{"time":"2026-04-15T12:30:01Z","level":"error","message":"request","request_id":"r2","#
            + #""function":"api-analyze","method":"POST","path":"/api/analyze","status":503,"duration_ms":30}"#,
        #"{"time":"2026-04-15T12:30:01Z","level":"error","message":"it failed \u001b[31m","request_id":"r2","#
            + #""function":"api-analyze","workspace_id":"\#(workspace)","code":"a.b\u202e"}"#,
        #"{"time":"2026-04-15T12:30:02Z","level":"warning","message":"a warning"}"#,
        "no JSON",
    ]
    private static let program = BuiltProducts.folder + "/local-runner"

    private func shown(_ words: [String]) throws -> [String] {
        let process = try PipedProgram(
            Self.program, arguments: ["tail"] + words, environment: [:],
            input: Array(Self.lines.joined(separator: "\n").utf8))
        #expect(try process.waitForEnd() == 0, "\(String(decoding: process.errors, as: UTF8.self))")
        return String(decoding: process.output, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test(
        "Filters select lines",
        arguments: [
            ([], [0, 1, 2, 3, 4]), (["--function", "api-health"], [0]),
            (["--function", "api-health", "--function", "api-analyze"], [0, 1, 2]),
            (["--level", "warning"], [1, 2, 3]),
            (["--level", "error"], [1, 2]), (["--request", "r2"], [1, 2]), (["--workspace", workspace], [2]),
            (["--status", "200"], [0]), (["--status", "5xx"], [1]), (["--status", "4xx"], []),
            (["--request", "r2", "--status", "503"], [1]),
        ] as [([String], [Int])])
    func filters(_ words: [String], _ expected: [Int]) throws {
        #expect(try shown(words + ["--format", "json"]) == expected.map { Self.lines[$0] })
        #expect(try shown(words).count == expected.count)
    }

    @Test("Lines as text have no control characters")
    func text() throws {
        #expect(
            try shown([]) == [
                "12:30:00 info api-health GET /api/health 200 1.2ms client=192.0.2.1 r1",
                "12:30:01 error api-analyze POST /api/analyze 503 30ms r2",
                "12:30:01 error api-analyze it failed \u{FFFD}[31m code=a.b\u{FFFD} workspace_id=\(Self.workspace) r2",
                "12:30:02 warning a warning", "no JSON",
            ])
    }

    @Test("Lines that are not JSON have no control characters in any format", arguments: ["text", "json"])
    func otherLines(_ format: String) throws {
        let process = try PipedProgram(
            Self.program, arguments: ["tail", "--format", format], environment: [:],
            input: Array("no \u{1B}[31m JSON \u{202E}x\n".utf8))
        #expect(try process.waitForEnd() == 0)
        #expect(String(decoding: process.output, as: UTF8.self) == "no \u{FFFD}[31m JSON \u{FFFD}x\n")
    }

    @Test("Filters over a log without JSON lines select none, and tail says why")
    func filtersOverATextLog() throws {
        let process = try PipedProgram(
            Self.program, arguments: ["tail", "--status", "5xx"], environment: [:],
            input: Array("12:30:00 error api-analyze POST /api/analyze 503 30ms r2\n".utf8))
        #expect(try process.waitForEnd() == 0)
        #expect(process.output.isEmpty)
        #expect(
            String(decoding: process.errors, as: UTF8.self)
                == "No line is JSON, so filters select none. Write the log with --format json.\n")
    }

    @Test("--follow shows lines that are added to a file, and continues with a file that replaces it")
    func follow() throws {
        let folder = try TemporaryFolder()
        try folder.write("log", Self.lines[0] + "\n")
        let process = try TestProcess(
            Self.program, ["tail", folder.path("log"), "--follow", "--format", "json"], log: folder.path("output"))
        #expect(poll { folder.read("output") == Self.lines[0] + "\n" }, "\(folder.read("output"))")
        let file = try FileHandle(forWritingTo: URL(filePath: folder.path("log")))
        try file.seekToEnd()
        try file.write(contentsOf: Data(Self.lines[1].utf8.prefix(20)))
        try file.write(contentsOf: Data(Self.lines[1].utf8.dropFirst(20)) + Data("\n".utf8))
        #expect(poll { folder.read("output").hasSuffix(Self.lines[1] + "\n") }, "\(folder.read("output"))")
        try folder.write("next", Self.lines[2] + "\n")
        #expect(rename(folder.path("next"), folder.path("log")) == 0)
        #expect(poll { folder.read("output").hasSuffix(Self.lines[2] + "\n") }, "\(folder.read("output"))")
        #expect(process.isRunning)
    }

    @Test(
        "Wrong words are refused",
        arguments: [["--status", "20"], ["--status", "6xx"], ["--level", "warn"], ["--follow"], ["a", "b"]])
    func wrongWords(_ words: [String]) throws {
        let process = try PipedProgram(Self.program, arguments: ["tail"] + words, environment: [:])
        #expect(try process.waitForEnd() == 2)
    }
}
