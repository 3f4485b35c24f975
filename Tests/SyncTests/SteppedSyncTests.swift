@_spi(System) import Auth
import Base
import Connectors
import HTTP
import Synchronization
import TestSupport
import Testing

@testable import Store
@testable import Sync

/// Syncs that are applied in steps are interrupted before each row that they would write. Readers see the old inventory
/// or the new one, never a mixture. PostgreSQL applies a sync in one transaction.
@Suite(.enabled(if: TestStore.Engine.ofThisRun == .sqlite, "PostgreSQL has no steps"), .usesStore)
struct SteppedSyncTests {
    /// A company that has been synced, and whose directory has changed much since.
    private final class Company {
        let sync: SyncCase
        let okta: TestProvider
        let github: TestProvider
        /// A second connection, in place of one of another process.
        let observer: any Database

        init() throws {
            (sync, okta, github) = try AppliedBothWays.$inSteps.withValue(true) {
                let sync = try SyncCase()
                return (sync, try sync.connect("okta"), try sync.connect("github"))
            }
            observer = sync.store.connect()
            okta["users"] = (0..<5).map { account("o\($0)", "a\($0)@example.com", name: "Person \($0)") }
            okta["applications"] = [application("kept"), application("gone")]
            okta["assignments"] = [entitlement("o0", "kept"), entitlement("o1", "gone"), entitlement("o2", "kept")]
            okta["keys"] = [.accessKey(AccessKeyRecord(externalID: "k", kind: .deployKey, canWrite: true))]
            okta["devices"] = ["d0", "d1"].map { SteppedSyncTests.device($0, owner: "o0") }
            okta["events"] = [event("e0", by: "o0")]
            github["members"] = [
                account("g0", "a0@example.com"), account("g1") { $0.linkedEmails = ["a1@example.com"] },
                account("g2", "private@example.com"), account("gone", "b@example.com"),
            ]
            try sync.sync("okta")
            try sync.sync("github")
            // Two users swap addresses, one has a new address, one is gone, one is new, and more.
            okta["users"] = [
                account("o0", "a1@example.com", name: "Person 0"), account("o1", "a0@example.com", name: "Person 1"),
                account("o2", "c@example.com", name: "Another name") { $0.managerExternalID = "o0" },
                account("o4", "a4@example.com", name: "Person 4"), account("new", "new@example.com"),
            ]
            okta["applications"] = [application("kept", name: "Renamed"), application("new")]
            okta["assignments"] = [
                entitlement("o0", "kept", role: "admin"), entitlement("o2", "new"), entitlement("o1", "gone"),
            ]
            okta["devices"] = [
                SteppedSyncTests.device("d1", owner: "o1"), SteppedSyncTests.device("d2", owner: "new"),
            ]
            okta["events"] = [event("e0", by: "o0"), event("e1", by: "new"), event("e2", by: "o2")]
        }

        /// Returns the inventory as a reader sees it, as texts without generated ids.
        func inventory(_ database: (any Database)? = nil) throws -> [String] {
            try (database ?? observer).transaction(.read) {
                try SteppedSyncTests.inventory.flatMap { name, sql in
                    try (database ?? observer).rows(sql, sync.store.own.id) { row in
                        name + ": " + (0..<row.columnCount).map(row.text).joined(separator: " | ")
                    }
                }
            }
        }

        /// Makes a sync fail before it writes the row of this number, counted from 0.
        func failAfter(_ rows: Int) throws {
            try sync.store.database.execute("CREATE TABLE interruption AS SELECT CAST($1 AS integer) AS rows", rows)
            try sync.store.database.execute(
                """
                CREATE TRIGGER interrupts BEFORE INSERT ON unfinished_rows
                WHEN (SELECT count(*) FROM unfinished_rows) >= (SELECT rows FROM interruption)
                BEGIN SELECT RAISE(ABORT, 'interrupted'); END
                """)
        }

        func goOn() throws { try sync.store.database.execute("DROP TRIGGER interrupts") }

        /// A connection that sees the tables themselves, not the views over them.
        var raw: any Database {
            let database = SQLiteDatabase(path: sync.store.path)
            database.seesUnfinishedChanges = true
            return database
        }
    }

    private static let inventory: [(String, SQL)] = [
        (
            "account",
            """
            SELECT integrations.platform, accounts.external_id, accounts.email, accounts.display_name, accounts.status,
                accounts.manager_email, identities.display_name
            FROM accounts JOIN integrations ON integrations.id = accounts.integration_id
                LEFT JOIN identities ON identities.id = accounts.identity_id
            WHERE accounts.workspace_id = $1 ORDER BY 1, 2
            """
        ),
        (
            "identity",
            """
            SELECT display_name, email, status, identity_type FROM identities WHERE workspace_id = $1
            ORDER BY display_name, email
            """
        ),
        (
            "tally",
            """
            SELECT status, identity_type, sum(count) FROM identity_tallies WHERE workspace_id = $1 GROUP BY 1, 2
            HAVING sum(count) <> 0 ORDER BY 1, 2
            """
        ),
        (
            "application tally",
            """
            SELECT is_managed, sum(count) FROM application_tallies WHERE workspace_id = $1 GROUP BY 1
            HAVING sum(count) <> 0 ORDER BY 1
            """
        ),
        (
            "application",
            "SELECT external_id, name FROM applications WHERE workspace_id = $1 ORDER BY 1"
        ),
        (
            "entitlement",
            """
            SELECT entitlements.external_id, entitlements.role, accounts.external_id, identities.display_name
            FROM entitlements JOIN accounts ON accounts.id = entitlements.account_id
                LEFT JOIN identities ON identities.id = entitlements.identity_id
            WHERE entitlements.workspace_id = $1 ORDER BY 1
            """
        ),
        (
            "link",
            """
            SELECT accounts.external_id, account_links.email FROM account_links
                JOIN accounts ON accounts.id = account_links.account_id
            WHERE account_links.workspace_id = $1 ORDER BY 1, 2
            """
        ),
        (
            "device",
            """
            SELECT devices.external_id, identities.display_name FROM devices
                LEFT JOIN identities ON identities.id = devices.identity_id
            WHERE devices.workspace_id = $1 ORDER BY 1
            """
        ),
        (
            "event",
            """
            SELECT audit_events.external_id, identities.display_name FROM audit_events
                LEFT JOIN identities ON identities.id = audit_events.identity_id
            WHERE audit_events.workspace_id = $1 ORDER BY 1
            """
        ),
    ]

    private static func device(_ id: String, owner: String) -> SyncRecord {
        var device = DeviceRecord(externalID: id, hostname: "mac-" + id)
        device.ownerExternalID = owner
        return .device(device)
    }

    private func count(_ table: SQL, _ company: Company) throws -> Int {
        try company.sync.store.database.first("SELECT count(*) FROM \(table)") { try $0[0] as Int } ?? -1
    }

    /// Returns the changes that the last completed sync has recorded.
    private func changes(_ company: Company) throws -> [String] {
        try company.sync.store.database.rows(
            """
            SELECT change, entity_type, label FROM sync_events WHERE sync_run_id = (
                SELECT id FROM sync_runs WHERE status = 'completed' ORDER BY finished_at DESC LIMIT 1) ORDER BY 1, 2, 3
            """
        ) { row in (0..<3).map(row.text).joined(separator: " ") }
    }

    /// Returns the details of the audit log's last entry about a completed sync.
    private func logged(_ company: Company) throws -> String {
        try company.sync.store.database.first(
            """
            SELECT details FROM audit_log WHERE action = 'integration.synced' ORDER BY sequence_number DESC LIMIT 1
            """
        ) { $0.text(0) } ?? ""
    }

    @Test("A sync in steps has the same result as one transaction, wherever it is interrupted")
    func itComesToTheSameAsInOneTransactionWhereverItIsInterrupted() throws {
        let reference = try Company()
        let old = try reference.inventory()
        reference.sync.applyInOneTransaction("okta")
        try reference.sync.sync("okta")
        let new = try reference.inventory()
        #expect(old != new)
        var interruptions = 0
        while true {
            let company = try Company()
            #expect(try company.inventory() == old)
            try company.failAfter(interruptions)
            do {
                try company.sync.sync("okta")
                break
            } catch {}
            #expect(try company.inventory() == old, "after \(interruptions) rows")
            #expect(try interruptions == 0 || company.inventory(company.raw) != old)
            try company.goOn()
            // The next call continues the sync, as another process would.
            #expect(try company.sync.sync("okta").status == .completed)
            #expect(try company.inventory() == new, "after \(interruptions) rows")
            #expect(try changes(company) == changes(reference), "after \(interruptions) rows")
            #expect(try logged(company) == logged(reference), "after \(interruptions) rows")
            #expect(try count("unfinished_changes", company) == 0 && count("unfinished_rows", company) == 0)
            #expect(try company.sync.stagedRows() == 0)
            interruptions += 1
        }
        #expect(interruptions > 20)
    }

    @Test("A change that will not be finished is undone") func whatNobodyWillFinishIsUndone() throws {
        var interruptions = 1
        while true {
            let company = try Company()
            let old = try company.inventory()
            try company.failAfter(interruptions)
            do {
                try company.sync.sync("okta")
                break
            } catch {}
            try company.goOn()
            if interruptions % 2 == 0 {
                // The integration of the unfinished sync was disconnected, and housekeeping runs.
                try company.sync.store.database.execute(
                    "UPDATE integrations SET status = 'disconnected' WHERE id = $1", company.sync.id("okta"))
                try company.sync.workspace.undoAbandonedSync(now: company.sync.clock)
            } else {
                // The sync was abandoned, and another platform is synced.
                for run in try company.sync.workspace.unfinishedSyncs(of: company.sync.id("okta")) {
                    try company.sync.workspace.endSync(run, error: nil, at: company.sync.clock)
                }
                try company.sync.sync("github")
            }
            #expect(try count("unfinished_changes", company) == 0 && count("unfinished_rows", company) == 0)
            #expect(try company.inventory() == old, "after \(interruptions) rows")
            #expect(try company.inventory(company.raw) == old, "after \(interruptions) rows")
            interruptions += 1
        }
        #expect(interruptions > 20)
    }

    /// The migration removes the rows that the sync has staged.
    @Test("A sync that a migration ends while it is applied in steps is undone, and starts again")
    func migrated() throws {
        let reference = try Company()
        let old = try reference.inventory()
        try reference.sync.sync("okta")
        let company = try Company()
        try company.failAfter(15)
        #expect(throws: StoreError.self) { try company.sync.sync("okta") }
        try company.goOn()
        try company.sync.endUnfinishedSyncsByMigration()
        #expect(try company.inventory() == old && company.inventory(company.raw) != old)
        #expect(try company.sync.sync("okta").status == .completed)
        #expect(try company.inventory() == reference.inventory())
        #expect(try changes(company) == changes(reference))
        #expect(try count("unfinished_changes", company) == 0 && company.sync.stagedRows() == 0)
    }

    @Test("An integration that is disconnected while its sync is applied gets no records")
    func anIntegrationThatIsDisconnectedWhileItIsAppliedGetsNothing() throws {
        let company = try Company()
        let old = try company.inventory()
        try company.sync.store.database.execute(
            """
            CREATE TRIGGER disconnects AFTER INSERT ON unfinished_rows WHEN NEW.table_name = 'entitlements'
            BEGIN UPDATE integrations SET status = 'disconnected' WHERE platform = 'okta'; END
            """)
        let error = #expect(throws: SyncError.self) { try company.sync.sync("okta") }
        #expect(error?.status == 404)
        #expect(try company.inventory(company.raw) == old)
        #expect(try count("unfinished_changes", company) == 0 && company.sync.stagedRows() == 0)
    }

    @Test("Another sync of the workspace waits until the unfinished change is complete")
    func anotherSyncOfTheWorkspaceWaitsForItsTurn() throws {
        let company = try Company()
        try company.failAfter(10)
        #expect(throws: StoreError.self) { try company.sync.sync("okta") }
        try company.goOn()
        let before = try company.inventory(company.raw)
        company.sync.applyInOneTransaction("github")
        #expect(try company.sync.sync("github").status == .inProgress)
        #expect(try company.inventory(company.raw) == before)
        #expect(try company.sync.sync("okta").status == .completed)
        #expect(try company.sync.sync("github").status == .completed)
    }

    /// A change in steps hides the tables behind views, which can't be written; a sync of another workspace writes to
    /// the tables.
    @Test("A sync of another workspace is applied during an unfinished change", arguments: [false, true])
    func aSyncOfAnotherWorkspaceIsApplied(inSteps: Bool) throws {
        let company = try Company()
        let old = try company.inventory()
        try company.failAfter(10)
        #expect(throws: StoreError.self) { try company.sync.sync("okta") }
        try company.goOn()
        let other = try SyncCase(company.sync.store.other.id, in: company.sync.store)
        let okta = try AppliedBothWays.$inSteps.withValue(inSteps) { try other.connect("okta") }
        okta["users"] = [account("former", "x@example.com")]
        #expect(try other.sync("okta").status == .completed)
        okta["users"] = [account("x", "x@example.com") { ($0.username, $0.formerExternalID) = ("former", "former") }]
        #expect(try other.sync("okta").status == .completed)
        #expect(try other.list("SELECT external_id FROM accounts WHERE workspace_id = $1") == ["x"])
        let seen = try company.observer.rows(
            "SELECT external_id FROM accounts WHERE workspace_id = $1", other.workspace.id
        ) { $0.text(0) }
        #expect(seen == ["x"])
        #expect(try company.inventory() == old)
        #expect(try company.sync.sync("okta").status == .completed)
        #expect(try company.inventory() != old)
    }

    /// Old events are deleted, except those of a workspace whose inventory is being changed.
    @Test("Retention skips a workspace whose inventory is being changed")
    func retentionLeavesAloneWhatIsBeingChanged() throws {
        let company = try Company()
        let store = company.sync.store
        try store.own.set(plan: .free)
        try store.other.set(plan: .free)
        try company.failAfter(10)
        #expect(throws: StoreError.self) { try company.sync.sync("okta") }
        try company.goOn()
        let other = try SyncCase(store.other.id, in: store)
        let okta = try other.connect("okta")
        okta["events"] = [event("old")]
        try other.sync("okta")
        func events() throws -> [String] {
            try store.database.rows("SELECT external_id FROM audit_events ORDER BY 1") { $0.text(0) }
        }
        #expect(try events() == ["e0", "old"])
        for id in [store.own.id, store.other.id] {
            let workspace = try #require(try SystemAccess(store.database).workspace(id))
            try workspace.pruneSyncedData(now: TestStore.now + .days(30))
        }
        #expect(try events() == ["e0"])
        #expect(try company.sync.sync("okta").status == .completed)
        #expect(try events() == ["e0", "e1", "e2"])
    }

    /// The copy has the inventory from before the change. The copied sync continues there, in one transaction as on
    /// PostgreSQL, or in steps.
    @Test("A copy of the store contains no half-applied change, and the sync continues there", arguments: [0, Int.max])
    func aCopyOfTheStoreHasNoHalfOfAChange(stepsFrom: Int) throws {
        let company = try Company()
        let old = try company.inventory()
        try company.failAfter(15)
        #expect(throws: StoreError.self) { try company.sync.sync("okta") }
        try company.sync.store.database.execute("DROP TRIGGER interrupts")
        let folder = try TemporaryFolder()
        let copy = SQLiteDatabase(path: folder.path("copy.db"), creates: true)
        _ = try StoreCopy(from: company.sync.store.database, to: copy).run { _ in }
        #expect(try company.inventory(copy) == old)
        var (id, _, tools) = try #require(company.sync.providers["okta"])
        tools.stepsFrom = stepsFrom
        let now = company.sync.clock + 1
        let workspace = try #require(try SystemAccess(copy).workspace(company.sync.workspace.id))
        #expect(
            try workspace.sync(id, with: tools, SyncTime(pull: 60, all: 80), now: { now }).status == .completed)
        try company.sync.sync("okta")
        #expect(try company.inventory(copy) == company.inventory())
        #expect(try company.inventory() != old)
    }

    /// SQLite does not know that a workspace has many accounts: a step that looked for its rows by workspace would
    /// block other writers for long, and all steps together would take quadratic time.
    @Test("Each step looks up its rows by key") func aStepLooksForItsRowsByTheirKeys() throws {
        let company = try Company()
        let recorder = RecordingDatabase(company.sync.store.database)
        let workspace = try #require(try SystemAccess(recorder).workspace(company.sync.store.own.id))
        company.okta["keys"] = []
        company.github["members"] = [
            account("g0", "a0@example.com"), account("g1") { $0.linkedEmails = ["a4@example.com"] },
        ]
        for (seconds, platform) in ["okta", "github"].enumerated() {
            let (id, _, tools) = try #require(company.sync.providers[platform])
            let now = company.sync.clock + 1 + seconds
            _ = try workspace.sync(id, with: tools, SyncTime(pull: 60, all: 80), now: { now })
        }
        let steps = recorder.statements.keys.filter { $0.text.contains("json_each($3)") }
        #expect(steps.count > 25)
        for sql in steps {
            let plan = try recorder.plan(of: sql)
            // The step's first search uses a key; only a search for the one run may come before it.
            let loops = plan.filter { $0.hasPrefix("SEARCH") || $0.hasPrefix("SCAN") }
            let first = loops.first { !$0.hasPrefix("SEARCH run ") } ?? ""
            let keys = ["(id=?)", "external_id=?)", "(account_id=?", "identity_id=?)"]
            #expect(keys.contains { first.contains($0) }, "\(sql.text)\n\(plan.joined(separator: "\n"))")
        }
    }

    /// Returns the number of writes of another connection while `body` runs. `body` gets a function that returns the
    /// number so far.
    private func writes(_ company: Company, during body: (_ soFar: @escaping () -> Int) throws -> Void) throws -> Int {
        let (connect, id) = (company.sync.store.connect, company.sync.store.own.id)
        let isDone = Box(false)
        let writes = Mutex(0)
        let writer = Threads(count: 1) { _ in
            let observer = connect()
            while !isDone.value {
                let written = try? observer.execute("UPDATE workspaces SET name = name WHERE id = $1", id)
                writes.withLock { $0 += written ?? 0 }
            }
        }
        defer {
            isDone.value = true
            writer.join()
        }
        try body { writes.withLock { $0 } }
        return writes.withLock { $0 }
    }

    @Test("Another connection writes between the steps of a sync") func othersWriteBetweenItsSteps() throws {
        let company = try Company()
        var counts: [Int] = []
        company.okta["users"] = (0..<300).map { account("m\($0)", "m\($0)@example.com") }
        let all = try writes(company) { soFar in
            company.okta.beforePage = { _ in counts.append(soFar()) }
            try company.sync.sync("okta")
        }
        #expect(all - (try #require(counts.last)) > 20)
    }

    /// Others find the database free only if the process pauses between two statements.
    @Test("Others write while the staged records of a sync are deleted")
    func othersWriteWhileWhatASyncHasLeftIsForgotten() throws {
        let company = try Company()
        let run = try #require(
            try company.sync.store.database.first("SELECT id FROM sync_runs LIMIT 1") { try $0[0] as Identifier })
        try company.sync.store.database.execute(
            """
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)
            INSERT INTO sync_records (workspace_id, sync_run_id, kind, external_id, entity_id, record, fingerprint)
            SELECT $1, $2, 'account', 'x' || n, 'e' || n, '{}', '' FROM numbers
            """, company.sync.store.own.id, run)
        var before = 0
        let all = try writes(company) { soFar in
            before = soFar()
            try company.sync.workspace.forgetStagedRecords()
        }
        #expect(try company.sync.stagedRows() == 0)
        #expect(all - before > 20)
    }
}
