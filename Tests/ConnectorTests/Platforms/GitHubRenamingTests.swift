import Analysis
@_spi(System) import Auth
import Base
import Findings
import Store
import TestSupport
import Testing

/// Members of a GitHub organization who change their logins between two syncs.
@Suite(.usesStore) struct GitHubRenamingTests {
    /// The organization, which SyncedTenant shows with other logins in place of the empty one.
    private static var organization: ConnectorCase {
        let github = ConnectorCase.github
        return ConnectorCase(
            connector: github.connector, config: github.config, org: github.org,
            emptyOrg: { request in
                let reply = github.org(request.replacing("renamed-", with: ""))
                return reply.map { reply in
                    let text = (0..<6).reduce(String(decoding: reply.body, as: UTF8.self)) { text, number in
                        text.replacing("\"m\(number)\"", with: "\"renamed-m\(number)\"")
                    }
                    return .init(reply.status, headers: reply.headers, text: text)
                }
            },
            isPage: github.isPage, throttled: github.throttled, refused: github.refused,
            renewsTokens: github.renewsTokens, rejected: github.rejected, counts: github.counts)
    }

    @Test("A dismissed finding stays dismissed if the person's login changes") func dismissedFindingsStayDismissed()
        throws
    {
        let tenant = try SyncedTenant(Self.organization)
        let workspace = try #require(try SystemAccess(tenant.store.database).workspace(tenant.store.own.id))
        func openFindings() throws -> [(id: Identifier, key: String)] {
            try workspace.rows(
                "SELECT id, finding_key FROM findings WHERE workspace_id = $1 AND status IN ('open', 'in_progress')"
            ) { (try $0[0] as Identifier, $0.text(1)) }
        }
        func usernames() throws -> Set<String> {
            Set(try workspace.rows("SELECT username FROM accounts WHERE workspace_id = $1") { $0.text(0) })
        }
        #expect(try tenant.sync())
        _ = try workspace.analyze(now: TestStore.now + 3_700)
        let open = try openFindings()
        #expect(open.count > 3)
        for finding in open { try workspace.dismissFinding(finding.id, reason: nil) }
        #expect(try usernames().isSuperset(of: ["m0", "m1"]))

        tenant.shown.isEmpty = true
        #expect(try tenant.sync())
        #expect(try usernames().isSuperset(of: ["renamed-m0", "renamed-m1"]))
        #expect(try usernames().isDisjoint(with: ["m0", "m1"]))
        _ = try workspace.analyze(now: TestStore.now + 7_300)
        #expect(try openFindings().map(\.key) == [])
    }
}
