import Base
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite(.usesStore) struct MigrationTests {
    /// Returns the descriptions of the objects that migrations make: all in SQLite; columns, indexes and policies in
    /// PostgreSQL.
    private func schema(_ database: any Database) throws -> [String] {
        guard TestStore.Engine.ofThisRun == .postgreSQL else {
            return try database.rows("SELECT coalesce(sql, name) FROM sqlite_master ORDER BY type, name") { try $0[0] }
        }
        return try database.rows(
            """
            SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable
            FROM information_schema.columns WHERE table_schema = 'thalian'
            UNION ALL SELECT indexdef FROM pg_catalog.pg_indexes WHERE schemaname = 'thalian'
            UNION ALL SELECT tablename || ' ' || policyname FROM pg_catalog.pg_policies
            ORDER BY 1
            """
        ) { try $0[0] }
    }

    /// Returns the names of the tables, with true for those that have a workspace in every row.
    private func tables(_ database: any Database) throws -> [String: Bool] {
        let sql: SQL =
            TestStore.Engine.ofThisRun == .postgreSQL
            ? """
            SELECT relname, EXISTS (SELECT 1 FROM pg_catalog.pg_attribute
                WHERE attrelid = pg_class.oid AND attname = 'workspace_id' AND attnotnull)
            FROM pg_catalog.pg_class WHERE relnamespace = CAST('thalian' AS pg_catalog.regnamespace)
                AND relkind = 'r' AND relname <> 'counters'
            """
            : """
            SELECT name, EXISTS (SELECT 1 FROM pragma_table_info(sqlite_master.name)
                WHERE name = 'workspace_id' AND ("notnull" OR pk))
            FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
            """
        return Dictionary(
            uniqueKeysWithValues: try database.rows(sql) { (try $0[0] as String, try $0[1] as Bool) })
    }

    @Test("Migrating an empty database makes it current") func aNewDatabaseBecomesCurrent() throws {
        let empty = try EmptyDatabase()
        let database = empty.connect()
        #expect(try !database.isCurrent())
        try database.migrate()
        #expect(try database.isCurrent())
        #expect(try empty.connect().isCurrent())
    }

    @Test("Migrating a second time changes nothing") func aSecondTimeChangesNothing() throws {
        let store = try TestStore()
        let before = try schema(store.database)
        #expect(before.count > 50)
        try store.database.migrate()
        try store.connect().migrate()
        #expect(try schema(store.database) == before)
        let runs = try store.database.rows("SELECT version FROM schema_migrations ORDER BY version") {
            try $0[0] as Int
        }
        #expect(runs == Migration.all.map(\.version))
        #expect(try store.database.first("SELECT count(*) FROM workspaces") { try $0[0] as Int } == 2)
    }

    /// Jobs that waited, ran or had died before the fair queue existed keep their state in it.
    @Test("Jobs of the old queue are carried over into the fair queue") func jobsAreTakenOverIntoTheFairQueue() throws {
        let empty = try EmptyDatabase()
        let database = empty.connect()
        try database.migrate(upTo: 1)
        let (workspace, integration) = (Identifier.random(), Identifier.random())
        try database.execute(
            "INSERT INTO workspaces (id, name, plan, created_at) VALUES ($1, 'A', 'pro', $2)", workspace, TestStore.now)
        try database.execute(
            """
            INSERT INTO integrations (id, workspace_id, platform, category, status, next_auto_sync_at, created_at)
            VALUES ($1, $2, 'okta', 'idp', 'connected', $3, $3)
            """, integration, workspace, TestStore.now)
        let sync: JSON = ["integration_id": .string(integration.description)]
        let standIn: JSON = ["integration_id": .string(integration.description), "stand_in": "yes"]
        for (kind, payload, status, attempts) in [
            ("sync", sync, "queued", 2), ("sync", sync, "dead", 8), ("sync", sync, "completed", 1),
            ("sync", standIn, "queued", 0), ("remediation", [:], "running", 3), ("remediation", [:], "queued", 0),
            ("remediation", [:], "queued", 0),
        ] as [(String, JSON, String, Int)] {
            try database.execute(
                """
                INSERT INTO jobs (id, workspace_id, kind, payload, status, attempts, run_after, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
                """, Identifier.random(), workspace, kind, payload, status, attempts, TestStore.now)
        }
        try database.migrate()
        #expect(try database.isCurrent())
        let jobs = try database.rows(
            "SELECT lane, state, attempts, claim_no, unique_key FROM jobs ORDER BY lane, attempts"
        ) { row in "\(row.text(0)) \(row.text(1)) \(row.integer(2)) \(row.integer(3)) \(row.text(4))" }
        #expect(
            jobs == [
                "remediation waiting 0 0 ", "remediation waiting 0 0 ", "remediation running 3 3 ",
                "sync:okta waiting 2 2 sync \(integration)",
            ])
        #expect(
            try database.rows("SELECT lane, attempts FROM dead_jobs") { "\($0.text(0)) \($0.integer(1))" }
                == ["sync:okta 8"])
        #expect(try database.rows("SELECT clock FROM job_shares") { try $0[0] as Int } == [0])
    }

    /// Records a migration that this build does not know.
    private func add(_ version: Int, oldestBuild: Int?, to store: TestStore) throws {
        try store.database.execute(
            "INSERT INTO schema_migrations (version, name, applied_at, oldest_build) VALUES ($1, 'later', $2, $3)",
            version, TestStore.now, oldestBuild)
        if TestStore.Engine.ofThisRun == .sqlite {
            try store.database.execute(SQL(text: "PRAGMA user_version = \(version)"))
        }
    }

    @Test("A build serves a newer schema as long as all later migrations are additive") func newerSchemas() throws {
        let store = try TestStore()
        let own = SchemaState.ofThisBuild
        try add(own + 1, oldestBuild: nil, to: store)
        #expect(try store.connect().schemaState() == .newer(own + 1))
        #expect(try store.connect().schemaState().canBeServed && !store.connect().isCurrent())
        // Migrating with the older build changes nothing.
        try store.connect().migrate()
        #expect(try store.connect().schemaState() == .newer(own + 1))
        try add(own + 2, oldestBuild: own + 2, to: store)
        #expect(try store.connect().schemaState() == .tooNew(own + 2, needs: own + 2))
        // A later additive migration does not make the database usable again.
        try add(own + 3, oldestBuild: nil, to: store)
        let state = try store.connect().schemaState()
        #expect(state == .tooNew(own + 3, needs: own + 2) && !state.canBeServed)
        #expect(state.problem?.contains("needs a build of version \(own + 2) or later") == true)
    }

    @Test("A build does not serve an older schema, and says that it must be migrated") func olderSchemas() throws {
        let empty = try EmptyDatabase()
        let database = empty.connect()
        #expect(try database.schemaState() == .missing)
        for version in 1..<SchemaState.ofThisBuild {
            try database.migrate(upTo: version)
            let state = try database.schemaState()
            #expect(state == .older(version) && !state.canBeServed)
            #expect(state.problem?.contains("local-runner migrate") == true)
        }
        try database.migrate()
        #expect(try database.schemaState() == .current)
    }

    @Test("A migration records its oldest build if it is not additive and not older than such records")
    func recordsTheOldestBuild() throws {
        let store = try TestStore()
        let recorded = try store.database.rows("SELECT version, oldest_build FROM schema_migrations ORDER BY version") {
            (try $0[0] as Int, try $0[1] as Int?)
        }
        for (version, oldest) in recorded {
            let migration = try #require(Migration.all.first { $0.version == version })
            let expected = version >= Migration.firstWithRanges ? migration.oldestBuild : nil
            #expect(oldest == expected, "\(version)")
        }
        #expect(Migration(version: 12, name: "", isAdditive: true, steps: []).oldestBuild == nil)
        #expect(Migration(version: 12, name: "", steps: []).oldestBuild == 12)
    }

    /// Additive migrations make tables and indexes, add columns that old statements need not name, and fill columns that
    /// they have added.
    @Test("A migration that is marked additive only adds") func additiveMigrationsOnlyAdd() {
        for migration in Migration.all where migration.isAdditive {
            for case .sql(let sql) in migration.steps {
                let adds =
                    ["CREATE TABLE ", "CREATE INDEX "].contains { sql.text.hasPrefix($0) }
                    || sql.text.hasPrefix("ALTER TABLE ") && sql.text.contains(" ADD COLUMN ")
                        && (!sql.text.contains("NOT NULL") || sql.text.contains("DEFAULT"))
                    || sql.text.hasPrefix("UPDATE audit_heads SET is_closed")
                    || sql.text.hasPrefix("UPDATE identities SET suspended_at")
                    || sql.text.hasPrefix("UPDATE accounts SET admin_since")
                #expect(adds, "\(migration.version): \(sql.text)")
            }
        }
    }

    @Test("Many connections that migrate at once apply each migration once") func manyAtOnceMigrateOnce() throws {
        let empty = try EmptyDatabase()
        let connect = empty.connect
        let failures = Mutex<[String]>([])
        let threads = Threads(count: 8) { _ in
            do {
                let database = connect()
                try database.migrate()
                if try !database.isCurrent() { failures.withLock { $0.append("not current") } }
                database.close()
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        threads.join()
        #expect(failures.withLock { $0 } == [])
        let database = connect()
        #expect(
            try database.rows("SELECT version FROM schema_migrations ORDER BY version") { try $0[0] as Int }
                == Migration.all.map(\.version))
        #expect(try database.first("SELECT count(*) FROM workspaces") { try $0[0] as Int } == 0)
    }

    /// An action that has not ended still needs its PIN.
    @Test("A migration erases the PINs of Jamf Pro's ended actions") func thePINsOfEndedActionsAreErased() throws {
        let store = try TestStore()
        for (status, platform) in [("succeeded", "jamf_pro"), ("pending_approval", "jamf_pro"), ("failed", "jira")] {
            try store.database.execute(
                """
                INSERT INTO remediation_actions (workspace_id, id, action_type, target_platform, target_entity_id,
                    extra_params, status, requested_by, created_at, updated_at)
                VALUES ($1, $2, 'lock_device', $3, 'x', '{"a":"1"}', $4, 'admin', $5, $5)
                """, store.own.id, store.own.nextID(), platform, status, TestStore.now)
        }
        let migration = try #require(Migration.all.first { $0.name == "no PINs of ended actions" })
        for case .sql(let sql) in migration.steps { try store.database.execute(sql) }
        let left = try store.database.rows("SELECT status FROM remediation_actions WHERE extra_params <> '{}'") {
            try $0[0] as String
        }
        #expect(Set(left) == ["pending_approval", "failed"])
    }

    @Test("A migration erases the secrets of Jamf Pro's cancelled actions") func theSecretsOfCancelledActionsAreErased()
        throws
    {
        let store = try TestStore()
        for (status, platform) in [("cancelled", "jamf_pro"), ("queued", "jamf_pro"), ("cancelled", "jira")] {
            try store.database.execute(
                """
                INSERT INTO remediation_actions (workspace_id, id, action_type, target_platform, target_entity_id,
                    extra_params, status, requested_by, created_at, updated_at)
                VALUES ($1, $2, 'lock_device', $3, 'x', '{"pin":{"sealed":"x"}}', $4, 'admin', $5, $5)
                """, store.own.id, store.own.nextID(), platform, status, TestStore.now)
        }
        let migration = try #require(Migration.all.first { $0.name.hasSuffix("no secrets of cancelled actions") })
        for case .sql(let sql) in migration.steps where sql.text.hasPrefix("UPDATE") { try store.database.execute(sql) }
        let left = try store.database.rows(
            "SELECT status || ' ' || target_platform FROM remediation_actions WHERE extra_params <> '{}'"
        ) { try $0[0] as String }
        #expect(Set(left) == ["queued jamf_pro", "cancelled jira"])
    }

    /// The rows that unfinished syncs have staged have a form that this build does not read.
    @Test("A migration ends unfinished syncs, and functions of older builds can stage nothing more")
    func unfinishedSyncsAreEnded() throws {
        let empty = try EmptyDatabase()
        let database = empty.connect()
        try database.migrate(upTo: 9)
        let (workspace, integration) = (Identifier.random(), Identifier.random())
        try database.execute(
            "INSERT INTO workspaces (id, name, plan, created_at) VALUES ($1, 'A', 'pro', $2)", workspace, TestStore.now)
        try database.execute(
            """
            INSERT INTO integrations (id, workspace_id, platform, category, status, next_auto_sync_at, created_at)
            VALUES ($1, $2, 'okta', 'idp', 'connected', $3, $3)
            """, integration, workspace, TestStore.now)
        let position: JSON = ["events_since": "2026-04-01T00:00:00Z", "is_pulled": true]
        for (status, finished, position) in [
            ("in_progress", nil, position), ("completed", TestStore.now + 1, nil),
            ("in_progress", TestStore.now + 2, position),
        ] as [(String, Timestamp?, JSON?)] {
            let run = Identifier.random()
            try database.execute(
                """
                INSERT INTO sync_runs (workspace_id, id, integration_id, status, started_at, finished_at, lease_token,
                    lease_expires_at, position)
                VALUES ($1, $2, $3, $4, $5, $6, $2, $5, $7)
                """, workspace, run, integration, status, TestStore.now, finished, position)
            for kind in ["account", "kept account", "gone account", "identity"] {
                try database.execute(
                    """
                    INSERT INTO sync_staged (workspace_id, sync_run_id, kind, external_id, entity_id, record, fingerprint)
                    VALUES ($1, $2, $3, 'x', $2, '{}', '')
                    """, workspace, run, kind)
            }
        }
        try database.migrate()
        #expect(try database.isCurrent())
        let runs = try database.rows(
            """
            SELECT status, finished_at, lease_token IS NULL OR status = 'completed', position IS NULL FROM sync_runs
            ORDER BY finished_at
            """
        ) { row in
            let seconds = (try row[1] as Timestamp).seconds - TestStore.now.seconds
            return "\(row.text(0)) \(seconds) \(try row[2] as Bool) \(try row[3] as Bool)"
        }
        #expect(runs == ["failed 0 true true", "completed 1 true true", "failed 2 true true"])
        for table in ["sync_records", "sync_protected", "sync_gone", "sync_identities"] as [SQL] {
            #expect(try database.first("SELECT count(*) FROM \(table)") { try $0[0] as Int } == 0)
        }
        #expect(throws: StoreError.self) { try database.execute("DELETE FROM sync_staged") }
        #expect(!Schema.tables.contains("sync_staged"))
        #expect(try database.oldestBuild() == 10)
    }

    @Test("Migrations are numbered without gaps") func versionsAreNumberedWithoutGaps() {
        #expect(Migration.all.map(\.version) == Array(1...Migration.all.count))
    }

    /// Every query relies on the workspace column. The exceptions are the workspaces themselves and rows that belong to
    /// no workspace, such as the public keys of session tokens.
    @Test("Every table has a workspace column, except the listed ones") func everyTableBelongsToAWorkspace() throws {
        let store = try TestStore()
        let tables = try tables(store.database)
        for (table, hasWorkspace) in tables
        where !["workspaces", "schema_migrations", "session_key_sets"].contains(table) {
            #expect(hasWorkspace, "\(table)")
        }
        #expect(tables.count > 20)
    }
}
