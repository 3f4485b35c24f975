import Actions
import Base
import Connectors
import Findings
import HTTP
import Integrations
import Jobs
import Store
import TestSupport
import Testing

@testable import Auth
@testable import Remediation

/// A workspace with a directory of people and devices and a tracker, both connected, and a clock that the test sets.
final class Scene {
    let store: TestStore
    let provider = TestProvider()
    let remediation: Remediation
    let directory: Identifier
    let tracker: Identifier
    let alice: Identifier
    /// The ids of Alice's account (u1) and of Alice's device (d1). Bob's account is u2.
    let account: Identifier
    let device: Identifier
    /// The directory's credentials as stored.
    private var sealed: [UInt8] = []
    var now = TestStore.now

    init() throws {
        store = try TestStore()
        let environment = Environment(["CREDENTIALS_KEY": "k1:" + Base64.standard.encode(Array(0..<32))])
        remediation = Remediation(environment, connectors: [Directory.self, Tracker.self, Vault.self])
        let (own, database) = (store.own, store.database)
        directory = try own.addIntegration("jumpcloud")
        tracker = try own.addIntegration("jira")
        alice = try own.addIdentity("alice@example.com")
        let bob = try own.addIdentity("bob@example.com")
        account = try own.addAccount(of: alice, on: directory)
        let second = try own.addAccount(of: bob, on: directory)
        device = try own.addDevice(of: alice, from: directory)
        for (id, name) in [(account, "u1"), (second, "u2")] {
            try database.execute("UPDATE accounts SET external_id = $2 WHERE id = $1", id, name)
        }
        try database.execute("UPDATE devices SET external_id = 'd1' WHERE id = $1", device)
        try connect(tracker, .jira)
        sealed = try connect(directory, .jumpCloud)
    }

    /// Gives an integration credentials that lead its connector to the provider; returns them as stored.
    @discardableResult
    private func connect(_ id: Identifier, _ platform: Platform) throws -> [UInt8] {
        let key = IntegrationKey(workspaceID: store.own.id, integrationID: id, platform: platform)
        let sealed = try CredentialSeal(remediation.environment).seal(
            Credentials(["provider": .string(provider.name)], Directory.fields), for: key)
        try store.database.execute("UPDATE integrations SET credentials = $2 WHERE id = $1", id, sealed)
        return sealed
    }

    /// Connects the vault; returns its id.
    func connectVault() throws -> Identifier {
        let vault = try store.own.addIntegration("gitlab")
        try connect(vault, .gitlab)
        return vault
    }

    /// Returns the workspace as a member with this role uses it.
    func workspace(_ role: Role = .admin, plan: Plan = .enterprise) throws -> Workspace {
        let user = try #require(store.own.members[role])
        return workspace(.member(userID: user, email: "\(role.rawValue)@example.com", role: role), plan: plan)
    }

    /// The workspace as an API key uses it.
    var keyed: Workspace { keyed(on: .enterprise) }

    func keyed(on plan: Plan) -> Workspace {
        workspace(.apiKey(id: store.own.writeKeyID, name: "key", prefix: "thal_abcd"), plan: plan)
    }

    private func workspace(_ caller: Caller?, plan: Plan = .enterprise) -> Workspace {
        Workspace(id: store.own.id, plan: plan, caller: caller, database: store.database)
    }

    /// Connects the directory again, with a time of connection ten seconds from now.
    func reconnect() throws {
        try store.database.execute(
            "UPDATE integrations SET status = 'connected', credentials = $2, connected_at = $3 WHERE id = $1",
            directory, sealed, now + 10)
    }

    func request(
        _ type: ActionType = .suspendUser, _ entity: String = "u1", on platform: String = "jumpcloud",
        in workspace: Workspace? = nil, _ change: (inout ActionRequest) -> Void = { _ in }
    ) throws -> RemediationAction {
        var request = ActionRequest(type, on: platform, entityID: entity)
        change(&request)
        return try remediation.request(request, in: try workspace ?? self.workspace(), now: now)
    }

    /// Runs the action's job if it is due; returns the action as it is then.
    @discardableResult
    func run(_ action: RemediationAction, seconds: Double = 60) throws -> RemediationAction {
        let runner = JobRunner([.remediation: remediation.handler], seconds: seconds, Log()) { self.now }
        try runner.run(action.id, in: workspace(nil))
        return try self.action(action.id)
    }

    func action(_ id: Identifier) throws -> RemediationAction { try #require(try workspace(nil).remediationAction(id)) }

    /// Returns state, attempts and pause in seconds of an action's job; the state is "completed" if there is no such
    /// job, "dead" if it has died.
    func job(_ action: RemediationAction) throws -> (status: String, attempts: Int, pause: Int) {
        try store.database.first(
            """
            SELECT state, attempts, run_after FROM jobs WHERE id = $1
            UNION ALL SELECT 'dead', attempts, died_at FROM dead_jobs WHERE id = $1
            """, action.id
        ) { row in (try row[0], try row[1], (try row[2] as Timestamp).seconds - now.seconds) } ?? ("completed", 0, 0)
    }

    /// Returns the field `action` of each audit entry, in order, such as `remediation.requested`.
    func audited() throws -> [String] { try store.own.auditEntries().map(\.action) }

    func json(_ action: RemediationAction) -> JSON? { try? JSON(parsing: JSONWriter.bytes(action)) }
}

/// Runs `body`; returns the status and the sentence of the error that it throws, or nil if it throws none.
func refusal(_ body: () throws -> Void) -> (status: Int, sentence: String)? {
    do {
        try body()
        return nil
    } catch let error as any DomainError {
        return (error.status, error.sentence)
    } catch {
        Issue.record("\(error)")
        return nil
    }
}

extension Workspace {
    /// Returns a workspace as an admin uses it, on the connection `database`.
    static func ofAdmin(_ id: Identifier, _ database: any Database) -> Workspace {
        Workspace(
            id: id, plan: .enterprise, caller: .member(userID: .random(), email: nil, role: .admin), database: database)
    }
}
