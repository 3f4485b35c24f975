import Foundation
import Testing

/// Checks that Tests/Reference.md has a row for every operation of the API reference, and names only existing tests.
@Suite struct ReferenceTests {
    private let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    private static let operations = [
        "GET /api/mcp/risk-score", "GET /api/mcp/findings", "GET /api/mcp/identity", "GET /api/mcp/integrations",
        "GET /api/mcp/posture-summary", "GET /api/mcp/rules", "GET /api/mcp/app-policy", "POST /api/mcp/sync",
        "POST /api/mcp/findings/snooze", "POST /api/mcp/findings/dismiss", "POST /api/mcp/findings/remediate",
        "POST /api/mcp/app-policy", "POST /api/api-keys", "GET /api/api-keys", "DELETE /api/api-keys",
        "GET /api/health", "POST /api/analyze", "POST /api/ai-chat", "POST /api/connect-integration",
        "POST /api/sync-integration", "POST /api/disconnect-integration", "POST /api/execute-action",
        "POST /api/export-audit-log", "POST /api/export-workspace", "POST /api/create-checkout",
        "POST /api/create-portal-session",
    ]

    /// Returns the names of the form `Suite.function` in backticks in a document.
    private func named(in document: String) -> Set<String> {
        Set(document.matches(of: /`([A-Z]\w*\.\w+)`/).map { String($0.1) })
    }

    /// Returns `Type.function` for each struct under Tests and each function, except private ones, in a file that
    /// declares or extends the struct.
    private func declared() throws -> Set<String> {
        var suites: Set<String> = []
        var functions: Set<String> = []
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where path.hasSuffix(".swift") {
            let text = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
            var types: Set<Substring> = []
            var members: Set<Substring> = []
            for line in text.split(separator: "\n") {
                let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
                for (keyword, name) in zip(words, words.dropFirst()) {
                    switch keyword {
                    case "struct":
                        suites.insert(String(name))
                        types.insert(name)
                    case "extension": types.insert(name)
                    case "func" where !words.contains("private"): members.insert(name)
                    default: break
                    }
                }
            }
            for type in types { functions.formUnion(members.map { "\(type).\($0)" }) }
        }
        return functions.filter { suites.contains(String($0.prefix { $0 != "." })) }
    }

    @Test("Every test that Tests/Reference.md names exists, and every operation has a row")
    func everyTestThatTheTableNamesExists() throws {
        let document = try String(contentsOf: folder.appending(path: "Reference.md"), encoding: .utf8)
        let proofs = named(in: document)
        let tests = try declared()
        #expect(proofs.count > 150)
        #expect(proofs.subtracting(tests).sorted() == [])
        let unknown = named(in: "`ReferenceTests.nobodyWroteThis`, `NoSuite.everyTestThatTheTableNamesExists`")
        #expect(unknown.count == 2 && unknown.isDisjoint(with: tests), "what is not there is not found")
        #expect(Self.operations.count == 26)
        for operation in Self.operations {
            #expect(document.contains("\n| \(operation):"), "\(operation)")
        }
    }
}
