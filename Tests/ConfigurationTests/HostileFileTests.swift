import Base
import Foundation
import TestSupport
import Testing

@testable import local_runner

/// Gives hostile files to the runner's readers: none may trap.
@Suite struct HostileFileTests {
    private static let configuration = #"""
        {"name": "thalian", "vars": {"LIMIT": "5"}, "secrets": {"required": ["TOKEN"]}, "dev": {"port": 8788},
         "limits": {"timeout_ms": 1000, "memory_mb": 128}, "functions": [{"route": "/api/health",
         "function": "api-health", "methods": ["GET"], "bindings": ["LIMIT"], "limits": {"concurrency": 2}},
         {"route": "/scheduled/tidy", "function": "tidy", "methods": []}],
         "triggers": {"crons": [{"cron": "17 * * * *", "function": "tidy"}]}, "env": {"staging": {}}}
        """#

    @Test("A hostile configuration is refused, or stays within its limits")
    func configurationsAreRefusedOrWithinTheirLimits() {
        let local = LocalValues(devVars: DevVars(values: ["TOKEN": Secret("hush")]))
        for bytes in HostileInputs([Self.configuration], count: 2_000) {
            let configuration = try? ConfigurationReader.read(
                bytes, file: "f", environment: nil, local: local)
            for function in configuration?.functions ?? [] {
                #expect((1...900_000).contains(function.limits.timeoutMilliseconds) && function.route.hasPrefix("/"))
            }
        }
    }

    @Test("Hostile .dev.vars are refused or read") func secretsAreRefusedOrRead() {
        let sample = "# c\nA=b\n export B = \"x\\n\\\"y\" # z\nC='d\ne'\nD=\n\nE=a # b\r\n"
        for bytes in HostileInputs([sample], count: 2_000) {
            var parser = DevVarsParser(bytes)
            let values = try? parser.parse(file: "f")
            #expect((values ?? [:]).keys.allSatisfy(DevVarsParser.isVariableName))
        }
    }

    @Test("A hostile cron expression is refused, or fires in the future") func expressionsAreRefusedOrComeAgain() {
        let now = Timestamp(seconds: 1_776_256_200)
        for bytes in HostileInputs(["17 * * * *", "*/5 0-23/2 1,15 JAN-MAR SUN", "0 0 29 2 *", "0 0 31 * 1"]) {
            guard let expression = try? CronExpression(String(decoding: bytes, as: UTF8.self)) else { continue }
            #expect(expression.next(after: now) > now)
        }
    }

    @Test("A hostile audit export is refused") func exportsAreRefusedOrRead() throws {
        let sample =
            #"{"workspace_id":"w","total_entries":1,"entries":[{"id":"a","sequence_number":0,"prev_hash":"0"}]}"#
        let folder = try TemporaryFolder()
        let path = folder.path("export.json")
        for bytes in HostileInputs([sample], count: 500) {
            try Data(bytes).write(to: URL(filePath: path))
            #expect(throws: (any Error).self) { try ChainCheck(ofExport: path) }
        }
    }
}
