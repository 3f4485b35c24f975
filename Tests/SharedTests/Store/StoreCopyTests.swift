import Base
import TestSupport
import Testing

@testable import Store

@Suite(.usesStore) struct StoreCopyTests {
    /// Returns the rows of ten tables as texts.
    private func dump(_ database: any Database) throws -> [String] {
        let tables: [SQL] = [
            "SELECT * FROM workspaces ORDER BY id", "SELECT * FROM members ORDER BY user_id",
            "SELECT * FROM api_keys ORDER BY id", "SELECT * FROM integrations ORDER BY id",
            "SELECT * FROM identities ORDER BY id", "SELECT * FROM applications ORDER BY id",
            "SELECT * FROM entitlements ORDER BY id", "SELECT * FROM devices ORDER BY id",
            "SELECT * FROM audit_log ORDER BY id", "SELECT * FROM audit_heads ORDER BY workspace_id",
        ]
        return try tables.flatMap { sql in
            try database.rows(sql) { row in
                (0..<row.columnCount).map { "\(row.name($0))=\(row.value($0))" }.joined(separator: " ")
            }
        }
    }

    /// Copies from the engine of this run to SQLite and back.
    @Test("A store that is copied to SQLite and back has the same data") func movesEverythingBetweenEngines() throws {
        let store = try TestStore(filled: true)
        try AuditLog(store.database, workspaceID: store.own.id).append(
            AuditEntry(action: "a.b", details: ["z": 1, "a": ["é", nil]], createdAt: TestStore.now))
        let folder = try TemporaryFolder()
        let file = SQLiteDatabase(path: folder.path("copy.db"), creates: true)
        var tables: Set<String> = []
        let rows = try StoreCopy(from: store.database, to: file).run { tables.insert($0.table) }
        #expect(rows > 50 && tables.count > 20)
        let empty = try EmptyDatabase()
        let back = empty.connect()
        #expect(try StoreCopy(from: file, to: back).run { _ in } == rows)
        #expect(try dump(back) == dump(store.database))
        #expect(try AuditLog(back, workspaceID: store.own.id).verify() == 2)
    }

    @Test("A database that holds data is not overwritten") func writesIntoNoDatabaseThatHoldsSomething() throws {
        let (source, target) = (try TestStore(), try TestStore())
        let before = try dump(target.database)
        #expect(throws: StoreCopy.Failure.targetIsNotEmpty) {
            try StoreCopy(from: source.database, to: target.database).run { _ in }
        }
        #expect(try dump(target.database) == before)
    }

    @Test("A store with a broken audit chain is not copied") func aBrokenChainIsNotCopied() throws {
        let store = try TestStore(on: .sqlite)
        try store.database.execute(
            """
            INSERT INTO audit_log (workspace_id, id, sequence_number, action, details, content_hash, prev_hash, row_hash,
                created_at) VALUES ($1, $2, 1, 'forged', '{}', 'x', 'x', 'x', $3)
            """, store.own.id, Identifier.random(), TestStore.now)
        #expect(throws: AuditLog.BrokenChain(sequence: 1)) {
            try AuditLog(store.database, workspaceID: store.own.id).verify()
        }
        let empty = try EmptyDatabase()
        #expect(throws: AuditLog.BrokenChain.self) {
            try StoreCopy(from: store.database, to: empty.connect()).run { _ in }
        }
        #expect(try empty.connect().first("SELECT count(*) FROM workspaces") { try $0[0] as Int } == 0)
    }
}
