import Auth
import Base
import Function
import HTTP
import TestSupport
import Testing

@testable import api_api_keys

/// Tests the product's permission table through the whole pipeline.
@Suite(.usesStore) struct PermissionTests {
    private static let allowed: [(Permission, Set<Role>)] = [
        (.view, [.superAdmin, .admin, .securityAnalyst, .agent, .auditor, .viewer]),
        (.analyze, [.superAdmin, .admin, .securityAnalyst, .agent]),
        (.initiateRemediation, [.superAdmin, .admin, .securityAnalyst, .agent]),
        (.approveRemediation, [.superAdmin, .admin, .securityAnalyst]),
        (.manageAppPolicies, [.superAdmin, .admin, .securityAnalyst]), (.manageIntegrations, [.superAdmin, .admin]),
        (.manageTeam, [.superAdmin, .admin]), (.manageWorkspace, [.superAdmin, .admin]),
        (.manageAPIKeys, [.superAdmin, .admin]), (.manageBilling, [.superAdmin, .admin]),
        (.exportWorkspace, [.superAdmin, .admin]),
        (.viewAuditLog, [.superAdmin, .admin, .securityAnalyst, .agent, .auditor]),
    ]

    @Test(
        "Each operation is allowed for the documented roles and gets 403 for all others",
        arguments: Operation.session + Operation.either, Role.allCases)
    func everyOperationForEveryRole(_ operation: Operation, _ role: Role) throws {
        let store = try TestStore()
        let call = operation.call(workspace: store.own.id.description).session(store.own.token(role))
        let reply = store.send(call, to: operation.function)
        // The API reference's minimum roles: Agent for analyze and execute-action, Auditor for the audit log, Viewer
        // for the chat, Admin for the others.
        let allowed: Set<Role> =
            switch operation.testDescription {
            case "POST analyze", "POST execute-action": [.superAdmin, .admin, .securityAnalyst, .agent]
            case "POST export-audit-log", "GET execute-action":
                [.superAdmin, .admin, .securityAnalyst, .agent, .auditor]
            case "POST ai-chat", "GET platforms", "GET posture-history", "GET rules": Set(Role.allCases)
            default: [.superAdmin, .admin]
            }
        #expect(reply.status == (allowed.contains(role) ? operation.answer : 403))
        if reply.status == 403 { #expect(reply.error == "Your role does not allow this.") }
    }

    @Test(
        "Each operation is allowed exactly as the permission table says",
        arguments: Operation.session + Operation.either)
    func everyOperationIsInTheTable(_ operation: Operation) throws {
        let permission = try #require(operation.permission)
        let row = try #require(Self.allowed.first { $0.0 == permission })
        for role in Role.allCases {
            let store = try TestStore()
            let call = operation.call(workspace: store.own.id.description).session(store.own.token(role))
            #expect((store.send(call, to: operation.function).status == operation.answer) == row.1.contains(role))
        }
    }

    /// Uses one endpoint per permission, so that permissions without an operation are tested too.
    @Test("Each permission is granted to exactly the roles of the table") func everyPermissionForEveryRole() throws {
        let store = try TestStore()
        #expect(Self.allowed.count == Permission.allCases.count)
        let endpoints: [any Function.Type] = [
            ForView.self, ForAnalyze.self, ForInitiate.self, ForApprove.self, ForPolicies.self, ForIntegrations.self,
            ForTeam.self, ForWorkspace.self, ForKeys.self, ForBilling.self, ForExport.self, ForAudit.self,
        ]
        for (endpoint, row) in zip(endpoints, Self.allowed) {
            for role in Role.allCases {
                let call = Call(query: "workspaceId=\(store.own.id)").session(store.own.token(role))
                let reply = store.send(call, to: endpoint)
                #expect(reply.status == (row.1.contains(role) ? 200 : 403), "\(row.0) \(role)")
                if reply.status == 200 { #expect(reply.json.string == role.rawValue) }
            }
        }
    }

    @Test("A member's role is looked up for each request") func aRoleIsLookedUpForEachRequest() throws {
        let store = try TestStore()
        let pipeline = TestPipeline(APIKeysFunction.self, store.environment())
        let call = Call(query: "workspaceId=\(store.own.id)").session(store.own.token(.admin))
        #expect(pipeline.send(call).status == 200)
        try store.database.execute("UPDATE members SET role = 'viewer' WHERE user_id = $1", store.own.members[.admin])
        #expect(pipeline.send(call).status == 403)
        try store.database.execute("DELETE FROM members WHERE user_id = $1", store.own.members[.admin])
        #expect(pipeline.send(call).error == "You are not a member of this workspace.")
    }

    /// The claims app_metadata and user_metadata are ignored. A claim `role` other than authenticated is refused.
    @Test("A role claim in a session token gives no permission") func aTokenCannotNameItsRole() throws {
        let store = try TestStore()
        let token = store.own.token(.viewer) { claims in
            claims["app_metadata"] = ["role": "super_admin"]
            claims["user_metadata"] = ["role": "super_admin"]
        }
        let call = Call(query: "workspaceId=\(store.own.id)").session(token)
        #expect(store.send(call, to: APIKeysFunction.self).status == 403)
        let other = store.own.token(.admin) { $0["role"] = "super_admin" }
        #expect(store.send(call.session(other), to: APIKeysFunction.self).status == 401)
    }

    // MARK: Scopes

    @Test("Reading operations accept keys of both scopes", arguments: Operation.reads)
    func readsAreForBothScopes(_ operation: Operation) throws {
        let store = try TestStore(filled: true)
        for key in [store.own.readKey, store.own.writeKey] {
            for workspace in [nil, store.own.id.description] {
                #expect(store.send(operation.call(workspace: workspace).key(key), to: operation.function).status == 200)
            }
        }
    }

    @Test("Operations for members and keys accept keys of both scopes", arguments: Operation.either)
    func eitherIsForBothScopes(_ operation: Operation) throws {
        let store = try TestStore(filled: true)
        let call = operation.call(workspace: nil)
        for key in [store.own.readKey, store.own.writeKey] {
            for field in ["Authorization", "X-Api-Key"] {
                let value = field == "Authorization" ? "Bearer " + key : key
                #expect(store.send(call.with(field, value), to: operation.function).status == operation.answer)
            }
            let named = operation.call(workspace: store.own.id.description).key(key)
            #expect(store.send(named, to: operation.function).status == operation.answer)
            let other = operation.call(workspace: store.other.id.description).key(key)
            #expect(store.send(other, to: operation.function).error == "This API key is not for this workspace.")
        }
        for refused in [
            call, call.key(store.own.revokedKey), call.session("x.y.z"), call.with("X-Api-Key", store.own.token()),
            // The runner counts requests by Authorization, so X-Api-Key is then ignored.
            call.with("X-Api-Key", store.own.readKey).with("Authorization", "Basic x"),
            call.with("X-Api-Key", store.own.readKey).session("thal_x"),
        ] {
            let reply = store.send(refused, to: operation.function)
            #expect(reply.status == 401 && reply.error == "Missing or invalid session token or API key.")
        }
        let unnamed = store.send(call.session(store.own.token()), to: operation.function)
        #expect(unnamed.status == 400 && unnamed.error == "workspaceId is required.")
    }

    @Test("Writing operations need a key of scope write", arguments: Operation.writes)
    func writesNeedTheScope(_ operation: Operation) throws {
        for workspace in [nil, "aaaaaaaa-0000-4000-8000-000000000000"] {
            let store = try TestStore(filled: true)
            let call = operation.call(workspace: workspace)
            let refused = store.send(call.key(store.own.readKey), to: operation.function)
            #expect(refused.status == 403 && refused.error == "This operation needs an API key with the scope write.")
            #expect(store.send(call.key(store.own.revokedKey), to: operation.function).status == 401)
            #expect(store.send(call.session(store.own.token()), to: operation.function).status == 401)
            #expect(try store.own.auditEntries().isEmpty)
            #expect(store.send(call.key(store.own.writeKey), to: operation.function).status == 200)
            #expect(try store.own.auditEntries().count == 1)
        }
    }

    @Test(
        "A writing operation may name its workspace in the query too, but not two different ones",
        arguments: Operation.writes)
    func writesTakeTheWorkspaceInTheQueryToo(_ operation: Operation) throws {
        let store = try TestStore(filled: true)
        func status(body: TestWorkspace?, query: String) -> Int {
            var call = operation.call(workspace: body?.id.description)
            call.query = "workspaceId=" + query
            return store.send(call.key(store.own.writeKey), to: operation.function).status
        }
        let (own, other) = (store.own.id.description, store.other.id.description)
        #expect(status(body: nil, query: other) == 403)
        #expect(status(body: nil, query: "x") == 400)
        #expect(status(body: store.own, query: other) == 400)
        #expect(try store.own.auditEntries().isEmpty && store.other.auditEntries().isEmpty)
        #expect(status(body: store.own, query: own) == 200)
        #expect(try store.own.auditEntries().count == 1)
    }
}

private func answers(_ permission: Permission) -> Handler {
    Handler("test", .session(permission), "", returns: .json(.anything)) { context in
        guard case .member(_, _, let role) = context.caller else { return .json("") }
        return .json(role.rawValue)
    }
}

private enum ForView: Function { static let onRequestGet = answers(.view) }
private enum ForAnalyze: Function { static let onRequestGet = answers(.analyze) }
private enum ForInitiate: Function { static let onRequestGet = answers(.initiateRemediation) }
private enum ForApprove: Function { static let onRequestGet = answers(.approveRemediation) }
private enum ForPolicies: Function { static let onRequestGet = answers(.manageAppPolicies) }
private enum ForIntegrations: Function { static let onRequestGet = answers(.manageIntegrations) }
private enum ForTeam: Function { static let onRequestGet = answers(.manageTeam) }
private enum ForWorkspace: Function { static let onRequestGet = answers(.manageWorkspace) }
private enum ForKeys: Function { static let onRequestGet = answers(.manageAPIKeys) }
private enum ForBilling: Function { static let onRequestGet = answers(.manageBilling) }
private enum ForExport: Function { static let onRequestGet = answers(.exportWorkspace) }
private enum ForAudit: Function { static let onRequestGet = answers(.viewAuditLog) }
