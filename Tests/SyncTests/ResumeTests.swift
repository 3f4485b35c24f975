@_spi(System) import Auth
import Base
import Connectors
import Findings
import HTTP
import Integrations
import Jobs
import Store
import Sync
import TestSupport
import Testing

/// Syncs that are interrupted and resumed.
@Suite(.usesStore, .appliedBothWays) struct ResumeTests {
    private let company: SyncCase
    private let okta: TestProvider

    init() throws {
        company = try SyncCase()
        okta = try company.connect("okta")
        okta["users"] = (0..<10).map { account("u\($0)", "u\($0)@example.com") }
        okta["applications"] = [application("a")]
        okta["assignments"] = (0..<10).map { entitlement("u\($0)", "a") }
        okta["events"] = (0..<4).map { event("e\($0)", by: "u\($0)") }
    }

    /// Returns accounts with their persons, applications, entitlements and events as texts.
    private func inventory(_ company: SyncCase) throws -> [String] {
        try company.list(
            """
            SELECT 'account ' || accounts.external_id || ' ' || identities.email FROM accounts
                JOIN identities ON identities.id = accounts.identity_id WHERE accounts.workspace_id = $1
            UNION ALL SELECT 'application ' || external_id FROM applications WHERE workspace_id = $1
            UNION ALL SELECT 'entitlement ' || external_id FROM entitlements WHERE workspace_id = $1
            UNION ALL SELECT 'event ' || external_id FROM audit_events WHERE workspace_id = $1
            ORDER BY 1
            """)
    }

    private static let pages = 4 + 1 + 4 + 2

    @Test("A failure at any page changes no inventory, and the next attempt resumes at that page", arguments: 1...pages)
    func aFailureAtAnyPageChangesNothingAndTheNextTryGoesOn(_ page: Int) throws {
        okta.beforePage = { if $0 == page { throw ConnectorError.provider("It is down.") } }
        #expect(throws: SyncFailure.self) { try company.sync("okta") }
        #expect(try inventory(company) == [])
        #expect(
            try company.list("SELECT status || ' ' || error_kind FROM integrations WHERE workspace_id = $1")
                == ["connected provider_error"])
        okta.beforePage = nil
        #expect(try company.sync("okta").status == .completed)
        #expect(try inventory(company).count == 25)
        // No page was pulled twice, except the one that failed.
        #expect(okta.pages == Self.pages + 1)
        #expect(try company.list("SELECT error_kind FROM integrations WHERE workspace_id = $1") == ["null"])
        #expect(try company.count("SELECT count(*) FROM sync_runs WHERE workspace_id = $1") == 1)
    }

    @Test("If a new build no longer has the list that was being read, the others are read from their first page")
    func aRemovedListLeavesNoCursorBehind() throws {
        let company = try SyncCase()
        let okta = try company.connect("okta")
        okta["members"] = (0..<7).map { account("m\($0)", "m\($0)@example.com") }
        okta["users"] = (0..<10).map { account("u\($0)", "u\($0)@example.com") }
        okta.beforePage = { if $0 == 3 { throw ConnectorError.provider("It is down.") } }
        #expect(throws: SyncFailure.self) { try company.sync("okta") }
        okta.beforePage = nil
        okta.remove("members")
        #expect(try company.sync("okta").status == .completed)
        let users = try company.list(
            "SELECT external_id FROM accounts WHERE workspace_id = $1 AND external_id LIKE 'u%' ORDER BY 1")
        #expect(users == (0..<10).map { "u\($0)" })
    }

    @Test("A sync that runs out of time continues in the next call") func whatDoesNotFitIntoTheTimeGoesOn() throws {
        let report = try company.sync("okta", pull: 0)
        #expect(report.status == .inProgress)
        #expect(try inventory(company) == [])
        #expect(try company.sync("okta").status == .completed)
        #expect(okta.pages == Self.pages)
    }

    @Test("A page that is cut off at the end of the time is not a failure")
    func aPageThatDoesNotComeInTimeIsNoFailure() throws {
        okta.beforePage = { page in
            guard page == 3 else { return }
            // The page takes longer than the time that is left.
            let end = ContinuousClock.now + .milliseconds(300)
            while ContinuousClock.now < end {}
            throw ConnectorError.provider("The connection to the provider broke off.")
        }
        #expect(try company.sync("okta", pull: 0.3).status == .inProgress)
        #expect(try company.list("SELECT error_kind FROM integrations WHERE workspace_id = $1") == ["null"])
        okta.beforePage = nil
        #expect(try company.sync("okta").status == .completed)
        #expect(try inventory(company).count == 25)
    }

    @Test("A provider that answers nothing in the whole time has failed")
    func aProviderThatAnswersNothingInAllTheTimeHasFailed() throws {
        okta.beforePage = { _ in
            let end = ContinuousClock.now + .milliseconds(300)
            while ContinuousClock.now < end {}
            throw ConnectorError.provider("The connection to the provider broke off.")
        }
        #expect(throws: SyncFailure.self) { try company.sync("okta", pull: 0.3) }
    }

    @Test("Housekeeping deletes staged records that a process has left behind")
    func whatAProcessHasLeftBehindIsCleanedUp() throws {
        try company.sync("okta", pull: 0)
        try company.sync("okta")
        try company.store.database.execute(
            """
            INSERT INTO sync_records (workspace_id, sync_run_id, kind, external_id, entity_id, record, fingerprint)
            SELECT workspace_id, id, 'account', 'x', id, '{}', '' FROM sync_runs WHERE workspace_id = $1
            """, company.workspace.id)
        #expect(try company.stagedRows() == 1)
        try company.workspace.pruneSyncedData(now: company.clock)
        #expect(try company.stagedRows() == 0)
        for statement: SQL in [
            "INSERT INTO sync_gone SELECT workspace_id, id, 'account', id FROM sync_runs WHERE workspace_id = $1",
            """
            INSERT INTO sync_protected
            SELECT workspace_id, id, 'account', 'record', 'x' FROM sync_runs WHERE workspace_id = $1
            """,
            "INSERT INTO sync_identities SELECT workspace_id, id, id, false FROM sync_runs WHERE workspace_id = $1",
        ] { try company.store.database.execute(statement, company.workspace.id) }
        #expect(try company.stagedRows() == 3)
        try company.workspace.pruneSyncedData(now: company.clock)
        #expect(try company.stagedRows() == 0)
    }

    @Test("A sync that a migration ends starts again") func migrated() throws {
        try company.sync("okta", pull: 0)
        okta.beforePage = { if $0 == 8 { throw ConnectorError.provider("It is down.") } }
        #expect(throws: SyncFailure.self) { try company.sync("okta") }
        okta.beforePage = nil
        try company.endUnfinishedSyncsByMigration()
        #expect(try company.sync("okta").status == .completed)
        #expect(try inventory(company).count == 25)
        #expect(
            try company.list("SELECT status FROM sync_runs WHERE workspace_id = $1 ORDER BY started_at")
                == ["failed", "completed"])
        #expect(try company.stagedRows() == 0)
    }

    @Test("Refused credentials end the sync, and the inventory stays") func refusedCredentialsEndTheSync() throws {
        try company.sync("okta")
        let before = try inventory(company)
        okta["users"] = []
        okta.refusal = .credentials("Okta refuses the API token.")
        okta.beforePage = { if $0 > Self.pages + 2 { throw ConnectorError.credentials("Okta refuses the API token.") } }
        #expect(throws: SyncFailure.self) { try company.sync("okta") }
        #expect(try inventory(company) == before)
        #expect(
            try company.list(
                "SELECT status || ' ' || error_kind || ' ' || error FROM integrations WHERE workspace_id = $1")
                == ["error authentication_expired Okta refuses the API token."])
        #expect(try company.stagedRows() == 0)
        #expect(
            try company.list("SELECT status FROM sync_runs WHERE workspace_id = $1 ORDER BY started_at")
                == ["completed", "failed"])
        // The provider accepts the credentials again.
        okta.beforePage = nil
        #expect(try company.sync("okta").status == .completed)
        #expect(try company.list("SELECT status FROM integrations WHERE workspace_id = $1") == ["connected"])
    }

    /// A wrong CREDENTIALS_KEY is our own fault, so the integration's credentials don't count as bad.
    @Test("Credentials that CREDENTIALS_KEY can't decrypt leave the integration connected")
    func aKeyThatOpensNoCredentialsIsOurFault() throws {
        try company.sync("okta")
        let before = try inventory(company)
        let variables = [
            "ENVIRONMENT": "development",
            "CREDENTIALS_KEY": "k1:" + Base64.standard.encode([UInt8](repeating: 8, count: 32)),
        ]
        let tools = SyncTools(Environment(variables)) { _ in TestOkta.self }
        let (id, now) = (try company.id("okta"), company.clock + 1)
        let error = #expect(throws: SyncFailure.self) {
            try company.workspace.sync(id, with: tools, SyncTime(pull: 60, all: 80), now: { now })
        }
        #expect(error?.error == .unopenedCredentials)
        #expect(try inventory(company) == before)
        #expect(try company.list("SELECT status FROM integrations WHERE workspace_id = $1") == ["connected"])
        #expect(try company.sync("okta").status == .completed)
    }

    @Test("A list restarts from its first page if the provider no longer knows the cursor")
    func aCursorThatTheProviderHasForgottenBeginsItsListAnew() throws {
        okta.beforePage = { if $0 == 3 { throw ConnectorError.provider("It is down.") } }
        #expect(throws: SyncFailure.self) { try company.sync("okta") }
        okta.beforePage = { if $0 == 4 { throw ConnectorError.configuration("Unknown cursor.") } }
        #expect(try company.sync("okta").status == .completed)
        #expect(try inventory(company).count == 25)
    }

    @Test("A failing integration is retried at growing intervals for seven days")
    func whatFailsIsTriedLessAndLessOftenForSevenDays() throws {
        okta.refusal = .credentials("Okta refuses the API token.")
        okta.beforePage = { _ in throw ConnectorError.credentials("Okta refuses the API token.") }
        func next() throws -> Timestamp? {
            try company.workspace.first("SELECT next_auto_sync_at FROM integrations WHERE workspace_id = $1") {
                try $0[0] as Timestamp?
            } ?? nil
        }
        var hours: [Int] = []
        var due = try next()
        let begin = try #require(due)
        while let moment = due, hours.count < 100 {
            company.clock = moment - 1
            #expect(throws: SyncFailure.self) { try company.sync("okta") }
            due = try next()
            if let due { hours.append((due.seconds - moment.seconds) / 3_600) }
        }
        #expect(hours.prefix(5) == [1, 2, 4, 8, 12] && hours.dropFirst(5).allSatisfy { $0 == 12 })
        #expect((begin + .days(7)...begin + .days(8)).contains(company.clock))
        #expect(try company.list("SELECT status FROM integrations WHERE workspace_id = $1") == ["error"])
        // The provider accepts the credentials again.
        okta.beforePage = nil
        #expect(try company.sync("okta").status == .completed)
        #expect(
            try company.list("SELECT status || ' ' || failed_syncs FROM integrations WHERE workspace_id = $1")
                == ["connected 0"])
        #expect(try next() == company.id("okta").hourlyTime(after: company.clock))
    }

    @Test("A sync that is too old starts over") func aSyncThatIsTooOldBeginsAnew() throws {
        try company.sync("okta", pull: 0)
        okta.beforePage = { if $0 == 3 { throw ConnectorError.provider("It is down.") } }
        #expect(throws: SyncFailure.self) { try company.sync("okta") }
        okta.beforePage = nil
        okta["users"] = [account("new", "new@example.com")]
        company.clock = company.clock + .hours(7)
        #expect(try company.sync("okta").status == .completed)
        #expect(
            try company.list("SELECT external_id FROM accounts WHERE workspace_id = $1") == ["new"])
    }

    @Test("A worker that has lost its lease writes nothing more")
    func aWorkerThatHasLostItsSyncWritesNothingMore() throws {
        let (workspace, id, tools) = (
            company.workspace, try company.id("okta"), try #require(company.providers["okta"]).tools
        )
        let later = company.clock + 100
        okta.beforePage = { page in
            // This sync's lease has run out, and another worker takes over.
            if page == 2 {
                _ = try workspace.sync(id, with: tools, SyncTime(pull: 5, all: 5), now: { later })
            }
        }
        #expect(throws: SyncError.self) { try company.sync("okta") }
        #expect(try inventory(company).count == 25)
        #expect(try company.list("SELECT status FROM sync_runs WHERE workspace_id = $1") == ["completed"])
    }

    @Test("An integration that is disconnected during its sync gets no records")
    func anIntegrationThatIsDisconnectedMeanwhileGetsNothing() throws {
        let (workspace, id) = (company.workspace, try company.id("okta"))
        okta.beforePage = { if $0 == 5 { _ = try workspace.disconnect(id) { _ in 0 } } }
        #expect(throws: SyncError.self) { try company.sync("okta") }
        #expect(try inventory(company) == [])
        #expect(try company.list("SELECT status FROM integrations WHERE workspace_id = $1") == ["disconnected"])
        #expect(try company.stagedRows() == 0)
    }

    @Test("A sync asks for events since an hour before the start of the last completed sync")
    func aSyncAsksForEventsSinceTheLastOne() throws {
        try company.sync("okta", pull: 0)
        func since() throws -> String? {
            try company.workspace.first(
                "SELECT position ->> 'events_since' FROM sync_runs WHERE workspace_id = $1 AND status = 'in_progress'"
            ) { try $0[0] as String }
        }
        #expect(try since() == (company.clock - .days(14)).description)
        // Another process applies the pulled records much later.
        let begin = company.clock
        company.clock = company.clock + .hours(2)
        try company.sync("okta")
        #expect(
            try company.list("SELECT CAST(last_sync_at AS text) FROM integrations WHERE workspace_id = $1").count == 1)
        try company.sync("okta", pull: 0)
        #expect(try since() == (begin - .hours(1)).description)
    }

    /// The logs of Google and Microsoft come hours late. An event that comes twice is stored once.
    @Test(
        "A sync asks for a longer period where events come late, and stores each event once",
        arguments: [("google_workspace", 12), ("microsoft_entra", 3)])
    func aSyncReachesBackForEventsThatComeLate(_ platform: String, _ hours: Int) throws {
        let provider = try company.connect(platform)
        provider["sign-ins"] = [event("e1", at: company.clock - .hours(2))]
        try company.sync(platform)
        provider["sign-ins"] = [event("e1", at: company.clock - .hours(2)), event("e2", at: company.clock - .hours(5))]
        company.clock = company.clock + .hours(1)
        let begin = company.clock
        try company.sync(platform)
        try company.sync(platform, pull: 0)
        let since = try company.workspace.first(
            "SELECT position ->> 'events_since' FROM sync_runs WHERE workspace_id = $1 AND status = 'in_progress'"
        ) { try $0[0] as String }
        #expect(since == (begin + 1 - .hours(hours)).description)
        #expect(
            try company.list("SELECT external_id FROM audit_events WHERE workspace_id = $1 ORDER BY 1") == ["e1", "e2"])
    }
}

final class Box<Value>: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
}
