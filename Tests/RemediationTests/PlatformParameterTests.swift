import Auth
import Base
import Findings
import HTTP
import Integrations
import Store
import TestSupport
import Testing

@testable import Connectors
@testable import Remediation

/// The records that the real platforms' parameters name.
@Suite(.usesStore) struct PlatformParameterTests {
    private let store: TestStore
    private let remediation: Remediation

    init() throws {
        store = try TestStore()
        remediation = Remediation(Environment([:]))
    }

    /// Returns every parameter of a kind, with its platform, action and declaration.
    private static func declared(
        _ isWanted: (ActionParameter.Kind) -> Bool
    ) -> [(connector: any Connector.Type, action: ActionType, parameter: ActionParameter)] {
        Connectors.all.flatMap { connector in
            connector.parameters.flatMap { action, declared in
                declared.filter { isWanted($0.kind) }.map { (connector, action, $0) }
            }
        }
    }

    /// Returns an admin's access to the workspace, an integration of a platform, and the ids of its accounts a1 and a2.
    private func connect(
        _ platform: Platform
    ) throws -> (workspace: Workspace, integration: Identifier, first: Identifier, second: Identifier) {
        let integration = try store.own.addIntegration(platform.rawValue)
        let accounts = try ["a1", "a2"].map { name in
            let identity = try store.own.addIdentity("\(name)@\(platform.rawValue).example")
            let account = try store.own.addAccount(of: identity, on: integration)
            try store.database.execute("UPDATE accounts SET external_id = $2 WHERE id = $1", account, name)
            return account
        }
        return (.ofAdmin(store.own.id, store.database), integration, accounts[0], accounts[1])
    }

    private func resolve(
        _ action: ActionType, _ platform: Platform, _ parameters: [String: JSON], in workspace: Workspace
    ) throws -> Resolution {
        var request = ActionRequest(action, on: platform.rawValue, entityID: "a1")
        request.parameters = parameters
        return try remediation.resolve(request, in: workspace)
    }

    @Test("On every platform, a key parameter must name a key of the target's account")
    func aKeyIsTheTargetAccountsOnEveryPlatform() throws {
        let all = Self.declared { if case .key = $0 { true } else { false } }
        #expect(Set(all.map(\.parameter.name)) == ["access_key_id", "credential_id", "token_id"])
        for (platform, group) in Dictionary(grouping: all, by: { $0.connector.platform }) {
            let (workspace, integration, first, second) = try connect(platform)
            guard case .key(let prefix) = group[0].parameter.kind else { return }
            try store.own.addKey(prefix + "1", named: "own", of: first, identity: nil, on: integration)
            try store.own.addKey(prefix + "2", named: "other", of: second, identity: nil, on: integration)
            for (_, action, parameter) in group {
                let own = try resolve(action, platform, [parameter.name: 1], in: workspace)
                #expect(own.targets.map(\.externalID) == [prefix + "1"] && own.targets.first?.kind == .key)
                #expect(own.named.externalID == "a1" && own.parameters[parameter] == nil)
                #expect(
                    refusal { _ = try resolve(action, platform, [parameter.name: 2], in: workspace) }?.status == 404)
            }
        }
    }

    @Test("On every platform, an application parameter must name one that the target has authorised")
    func anApplicationIsOneThatTheTargetHasLetInOnEveryPlatform() throws {
        let all = Self.declared { $0 == .grantedApplication }
        #expect(Set(all.map { $0.connector.platform }) == [.okta, .googleWorkspace, .microsoftEntra])
        for (connector, action, parameter) in all {
            let (workspace, integration, first, second) = try connect(connector.platform)
            for (client, account) in [("c1", first), ("c2", second)] {
                let app = try store.own.addApplication(client, from: integration)
                try store.database.execute("UPDATE applications SET external_id = $2 WHERE id = $1", app, client)
                try store.database.execute(
                    """
                    INSERT INTO oauth_grants (workspace_id, id, integration_id, account_id, application_id, external_id,
                        scopes, access, updated_at) VALUES ($1, $2, $3, $4, $5, $6, '[]', 'read', $7)
                    """, store.own.id, store.own.nextID(), integration, account, app, "grant of " + client,
                    TestStore.now)
            }
            let own = try resolve(action, connector.platform, [parameter.name: "c1"], in: workspace)
            #expect(own.targets.map(\.externalID) == ["grant of c1"] && own.targets.first?.kind == .grant)
            let other = refusal {
                _ = try resolve(action, connector.platform, [parameter.name: "c2"], in: workspace)
            }
            #expect(other?.status == 404)
        }
    }

    @Test("A reviewer in Okta must be a user of the org") func aReviewerOfOktaIsOneOfItsUsers() throws {
        let (workspace, _, _, second) = try connect(.okta)
        try store.database.execute("UPDATE accounts SET email = 'boss@example.com' WHERE id = $1", second)
        let named = try resolve(.createAccessReview, .okta, ["reviewer": "Boss@example.com"], in: workspace)
        #expect(
            named.parameters[OktaAccessReviews.reviewer] == "a2" && named.records.map(\.record.accountID) == [second])
        #expect(named.targets.map(\.externalID) == ["a1"])
        let stranger = refusal {
            _ = try resolve(.createAccessReview, .okta, ["reviewer": "mallory@example.com"], in: workspace)
        }
        #expect(stranger?.status == 404)
    }
}
