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
            let advice = try "local-runner key revoke \(#require(key)) --workspace \(store.own.id)"
            #expect(status == "1" && errors.contains(advice), "\(status) \(errors)")
            try store.database.execute("DELETE FROM api_keys WHERE name = 'unseen'")
        }
    }
}
