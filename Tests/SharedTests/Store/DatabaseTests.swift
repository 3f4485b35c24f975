import Base
import Store
import TestSupport
import Testing

/// Behaviour that both database engines share.
@Suite(.usesStore) struct DatabaseTests {
    private struct Stop: Error {}

    @Test("A transaction is committed as a whole or rolled back as a whole")
    func aTransactionIsWholeOrNothing() throws {
        let store = try TestStore()
        let (database, id) = (store.database, store.own.id)
        func names() throws -> [String] { try store.connect().rows("SELECT name FROM workspaces") { try $0[0] } }
        let before = try names()
        #expect(throws: Stop.self) {
            try database.transaction(.write) {
                try database.execute("UPDATE workspaces SET name = 'changed' WHERE id = $1", id)
                throw Stop()
            }
        }
        #expect(try names() == before)
        #expect(throws: StoreError.self) {
            try database.transaction(.write) {
                try database.execute("UPDATE workspaces SET name = 'changed' WHERE id = $1", id)
                try database.execute("UPDATE workspaces SET plan = 'gold' WHERE id = $1", id)
            }
        }
        #expect(try names() == before)
        // A nested transaction joins the outer one.
        #expect(throws: Stop.self) {
            try database.transaction(.write) {
                _ = try database.transaction(.write) {
                    try database.execute("UPDATE workspaces SET name = 'changed' WHERE id = $1", id)
                }
                throw Stop()
            }
        }
        #expect(try names() == before)
        let result = try database.transaction(.write) {
            try database.execute("UPDATE workspaces SET name = 'changed' WHERE id = $1", id)
        }
        #expect(result == 1)
        #expect(try names() != before)
    }

    @Test("A statement returns the number of rows that it changed, which is 0 for a query")
    func onlyChangesAreCounted() throws {
        let store = try TestStore()
        let (database, id) = (store.database, store.own.id)
        let change: SQL = "UPDATE workspaces SET name = 'changed' WHERE id = $1"
        #expect(try database.execute(change, id) == 1)
        #expect(try database.execute("SELECT id FROM workspaces") == 0)
        #expect(try database.execute("WITH all_of_them AS (SELECT id FROM workspaces) SELECT id FROM all_of_them") == 0)
        #expect(try database.execute(change, Identifier.random()) == 0)
        #expect(try database.execute("CREATE TABLE other_names (name text)") == 0)
        #expect(try database.execute("INSERT INTO other_names VALUES ('a'), ('b'), ('c')") == 3)
        // A query that changes something for each of its rows has changed nothing itself.
        let changed = try database.run("SELECT name FROM other_names", []) { _ in try database.execute(change, id) }
        #expect(changed == 0)
        #expect(try database.execute("DELETE FROM other_names RETURNING name") == 3)
    }

    @Test("A read transaction sees one state of the database, whatever others commit")
    func aReadTransactionSeesOneState() throws {
        let store = try TestStore()
        let writer = store.connect()
        func count() throws -> Int? { try store.database.first("SELECT count(*) FROM app_policies") { try $0[0] } }
        try store.database.transaction(.read) {
            #expect(try count() == 0)
            try writer.execute(
                """
                INSERT INTO app_policies (workspace_id, app_name, app_name_folded, status, updated_at)
                VALUES ($1, 'x', 'x', 'blocked', $2)
                """, store.own.id, TestStore.now)
            #expect(try count() == 0)
        }
        #expect(try count() == 1)
    }

    /// The same temporary table can be made repeatedly, also by a process that serves several requests.
    @Test("A snapshot's temporary tables show one state and disappear at its end")
    func whatASurveyKeepsIsOneStateAndGoneAfterwards() throws {
        let store = try TestStore()
        let writer = store.connect()
        let owners = TemporaryTable(
            "owners", key: "user_id",
            "SELECT user_id, email FROM members WHERE workspace_id = $1 AND role = 'super_admin'")
        func count() throws -> Int? { try store.database.first("SELECT count(*) FROM owners") { try $0[0] } }
        for expected in [1, 0] {
            try store.database.transaction(.snapshot) {
                try store.database.materialize(owners, [store.own.id.sqlValue])
                #expect(try count() == expected)
                try writer.execute("UPDATE members SET role = 'viewer' WHERE workspace_id = $1", store.own.id)
                #expect(try count() == expected)
                let same = try store.database.first(
                    "SELECT count(*) FROM members WHERE workspace_id = $1 AND role = 'super_admin'", store.own.id
                ) { try $0[0] as Int }
                #expect(same == expected)
            }
            #expect(throws: StoreError.self) { try count() }
        }
        #expect(throws: Stop.self) {
            try store.database.transaction(.snapshot) {
                try store.database.materialize(owners, [store.own.id.sqlValue])
                throw Stop()
            }
        }
        #expect(throws: StoreError.self) { try count() }
        // Within a transaction the table also disappears when the snapshot ends.
        try store.database.transaction(.write) {
            for _ in 0..<2 {
                try store.database.transaction(.snapshot) {
                    try store.database.materialize(owners, [store.own.id.sqlValue])
                    #expect(try count() == 0)
                }
            }
        }
    }

    @Test("Foreign keys are enforced on every connection") func foreignKeysHold() throws {
        let store = try TestStore()
        let stranger = Identifier.random()
        for database in [store.database, store.connect()] {
            let error = #expect(throws: StoreError.self) {
                try database.execute(
                    """
                    INSERT INTO app_policies (workspace_id, app_name, app_name_folded, status, updated_at)
                    VALUES ($1, 'x', 'x', 'blocked', $2)
                    """, stranger, TestStore.now)
            }
            guard case .constraint = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("A closed database opens again when it is used") func aClosedDatabaseOpensAgain() throws {
        let store = try TestStore()
        store.database.close()
        #expect(try store.database.isCurrent())
    }

    @Test("A statement may run again while its own rows are being read") func aStatementMayRunWithinItself() throws {
        let store = try TestStore()
        let sql: SQL = "SELECT role FROM members WHERE workspace_id = $1 AND role >= $2 ORDER BY role"
        var seen: [[String]] = []
        try store.database.run(sql, [store.own.id.sqlValue, .text("super_admin")]) { row in
            let outer = try row[0] as String
            seen.append([outer] + (try store.database.rows(sql, store.own.id, outer) { try $0[0] as String }))
        }
        #expect(seen == [["super_admin", "super_admin", "viewer"], ["viewer", "viewer"]])
    }
}
