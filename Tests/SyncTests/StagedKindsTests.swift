@_spi(System) import Auth
import Base
import Connectors
import Store
import TestSupport
import Testing

@testable import Sync

/// The table sync_records holds staged records alone. A sync's other notes are in tables of their own.
@Suite(.usesStore, .appliedBothWays) struct StagedKindsTests {
    @Test("After every statement of a sync, the table of staged records holds kinds of records alone")
    func recordsAlone() throws {
        let company = try SyncCase()
        let recorder = RecordingDatabase(company.store.database)
        let workspace = try #require(try SystemAccess(recorder).workspace(company.store.own.id))
        var seen: Set<String> = []
        recorder.afterStatement = { sql in
            guard sql.words.contains("sync_records") else { return }
            seen.formUnion(try company.list("SELECT DISTINCT kind FROM sync_records WHERE workspace_id = $1"))
        }
        let (okta, github) = (try company.connect("okta"), try company.connect("github"))
        func sync(_ platform: String) throws {
            let (id, _, tools) = try #require(company.providers[platform])
            company.clock = company.clock + 1
            let now = company.clock
            let report = try workspace.sync(id, with: tools, SyncTime(pull: 60, all: 80), now: { now })
            #expect(report.status == .completed)
        }
        okta["users"] = (0..<4).map { account("u\($0)", "u\($0)@example.com") }
        okta["applications"] = (0..<2).map { application("a\($0)") }
        okta["assignments"] = [entitlement("u0", "a0"), entitlement("u1", "a1")]
        okta["grants"] = [
            .oauthGrant(
                OAuthGrantRecord(
                    externalID: "g", accountExternalID: "u0", applicationExternalID: "a0", scopes: ["okta.users.read"]))
        ]
        okta["devices"] = [.device(DeviceRecord(externalID: "d", hostname: "mac"))]
        okta["events"] = [event("e", by: "u0")]
        github["users"] = [account("m0") { $0.linkedEmails = ["u0@example.com"] }, account("m1"), account("m2")]
        github["keys"] = (0..<2).map {
            .accessKey(AccessKeyRecord(externalID: "k\($0)", kind: .accessToken, canWrite: true))
        }
        try sync("okta")
        try sync("github")
        // Much is gone, and some of it is protected.
        okta["users"] = [account("u0", "new@example.com"), account("u1") { $0.unread = [.email] }]
        okta["applications"] = [application("a0")]
        okta["assignments"] = []
        okta["devices"] = []
        okta.leftOut["assignments"] = ("assignments", [.ofAccount(.entitlement, account: "u0")])
        github["users"] = [account("m0") { $0.unread = [.linkedEmails] }]
        github["keys"] = []
        github.leftOut["keys"] = ("keys", [.beginning(.accessKey, with: "k0")])
        try sync("okta")
        try sync("github")
        #expect(seen.sorted() == StagedRecord.Kind.allCases.map(\.rawValue).sorted())
        #expect(
            try company.list("SELECT external_id FROM entitlements WHERE workspace_id = $1") == ["a0/u0"])
        #expect(try company.list("SELECT external_id FROM access_keys WHERE workspace_id = $1") == ["k0"])
    }
}
