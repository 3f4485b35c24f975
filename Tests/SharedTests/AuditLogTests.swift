import Base
import Crypto
import Store
import Synchronization
import TestSupport
import Testing

@Suite struct AuditLogTests {
    private struct Stop: Error {}

    private struct Row: Equatable {
        let (sequence, action, details): (Int, String, JSON)
        let (content, previous, hash): (String, String, String)

        static func == (left: Row, right: Row) -> Bool {
            left.sequence == right.sequence && left.content == right.content && left.hash == right.hash
        }
    }

    private func rows(_ store: TestStore) throws -> [Row] {
        try store.database.rows(
            """
            SELECT sequence_number, action, details, content_hash, prev_hash, row_hash FROM audit_log
            WHERE workspace_id = $1 ORDER BY sequence_number
            """, store.own.id
        ) { row in
            Row(
                sequence: try row[0], action: try row[1], details: try row[2], content: try row[3],
                previous: try row[4], hash: try row[5])
        }
    }

    @Test func beginsWithAGenesisEntry() throws {
        let rows = try rows(TestStore())
        #expect(rows.count == 1 && rows.first?.action == "audit_chain.genesis" && rows.first?.sequence == 0)
        #expect(rows.first?.previous == String(repeating: "0", count: 64))
    }

    /// Written out by hand, so that it does not change unnoticed: exports of years ago must still verify.
    @Test func hashesAreOverTheDocumentedText() throws {
        let store = try TestStore()
        let user = try #require(store.own.members[.admin])
        let entry = AuditEntry(
            action: "a.b", userID: user, actorEmail: "x@example.com", targetType: "t", targetID: "id",
            details: ["z": 1, "a": ["é", nil]], createdAt: TestStore.now)
        let text = """
            {"action":"a.b","created_at":"2026-04-15T12:30:00Z","details":{"a":["é",null],"z":1},"target_id":"id",\
            "target_type":"t","user_id":"\(user)","workspace_id":"\(store.own.id)"}
            """
        let content = SHA256.hexadecimal(Array(text.utf8))
        #expect(AuditLog.contentHash(entry, workspaceID: store.own.id) == content)
        let previous = try #require(try rows(store).first).hash
        try AuditLog(store.database, workspaceID: store.own.id).append(entry)
        let row = try #require(try rows(store).last)
        let chained = "{\"content_hash\":\"\(content)\",\"prev_hash\":\"\(previous)\",\"sequence_number\":1}"
        #expect(row.content == content && row.previous == previous)
        #expect(row.hash == SHA256.hexadecimal(Array(chained.utf8)))
        let bare = AuditEntry(action: "x", createdAt: TestStore.now)
        let bareText = """
            {"action":"x","created_at":"2026-04-15T12:30:00Z","details":{},"target_id":null,"target_type":null,\
            "user_id":null,"workspace_id":"\(store.own.id)"}
            """
        #expect(AuditLog.contentHash(bare, workspaceID: store.own.id) == SHA256.hexadecimal(Array(bareText.utf8)))
    }

    @Test func theChainHoldsWhateverWritesAtOnce() throws {
        let store = try TestStore()
        let (connect, id) = (store.connect, store.own.id)
        let failures = Mutex<[String]>([])
        let threads = Threads(count: 6) { number in
            let database = connect()
            do {
                for turn in 0..<20 {
                    try AuditLog(database, workspaceID: id).append(AuditEntry(action: "test.\(number).\(turn)"))
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
            database.close()
        }
        threads.join()
        #expect(failures.withLock { $0 } == [])
        let rows = try rows(store)
        #expect(rows.map(\.sequence) == Array(0...120))
        for (before, after) in zip(rows, rows.dropFirst()) {
            #expect(after.previous == before.hash)
            #expect(
                after.hash
                    == AuditLog.rowHash(
                        contentHash: after.content, previousHash: before.hash, sequence: after.sequence))
        }
        let head = try store.database.first("SELECT row_hash FROM audit_heads WHERE workspace_id = $1", id) {
            try $0[0] as String
        }
        #expect(head == rows.last?.hash)
    }

    @Test(
        arguments: [
            "UPDATE audit_log SET action = 'x'", "UPDATE audit_log SET details = '{}' WHERE workspace_id = $1",
            "DELETE FROM audit_log", "DELETE FROM audit_log WHERE workspace_id = $1",
        ] as [SQL])
    func refusesChanges(_ sql: SQL) throws { try check(sql, in: TestStore()) }

    @Test(
        arguments: [
            "REPLACE INTO audit_log SELECT * FROM audit_log",
            "INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log WHERE workspace_id = $1",
        ] as [SQL])
    func refusesReplacementOnSQLite(_ sql: SQL) throws { try check(sql, in: TestStore(on: .sqlite)) }

    /// A connection that any other program might make, which has not set the pragma that tells DELETE's triggers.
    @Test(
        arguments: [
            "REPLACE INTO audit_log SELECT * FROM audit_log",
            "INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log WHERE workspace_id = $1",
            // By the id, by the place in the chain, and by SQLite's own key.
            """
            INSERT OR REPLACE INTO audit_log (id, workspace_id, sequence_number, action, details, content_hash, prev_hash,
                row_hash, created_at)
            SELECT id, workspace_id, 99, 'forged', '{}', '', '', '', created_at FROM audit_log WHERE workspace_id = $1
            """,
            """
            INSERT OR REPLACE INTO audit_log (id, workspace_id, sequence_number, action, details, content_hash, prev_hash,
                row_hash, created_at)
            SELECT 'new', workspace_id, sequence_number, 'forged', '{}', '', '', '', created_at FROM audit_log
            WHERE workspace_id = $1
            """,
            """
            INSERT OR REPLACE INTO audit_log (rowid, id, workspace_id, sequence_number, action, details, content_hash,
                prev_hash, row_hash, created_at)
            SELECT rowid, 'new', workspace_id, 99, 'forged', '{}', '', '', '', created_at FROM audit_log
            WHERE workspace_id = $1
            """,
            "INSERT OR REPLACE INTO audit_heads VALUES ($1, 0, 'forged')",
            "UPDATE OR REPLACE audit_heads SET workspace_id = $1",
            "UPDATE OR REPLACE audit_heads SET rowid = 1 WHERE rowid = 2",
            "DELETE FROM audit_heads",
        ] as [SQL])
    func refusesReplacementOnSQLiteWithoutThePragma(_ sql: SQL) throws {
        let store = try TestStore(on: .sqlite)
        try store.database.execute("PRAGMA recursive_triggers = OFF")
        try check(sql, in: store)
        try AuditLog(store.database, workspaceID: store.own.id).append(AuditEntry(action: "x"))
    }

    /// Cut off an end of the log, and the head tells that it is missing; so the head must not go back.
    @Test(
        arguments: [
            "DELETE FROM audit_heads", "DELETE FROM audit_heads WHERE workspace_id = $1",
            "UPDATE audit_heads SET sequence_number = sequence_number - 1 WHERE workspace_id = $1",
            "UPDATE audit_heads SET sequence_number = -1",
            "UPDATE audit_heads SET workspace_id = '00000000-0000-4000-8000-000000000000' WHERE workspace_id = $1",
        ] as [SQL])
    func headsOnlyMoveForward(_ sql: SQL) throws {
        let store = try TestStore()
        let log = AuditLog(store.database, workspaceID: store.own.id)
        try log.append(AuditEntry(action: "x"))
        try check(sql, in: store)
        try log.append(AuditEntry(action: "y"))
        #expect(try rows(store).map(\.sequence) == [0, 1, 2])
    }

    private func heads(_ store: TestStore) throws -> [String] {
        try store.database.rows("SELECT workspace_id, sequence_number, row_hash FROM audit_heads ORDER BY 1") {
            "\(try $0[0] as Identifier) \(try $0[1] as Int) \(try $0[2] as String)"
        }
    }

    private func check(_ sql: SQL, in store: TestStore) throws {
        let before = (try rows(store), try heads(store))
        #expect(throws: StoreError.self) { try store.database.execute(sql, store.own.id) }
        #expect(try rows(store) == before.0 && heads(store) == before.1)
    }

    @Test func anEntryGoesWithItsEffect() throws {
        let store = try TestStore()
        let before = try rows(store)
        #expect(throws: Stop.self) {
            try store.database.transaction(.write) {
                try AuditLog(store.database, workspaceID: store.own.id).append(AuditEntry(action: "lost"))
                throw Stop()
            }
        }
        #expect(try rows(store) == before)
        try AuditLog(store.database, workspaceID: store.own.id).append(AuditEntry(action: "kept"))
        #expect(try rows(store).map(\.sequence) == [0, 1])
    }

    @Test func aWorkspaceWithoutAChainTakesNoEntry() throws {
        let store = try TestStore()
        #expect(throws: StoreError.self) {
            try AuditLog(store.database, workspaceID: .random()).append(AuditEntry(action: "x"))
        }
    }
}
