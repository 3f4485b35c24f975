import Auth
import Base
import Connectors
import Store
import Sync
import TestSupport
import Testing

/// A platform sends more records than the plan allows.
@Suite(.usesStore, .appliedBothWays) struct QuotaTests {
    private let company: SyncCase
    private let okta: TestProvider

    init() throws {
        company = try SyncCase()
        okta = try company.connect("okta")
        okta["users"] = (0..<10).map { account("u\($0)", "u\($0)@example.com") }
        okta["applications"] = [application("a")]
        try company.sync("okta")
    }

    private func failure() -> ConnectorError? {
        do {
            try company.sync("okta")
            return nil
        } catch let failure as SyncFailure {
            return failure.error
        } catch {
            Issue.record("\(error)")
            return nil
        }
    }

    private func accounts() throws -> [String] {
        try company.list("SELECT external_id FROM accounts WHERE workspace_id = $1 ORDER BY external_id")
    }

    @Test("A sync of too many records stops and deletes nothing")
    func aSyncOfTooManyRecordsStopsAndDeletesNothing() throws {
        company.limit("okta", to: SyncQuota(rows: 20, bytes: 1 << 20))
        // The first three of the ten records are gone, and more records than the quota have come.
        okta["users"] = (3..<30).map { account("u\($0)", "u\($0)@example.com") }
        let error = try #require(failure())
        #expect(error.sentence.hasPrefix("The platform sent more than 20 records in one sync"))
        #expect(try accounts() == (0..<10).map { "u\($0)" })
        #expect(try company.stagedRows() == 0)
        #expect(
            try company.list("SELECT status || ' ' || error_kind FROM integrations WHERE workspace_id = $1")
                == ["error configuration_invalid"])
        let audited = try company.store.own.auditEntries().last
        #expect(audited?.action == "integration.sync_failed" && audited?.details["error"]?.string == error.sentence)
        // No page was pulled after the one that exceeded the quota.
        #expect(okta.pages < 20)
        company.limit("okta", to: SyncQuota(rows: 28, bytes: 1 << 20))
        #expect(try company.sync("okta").status == .completed)
        // Accounts that an identity provider no longer lists are kept as deprovisioned.
        #expect(try accounts().count == 30)
    }

    @Test("A sync of too many bytes stops and deletes nothing") func aSyncOfTooManyBytesStopsToo() throws {
        company.limit("okta", to: SyncQuota(rows: 1_000, bytes: 1 << 20))
        let name = String(repeating: "n", count: 300_000)
        okta["users"] = (0..<10).map { account("u\($0)", "u\($0)@example.com", name: name) }
        #expect(failure()?.sentence.hasPrefix("The platform sent more than 1 MiB in one sync") == true)
        #expect(try accounts().count == 10)
    }

    /// Records that were pulled before an interruption count too.
    @Test("A resumed sync has one quota for all of its parts") func aSyncThatIsResumedHasOneQuota() throws {
        company.limit("okta", to: SyncQuota(rows: 20, bytes: 1 << 20))
        okta["users"] = (0..<30).map { account("u\($0)", "u\($0)@example.com") }
        let before = okta.pages
        okta.beforePage = { if $0 % 3 == 0 { throw ConnectorError.provider("It is down.") } }
        var errors: [ConnectorError] = []
        while errors.count < 20, let error = failure() {
            errors.append(error)
            if !error.isTransient { break }
        }
        #expect(errors.last?.isTransient == false && errors.count > 2)
        #expect(okta.pages - before < 15)
    }

    @Test("Pages without records count towards the quota too") func pagesWithoutRecordsCountToo() throws {
        company.limit("okta", to: SyncQuota(rows: 11, bytes: 1 << 20))
        for number in 0..<5 { okta["empty \(number)"] = [] }
        #expect(failure() != nil)
    }

    @Test("The quota of a larger plan is not smaller") func plansHaveGrowingQuotas() {
        let quotas = [Plan.free, .trial, .pro, .enterprise].map { SyncQuota.of($0) }
        for (smaller, larger) in zip(quotas, quotas.dropFirst()) {
            #expect(smaller.rows <= larger.rows && smaller.bytes <= larger.bytes)
        }
        #expect(quotas.last == SyncQuota(rows: 20_000_000, bytes: 16 << 30))
    }
}
