import Base
import Crypto
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite(.usesStore) struct AuditLogTests {
    private struct Stop: Error {}

    private struct Row: Equatable {
        let (sequence, action, details): (Int, String, JSON)
        let (content, previous, hash): (String, String, String)
        let (id, actor): (String, String?)

        static func == (left: Row, right: Row) -> Bool {
            left.sequence == right.sequence && left.content == right.content && left.hash == right.hash
        }
    }

    private func rows(_ store: TestStore) throws -> [Row] {
        try store.database.rows(
            """
            SELECT sequence_number, action, details, content_hash, prev_hash, row_hash, id, actor_email FROM audit_log
            WHERE workspace_id = $1 ORDER BY sequence_number
            """, store.own.id
        ) { row in
            Row(
                sequence: try row[0], action: try row[1], details: try row[2], content: try row[3],
                previous: try row[4], hash: try row[5], id: try row[6], actor: try row[7])
        }
    }

    @Test("Every audit chain begins with a genesis entry for its workspace") func beginsWithAGenesisEntry() throws {
        let store = try TestStore()
        let rows = try rows(store)
        #expect(rows.count == 1 && rows.first?.action == "audit_chain.genesis" && rows.first?.sequence == 0)
        #expect(rows.first?.previous == String(repeating: "0", count: 64))
        let target = try store.database.first(
            "SELECT target_type, target_id FROM audit_log WHERE workspace_id = $1", store.own.id
        ) { "\(try $0[0] as String) \(try $0[1] as String)" }
        #expect(target == "workspace \(store.own.id)")
    }

    /// The test spells the hashed texts out, so that the format can't change unnoticed: old exports must still verify.
    @Test("Content and row hashes cover the documented canonical text") func hashesAreOverTheDocumentedText() throws {
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
        let chained = """
            {"actor_email":"x@example.com","content_hash":"\(content)","hash_version":2,"id":"\(row.id)",\
            "prev_hash":"\(previous)","sequence_number":1}
            """
        #expect(row.content == content && row.previous == previous)
        #expect(row.hash == SHA256.hexadecimal(Array(chained.utf8)))
        // Earlier releases hashed the text `first`, which does not cover all fields.
        let first = "{\"content_hash\":\"\(content)\",\"prev_hash\":\"\(previous)\",\"sequence_number\":1}"
        let link = AuditLink(
            sequence: 1, id: row.id, actorEmail: "x@example.com", contentHash: content, previousHash: previous,
            version: .first)
        #expect(link.rowHash == SHA256.hexadecimal(Array(first.utf8)))
        let bare = AuditEntry(action: "x", createdAt: TestStore.now)
        let bareText = """
            {"action":"x","created_at":"2026-04-15T12:30:00Z","details":{},"target_id":null,"target_type":null,\
            "user_id":null,"workspace_id":"\(store.own.id)"}
            """
        #expect(AuditLog.contentHash(bare, workspaceID: store.own.id) == SHA256.hexadecimal(Array(bareText.utf8)))
    }

    /// Makes a workspace whose chain was written by a release that hashed fewer fields. Returns the workspace's log,
    /// its id and the last link of the chain.
    private func olderChain(_ store: TestStore) throws -> (log: AuditLog, id: Identifier, last: AuditLink) {
        let id = Identifier.random()
        try store.database.execute(
            "INSERT INTO workspaces (id, name, plan, created_at) VALUES ($1, 'Older', 'pro', $2)", id, TestStore.now)
        let entry = AuditEntry(action: "audit_chain.genesis", actorEmail: "x@example.com", createdAt: TestStore.now)
        let link = AuditLink(
            sequence: 0, id: Identifier.random().description, actorEmail: entry.actorEmail,
            contentHash: AuditLog.contentHash(entry, workspaceID: id), previousHash: AuditLog.origin, version: .first)
        try insert(entry, link, of: id, in: store)
        try store.database.execute(
            "INSERT INTO audit_heads (workspace_id, sequence_number, row_hash) VALUES ($1, 0, $2)", id, link.rowHash)
        return (AuditLog(store.database, workspaceID: id), id, link)
    }

    private func insert(_ entry: AuditEntry, _ link: AuditLink, of id: Identifier, in store: TestStore) throws {
        try store.database.execute(
            """
            INSERT INTO audit_log (workspace_id, id, sequence_number, actor_email, action, details, content_hash,
                prev_hash, row_hash, created_at, hash_version)
            VALUES ($1, $2, $3, $4, $5, '{}', $6, $7, $8, $9, $10)
            """, id, link.id, link.sequence, entry.actorEmail, entry.action, link.contentHash, link.previousHash,
            link.rowHash, entry.createdAt, link.version.rawValue)
    }

    @Test("A chain of an earlier release is verified and continued") func aChainOfAnEarlierReleaseGoesOn() throws {
        let store = try TestStore()
        let (log, _, _) = try olderChain(store)
        #expect(try log.verify() == 1)
        try log.append(AuditEntry(action: "newer"))
        #expect(try log.verify() == 2)
    }

    /// An attacker who can write the table might insert an entry in the old format, whose hash covers less.
    @Test("An entry in an older hash format after a newer one breaks the chain") func versionsDoNotFall() throws {
        let store = try TestStore()
        let (log, id, first) = try olderChain(store)
        try log.append(AuditEntry(action: "newer"))
        let newer = try #require(
            try store.database.first(
                "SELECT row_hash FROM audit_log WHERE workspace_id = $1 AND sequence_number = 1", id
            ) { try $0[0] as String })
        #expect(newer != first.rowHash)
        let entry = AuditEntry(action: "forged", actorEmail: "x@example.com", createdAt: TestStore.now)
        let link = AuditLink(
            sequence: 2, id: Identifier.random().description, actorEmail: entry.actorEmail,
            contentHash: AuditLog.contentHash(entry, workspaceID: id), previousHash: newer, version: .first)
        try insert(entry, link, of: id, in: store)
        try store.database.execute(
            "UPDATE audit_heads SET sequence_number = 2, row_hash = $2 WHERE workspace_id = $1", id, link.rowHash)
        #expect(throws: AuditLog.BrokenChain(sequence: 2)) { try log.verify() }
    }

    /// Each field is covered by a hash: content_hash covers the entry's content, row_hash the rest.
    @Test(
        "A changed id or actor address breaks the chain, although the content hash is right",
        arguments: ["id", "actor_email"])
    func everyFieldIsUnderAHash(_ field: String) throws {
        let store = try TestStore()
        let (_, id, last) = try olderChain(store)
        let entry = AuditEntry(action: "x", actorEmail: "x@example.com", createdAt: TestStore.now)
        let link = AuditLink(
            sequence: 1, id: Identifier.random().description, actorEmail: entry.actorEmail,
            contentHash: AuditLog.contentHash(entry, workspaceID: id), previousHash: last.rowHash)
        var (changed, other) = (entry, link)
        if field == "id" {
            other = AuditLink(
                sequence: 1, id: Identifier.random().description, actorEmail: entry.actorEmail,
                contentHash: link.contentHash, previousHash: last.rowHash)
        } else {
            changed.actorEmail = "y@example.com"
        }
        // The row stores the hash of the true fields next to a changed field.
        try store.database.execute(
            """
            INSERT INTO audit_log (workspace_id, id, sequence_number, actor_email, action, details, content_hash,
                prev_hash, row_hash, created_at, hash_version)
            VALUES ($1, $2, 1, $3, 'x', '{}', $4, $5, $6, $7, 2)
            """, id, other.id, changed.actorEmail, link.contentHash, link.previousHash, link.rowHash, entry.createdAt)
        try store.database.execute(
            "UPDATE audit_heads SET sequence_number = 1, row_hash = $2 WHERE workspace_id = $1", id, link.rowHash)
        #expect(throws: AuditLog.BrokenChain(sequence: 1)) {
            try AuditLog(store.database, workspaceID: id).verify()
        }
    }

    /// An attacker who deletes the last entries leaves a head that names a missing entry.
    @Test("A chain whose last entries were deleted is reported as broken") func aCutEndShows() throws {
        let store = try TestStore()
        let (log, id, last) = try olderChain(store)
        try store.database.execute(
            "UPDATE audit_heads SET sequence_number = 1, row_hash = $2 WHERE workspace_id = $1", id, last.rowHash)
        #expect(throws: AuditLog.BrokenChain(sequence: 1)) { try log.verify() }
        let (other, otherID, _) = try olderChain(store)
        try store.database.execute(
            "UPDATE audit_heads SET row_hash = $2 WHERE workspace_id = $1", otherID, AuditLog.origin)
        #expect(throws: AuditLog.BrokenChain(sequence: 1)) { try other.verify() }
    }

    /// Details that are no JSON object must not count as empty details.
    @Test(
        "Details of another JSON type break the chain",
        arguments: ["[]", "null", #""approved by the board""#, #"["approved by the board"]"#])
    func detailsOfAnotherKindAreAChange(_ details: String) throws {
        let store = try TestStore()
        let (log, id, last) = try olderChain(store)
        let entry = AuditEntry(action: "x", createdAt: TestStore.now)
        let link = AuditLink(
            sequence: 1, id: Identifier.random().description, actorEmail: nil,
            contentHash: AuditLog.contentHash(entry, workspaceID: id), previousHash: last.rowHash)
        try store.database.execute(
            """
            INSERT INTO audit_log (workspace_id, id, sequence_number, action, details, content_hash, prev_hash,
                row_hash, created_at, hash_version)
            VALUES ($1, $2, 1, 'x', $3, $4, $5, $6, $7, 2)
            """, id, link.id, details, link.contentHash, link.previousHash, link.rowHash, entry.createdAt)
        try store.database.execute(
            "UPDATE audit_heads SET sequence_number = 1, row_hash = $2 WHERE workspace_id = $1", id, link.rowHash)
        #expect(throws: AuditLog.BrokenChain(sequence: 1)) { try log.verify() }
    }

    @Test("The chain stays intact when many connections append at once")
    func theChainHoldsWhateverWritesAtOnce() throws {
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
            let link = AuditLink(
                sequence: after.sequence, id: after.id, actorEmail: after.actor, contentHash: after.content,
                previousHash: before.hash)
            #expect(after.hash == link.rowHash)
        }
        let head = try store.database.first("SELECT row_hash FROM audit_heads WHERE workspace_id = $1", id) {
            try $0[0] as String
        }
        #expect(head == rows.last?.hash)
    }

    @Test(
        "Triggers refuse to change or delete audit entries",
        arguments: [
            "UPDATE audit_log SET action = 'x'", "UPDATE audit_log SET details = '{}' WHERE workspace_id = $1",
            "DELETE FROM audit_log", "DELETE FROM audit_log WHERE workspace_id = $1",
        ] as [SQL])
    func refusesChanges(_ sql: SQL) throws { try check(sql, in: TestStore()) }

    @Test(
        "SQLite refuses to replace audit entries",
        arguments: [
            "REPLACE INTO audit_log SELECT * FROM audit_log",
            "INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log WHERE workspace_id = $1",
        ] as [SQL])
    func refusesReplacementOnSQLite(_ sql: SQL) throws { try check(sql, in: TestStore(on: .sqlite)) }

    /// Another program may connect without the pragma that runs DELETE triggers on REPLACE.
    @Test(
        "SQLite refuses to replace audit entries or heads even without recursive triggers",
        arguments: [
            "REPLACE INTO audit_log SELECT * FROM audit_log",
            "INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log WHERE workspace_id = $1",
            // Replaces a row by its id, by its position in the chain, and by SQLite's own rowid.
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

    /// The head shows that deleted last entries are missing, so it must not move back.
    @Test(
        "The head of a chain can't be deleted or moved back",
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

    @Test("An audit entry is rolled back together with the change that it describes")
    func anEntryGoesWithItsEffect() throws {
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

    @Test("A workspace without a chain takes no entry") func aWorkspaceWithoutAChainTakesNoEntry() throws {
        let store = try TestStore()
        #expect(throws: StoreError.self) {
            try AuditLog(store.database, workspaceID: .random()).append(AuditEntry(action: "x"))
        }
    }
}
