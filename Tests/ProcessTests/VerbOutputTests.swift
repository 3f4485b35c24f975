import Base
import Foundation
import Store
import TestSupport
import Testing

/// The output of verbs if it can't be written, and if it contains data that would control a terminal.
@Suite(.usesStore) struct VerbOutputTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    /// Runs a verb without room for its output. Returns its exit status and its errors.
    private func onFullDevice(_ words: [String]) throws -> (status: String, errors: String) {
        let script = #"status=0; DATABASE_URL="$1" "${@:2}" 2>&1 >/dev/full || status=$?; printf "\n$status""#
        let output = try Shell.run(script, [store.url, BuiltProducts.program("local-runner")] + words)
        let parts = try #require(output.cut(atLast: "\n"))
        return (String(parts.behind), String(parts.before))
    }

    @Test(
        "A verb whose output can't be written fails and says so",
        arguments: [
            ["workspace", "list"], ["workspace", "list", "--format", "json"], ["--help"], ["--version"], ["jobs"],
            ["completion", "bash"], ["workspace", "--help"], ["jobs", "--help"],
        ])
    func fullDevice(_ words: [String]) throws {
        let (status, errors) = try onFullDevice(words)
        #expect(status == "1" && errors.contains("standard output: No space left on device"), "\(status) \(errors)")
    }

    @Test("An API key that can't be shown is named, so that it can be revoked") func unseenKey() throws {
        let words = ["key", "create", "--workspace", store.own.id.description, "--name", "unseen"]
        for format in ["text", "json"] {
            let (status, errors) = try onFullDevice(words + ["--format", format])
            let key = try store.database.first(
                "SELECT id FROM api_keys WHERE name = 'unseen' ORDER BY created_at DESC, id LIMIT 1"
            ) { try $0[0] as Identifier }
            let id = try #require(key)
            let advice = "local-runner key revoke \(id) --workspace \(store.own.id)"
            #expect(status == "1" && errors.contains(advice), "\(status) \(errors)")
            try store.database.execute("DELETE FROM api_keys WHERE name = 'unseen'")
        }
    }

    @Test("A workspace's name can't control the terminal of the operator who deletes it") func hostileName() throws {
        let id = store.own.id
        try store.database.execute("UPDATE workspaces SET name = $2 WHERE id = $1", id, "a\u{1B}[31m\u{202E}b")
        func delete(_ more: [String]) throws -> (status: Int32, errors: String) {
            let process = try PipedProgram(
                BuiltProducts.program("local-runner"), arguments: ["workspace", "delete", id.description] + more,
                environment: ["DATABASE_URL": store.url, "USER": "ada"], seconds: 60)
            return (try process.waitForEnd(), String(decoding: process.errors, as: UTF8.self))
        }
        let (status, errors) = try delete([])
        let shown = "a\u{FFFD}[31m\u{FFFD}b"
        #expect(status == 2 && errors.contains("--confirm '\(shown)'"), "\(errors)")
        #expect(!errors.unicodeScalars.contains("\u{1B}") && !errors.unicodeScalars.contains("\u{202E}"))
        // The name as it was shown is a confirmation.
        #expect(try delete(["--confirm", shown]).status == 0)
    }
}
