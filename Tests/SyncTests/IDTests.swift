import Auth
import Base
import Connectors
import Store
import TestSupport
import Testing

@testable import Sync

/// Covers ids that change once, and ids whose prefix names their list.
@Suite(.usesStore, .appliedBothWays) struct IDTests {
    private let company: SyncCase
    private let github: TestProvider

    init() throws {
        company = try SyncCase()
        github = try company.connect("github")
    }

    private func user(_ id: String, _ name: String, former: String? = nil) -> SyncRecord {
        account(id, name + "@example.com") { record in
            record.username = name
            record.formerExternalID = former
        }
    }

    private func key(_ id: String, of account: String) -> SyncRecord {
        var key = AccessKeyRecord(externalID: id, kind: .accessToken, canWrite: true)
        (key.accountExternalID, key.name) = (account, id)
        return .accessKey(key)
    }

    /// Returns the ids of the accounts' rows by their external ids.
    private func rows() throws -> [String: String] {
        let rows = try company.workspace.rows(
            "SELECT external_id, CAST(id AS text) FROM accounts WHERE workspace_id = $1"
        ) { ($0.text(0), $0.text(1)) }
        return Dictionary(rows) { $1 }
    }

    private func deleted() throws -> [String] {
        try company.list("SELECT label FROM sync_events WHERE workspace_id = $1 AND change = 'deleted' ORDER BY label")
    }

    @Test("An account that its connector now names by another id keeps its row and its keys") func formerIDs() throws {
        github["users"] = [user("ann", "ann"), user("bob", "bob"), user("eve", "eve")]
        github["keys"] = [key("k1", of: "ann"), key("k2", of: "eve")]
        try company.sync("github")
        let before = try rows()
        github["users"] = [user("1", "ann", former: "ann"), user("2", "bob", former: "bob")]
        github["keys"] = [key("k1", of: "1")]
        // The list of ann's keys could not be read completely this time; eve and her key are gone.
        github.leftOut["keys"] = ("keys", [.ofAccount(.accessKey, account: "1")])
        for _ in 1...2 {
            try company.sync("github")
            #expect(try rows() == ["1": before["ann"], "2": before["bob"]])
            #expect(try deleted() == ["Person eve", "k2"].sorted())
        }
        let owners = try company.list("SELECT CAST(account_id AS text) FROM access_keys WHERE workspace_id = $1")
        #expect(owners == [before["ann"]])
    }

    @Test("Keys that were stored under an account's former id are protected under its new id")
    func protections() throws {
        github["users"] = [user("ann", "ann")]
        github["keys"] = [key("k1", of: "ann")]
        try company.sync("github")
        github["users"] = [user("1", "ann", former: "ann")]
        github["keys"] = []
        github.leftOut["keys"] = ("keys", [.ofAccount(.accessKey, account: "1")])
        try company.sync("github")
        #expect(try deleted() == [])
    }

    @Test("An account whose id equals another account's former id does not take over that account")
    func foreignIDs() throws {
        github["users"] = [user("1000", "ann", former: "ann")]
        try company.sync("github")
        let before = try rows()
        // A user takes the number of another user as a name.
        github["users"] = [user("1000", "ann", former: "ann"), user("7", "1000", former: "1000")]
        try company.sync("github")
        #expect(try rows()["1000"] == before["1000"] && rows().count == 2)
        github["users"] = [user("7", "1000", former: "1000"), user("8", "ann", former: "ann")]
        try company.sync("github")
        #expect(try rows().keys.sorted() == ["7", "8"] && rows()["8"] != before["1000"])
    }

    @Test("If a list with its own id prefix fails, only records with that prefix stay") func ownIDs() throws {
        github["keys"] = (0..<3).map { key("k\($0)", of: "ann") }
        github["tokens"] = (0..<3).map { key("token/\($0)", of: "ann") }
        github.prefixes = ["tokens": "token/"]
        github.optional = ["tokens", "keys"]
        try company.sync("github")
        github["keys"].removeFirst()
        github["tokens"].removeFirst()
        github.failures = ["tokens": .configuration("Not offered.")]
        try company.sync("github")
        let keys: SQL = "SELECT external_id FROM access_keys WHERE workspace_id = $1 ORDER BY 1"
        #expect(try company.list(keys) == ["k1", "k2", "token/0", "token/1", "token/2"])
        // The ids of the list "keys" have no prefix: if that list fails, no record of the kind is removed.
        github.failures = ["keys": .configuration("Not offered.")]
        try company.sync("github")
        #expect(try company.list(keys) == ["k1", "k2", "token/0", "token/1", "token/2"])
        github.failures = [:]
        try company.sync("github")
        #expect(try company.list(keys) == ["k1", "k2", "token/1", "token/2"])
    }

    @Test("Records whose ids begin with a protected prefix stay") func beginnings() throws {
        github["keys"] = ["project/1/a", "project/1/b", "project/10/a", "project/2/a"].map { key($0, of: "ann") }
        try company.sync("github")
        github["keys"] = []
        github.leftOut["keys"] = ("keys", [.beginning(.accessKey, with: "project/1/")])
        try company.sync("github")
        #expect(
            try company.list("SELECT external_id FROM access_keys WHERE workspace_id = $1 ORDER BY 1")
                == ["project/1/a", "project/1/b"])
    }
}
