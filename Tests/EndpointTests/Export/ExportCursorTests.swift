import Base
import TestSupport
import Testing

@testable import api_export_workspace

/// Exports that are larger than one response may be.
@Suite(.usesStore) struct ExportCursorTests {
    private let store: TestStore

    init() throws {
        store = try TestStore(filled: true)
        for number in 0..<5 { try store.own.addIdentity("more\(number)@example.com") }
    }

    private static let names = ["identities", "applications", "devices", "findings", "audit_log"]

    private func ids(_ replies: [Reply]) -> [[JSON]] {
        Self.names.map { name in
            replies.flatMap { ($0.json["data"]?[name]?.array ?? []).map { $0["id"] ?? .null } }
        }
    }

    /// The own workspace has seven identities, two applications, a device and two findings.
    @Test("The pages of an export together are the whole export", arguments: 1...13)
    func thePagesAreTheWhole(_ limit: Int) throws {
        let whole = store.exportWorkspace("json")
        let pages = store.pages("json", limit: limit)
        #expect(ids(pages) == ids([whole]))
        #expect(pages.count == (12 + limit - 1) / limit)
        for page in pages.dropLast() {
            #expect(page.status == 200 && page.json["truncated"] == true && page.json["cursor"]?.string != nil)
            #expect(ids([page]).joined().count == limit)
            let counts = page.json["entity_counts"]?.object ?? [:]
            #expect(counts.values.compactMap(\.integer).reduce(0, +) == limit && counts.count == 4)
        }
        #expect(pages.last?.json["truncated"] == false && pages.last?.json["cursor"] == nil)
    }

    /// Each page adds an entry to the log that is being exported.
    @Test("The audit log may grow while it is exported") func theLogMayGrowWhileItIsExported() throws {
        let pages = store.pages("json", limit: 2, ["includeAuditLog": true, "includeFull": true])
        let whole = store.exportWorkspace("json", ["includeAuditLog": true])
        let (paged, all) = (ids(pages), ids([whole]))
        #expect(paged[0..<4] == all[0..<4])
        // The log of the complete export has one more entry.
        #expect(paged[4] == all[4].dropLast() && Set(paged[4].compactMap(\.string)).count == paged[4].count)
        let entries = try store.own.auditEntries()
        #expect(entries.first?.details["continued"] == false && entries[1].details["continued"] == true)
    }

    @Test("A CSV export continues where the previous page stopped") func csvGoesOnWhereItStopped() throws {
        let whole = try CSVRecords.parse(export: store.exportWorkspace("csv"))
        for limit in [1, 3, 7, 9, 12] {
            let pages = store.pages("csv", limit: limit)
            let records = try pages.map { try CSVRecords.parse(export: $0) }
            #expect(records.allSatisfy { $0.first == whole.first })
            #expect(records.flatMap { $0.dropFirst() } == Array(whole.dropFirst()))
            #expect(pages.dropLast().allSatisfy { $0.headers["X-Next-Cursor"] != nil })
        }
    }

    @Test("Deleting the last row of a page causes neither duplicates nor gaps")
    func changesBetweenPagesMoveNothing() throws {
        let before = ids([store.exportWorkspace("json")])[0]
        let first = store.exportWorkspace("json", limit: 3)
        let shown = ids([first])[0]
        try store.database.execute(
            "DELETE FROM identities WHERE workspace_id = $1 AND id = $2", store.own.id, shown[2].string)
        let second = store.exportWorkspace("json", limit: 100, cursor: first.json["cursor"]?.string)
        #expect(shown + ids([second])[0] == before)
    }

    @Test("A cursor is valid for its own workspace only") func aCursorIsForItsWorkspaceOnly() throws {
        let cursor = try #require(store.exportWorkspace("json", limit: 1).json["cursor"]?.string)
        #expect(store.exportWorkspace("json", cursor: cursor).status == 200)
        let refused = store.exportWorkspace("json", in: store.other, cursor: cursor)
        #expect(refused.status == 400)
        #expect(refused.error == "cursor must be one that an export of this workspace returned.")
    }

    @Test("An altered cursor is refused") func anAlteredCursorIsRefused() throws {
        let cursor = try #require(store.exportWorkspace("csv", limit: 1).headers["X-Next-Cursor"])
        for index in cursor.indices {
            var altered = cursor
            altered.replaceSubrange(index...index, with: altered[index] == "A" ? "B" : "A")
            #expect(store.exportWorkspace("csv", cursor: altered).status == 400)
        }
        for other in [String(cursor.dropLast(4)), cursor + "AAAA", cursor + "=", "AAAA"] {
            #expect(store.exportWorkspace("csv", cursor: other).status == 400)
        }
    }

    @Test("A cursor that was made with another secret is refused") func aCursorOfAnotherSecretIsRefused() throws {
        let cursor = try #require(store.exportWorkspace("json", limit: 1).json["cursor"]?.string)
        let body: JSON = [
            "workspaceId": .string(store.own.id.description), "format": "json", "cursor": .string(cursor),
        ]
        let reply = store.send(
            Call("POST", body: body).session(store.own.token()), to: ExportWorkspace.self,
            variables: ["EXPORT_CURSOR_SECRET": "another secret of the tests, long enough"])
        #expect(reply.status == 400)
    }

    @Test("A cursor may be continued in another format") func aCursorMayGoOnInAnotherFormat() throws {
        let cursor = store.exportWorkspace("json", limit: 7).json["cursor"]?.string
        let rest = try CSVRecords.parse(export: store.exportWorkspace("csv", cursor: cursor))
        #expect(rest.dropFirst().map { $0[0] } == ["application", "application", "device", "finding", "finding"])
    }
}
