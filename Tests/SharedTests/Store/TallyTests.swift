import Base
import TestSupport
import Testing

@testable import Store

/// Tallies always equal the result of a count, whatever is written and by which connection.
@Suite(.usesStore) struct TallyTests {
    private let store: TestStore

    init() throws { store = try TestStore(filled: true) }

    /// Returns the stored numbers of the tally and the counted ones, as texts `value|…|number`, one for each group
    /// whose number is not 0.
    private func compare(_ tally: Tally, in database: any Database) throws -> (kept: [String], counted: [String]) {
        func lines(_ number: String, _ table: StaticString) throws -> [String] {
            let sql = SQL(
                text: "SELECT \(tally.names()), \(number) FROM \(table) GROUP BY \(tally.names()) HAVING \(number) <> 0"
            )
            return try database.rows(sql) { row in
                (0..<row.columnCount).map { row.isNull($0) ? "null" : row.text($0) }.joined(separator: "|")
            }.sorted()
        }
        return (try lines("sum(count)", tally.table), try lines("count(*)", tally.source))
    }

    private func check(_ database: any Database, _ place: SourceLocation = #_sourceLocation) throws {
        for tally in Schema.tallies {
            let (kept, counted) = try compare(tally, in: database)
            #expect(kept == counted && !counted.isEmpty, "\(tally.table)", sourceLocation: place)
        }
    }

    /// Makes one random change in a workspace.
    private func change(_ workspace: TestWorkspace, _ number: Int) throws {
        let database = store.database
        let status = ["active", "suspended", "deprovisioned"].randomElement() ?? ""
        let mfa = [true, false, nil].randomElement() ?? nil
        switch number % 9 {
        case 0:
            try workspace.addIdentity(
                "p\(number)@example.com", status: status, type: ["user", "admin"].randomElement() ?? "", mfa: mfa)
        case 1:
            try database.execute(
                "UPDATE identities SET mfa_enabled = $2, status = $3 WHERE workspace_id = $1 AND email >= $4",
                workspace.id, mfa, status, "p\(Int.random(in: 0...number))")
        case 2:
            try database.execute(
                "DELETE FROM identities WHERE workspace_id = $1 AND email = $2", workspace.id,
                "p\(Int.random(in: 0...number) / 9 * 9)@example.com")
        case 3:
            try workspace.addFinding(
                ["critical", "low"].randomElement() ?? "", ["shadow_it", "license_waste"].randomElement() ?? "",
                status: ["open", "in_progress", "resolved"].randomElement() ?? "")
        case 4:
            try database.execute(
                "UPDATE findings SET status = $2, title = 'x' WHERE workspace_id = $1 AND severity_rank = $3",
                workspace.id, ["open", "dismissed"].randomElement() ?? "", Int.random(in: 0...4))
        case 5:
            // Analysis updates the same key repeatedly.
            try database.execute(
                """
                INSERT INTO findings (workspace_id, id, finding_key, rule_id, category, title, severity, severity_rank,
                    status, affected_entities, affected_count, recommended_action, source_integrations, confidence,
                    created_at, updated_at, last_seen_at)
                VALUES ($1, $2, 'key', 'r', 'shadow_it', 't', 'low', 3, 'open', '[]', 1, '', '[]', 1, $3, $3, $3),
                    ($1, $4, $5, 'r', 'shadow_it', 't', 'low', 3, 'open', '[]', 1, '', '[]', 1, $3, $3, $3)
                ON CONFLICT (workspace_id, finding_key) DO UPDATE SET severity_rank = $6
                """, workspace.id, Identifier.random(), TestStore.now, Identifier.random(), "key \(number)",
                Int.random(in: 0...4))
        case 6:
            try database.execute(
                "DELETE FROM findings WHERE workspace_id = $1 AND severity_rank = $2", workspace.id,
                Int.random(in: 0...4))
        case 7:
            try database.execute(
                "UPDATE applications SET sso_enabled = $2, is_managed = $3 WHERE workspace_id = $1", workspace.id, mfa,
                Bool.random())
        default:
            // A change that is rolled back must not be counted.
            struct Never: Error {}
            #expect(throws: Never.self) {
                try database.transaction(.write) {
                    try workspace.addIdentity("never\(number)@example.com")
                    throw Never()
                }
            }
        }
    }

    @Test("Tallies equal a count after any changes") func theyAreWhatACountWouldSay() throws {
        try check(store.database)
        for number in 0..<450 {
            try change(number % 2 == 0 ? store.own : store.other, number)
            if number % 50 == 49 { try check(store.database) }
        }
        // After a transaction of at least 100 statements, PostgreSQL adds the tally's rows up.
        try store.database.transaction(.write) {
            for number in 450..<750 { try change(number % 2 == 0 ? store.own : store.other, number) }
            try check(store.database)
        }
        try check(store.database)
        for tally in Schema.tallies {
            let most = try store.database.first(
                SQL(
                    text: """
                        SELECT max(n) FROM (
                            SELECT count(*) AS n FROM \(tally.table) GROUP BY \(tally.names())) AS numbers
                        """)
            ) { try $0[0] as Int }
            #expect(most == 1, "\(tally.table)")
        }
    }

    @Test("A copy of the store has the tallies too") func aCopyHasThemToo() throws {
        for number in 0..<100 { try change(store.own, number) }
        let empty = try EmptyDatabase()
        _ = try StoreCopy(from: store.database, to: empty.connect()).run { _ in }
        let copy = empty.connect()
        try check(copy)
        for tally in Schema.tallies {
            #expect(try compare(tally, in: copy).kept == compare(tally, in: store.database).kept)
        }
    }

    @Test("Many concurrent writers lose no count") func manyWritersAtOnceLoseNothing() throws {
        let connect = store.connect
        let workspace = store.own.id
        let threads = Threads(count: 4) { thread in
            let database = connect()
            for number in 0..<30 {
                try? database.transaction(.write) {
                    try AuditLog(database, workspaceID: workspace).lock()
                    for part in 0..<4 {
                        try database.execute(
                            """
                            INSERT INTO identities (workspace_id, id, email, display_name, status, identity_type,
                                created_at, updated_at) VALUES ($1, $2, $3, '', 'active', 'user', $4, $4)
                            """, workspace, Identifier.random(), "t\(thread)-\(number)-\(part)@example.com",
                            TestStore.now)
                    }
                }
            }
            database.close()
        }
        threads.join()
        let written = try store.database.first("SELECT count(*) FROM identities WHERE email LIKE 't%-%'") {
            try $0[0] as Int
        }
        #expect(written == 480)
        try check(store.database)
    }
}
