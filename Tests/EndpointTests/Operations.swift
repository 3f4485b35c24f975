import Auth
import Base
import Function
import TestSupport
import Testing

@testable import api_ai_chat
@testable import api_analyze
@testable import api_api_keys
@testable import api_connect_integration
@testable import api_create_checkout
@testable import api_create_portal_session
@testable import api_disconnect_integration
@testable import api_execute_action
@testable import api_export_audit_log
@testable import api_export_workspace
@testable import api_health
@testable import api_mcp_app_policy
@testable import api_mcp_findings
@testable import api_mcp_findings_dismiss
@testable import api_mcp_findings_remediate
@testable import api_mcp_findings_snooze
@testable import api_mcp_identity
@testable import api_mcp_integrations
@testable import api_mcp_posture_summary
@testable import api_mcp_risk_score
@testable import api_mcp_rules
@testable import api_mcp_sync
@testable import api_platforms
@testable import api_posture_history
@testable import api_rules
@testable import api_sync_integration

/// An operation that needs credentials, with valid inputs. `all` contains all such operations.
struct Operation: CustomTestStringConvertible, Sendable {
    let name: String
    let method: String
    let function: any (Function & SendableMetatype).Type
    let access: AccessRequirement
    /// True if the answer is streamed, so that it has no Content-Length.
    var isStreamed = false
    /// The status that a permitted caller gets: 404 if an input names nothing that exists, or if there is no customer
    /// of Stripe.
    var answer = 200
    /// The query of a GET request, without the workspace.
    var query = ""
    /// The body's fields, without the workspace.
    var fields: [String: JSON] = [:]

    var testDescription: String { method + " " + name }
    /// True if members may call it.
    var isSession: Bool { permission != nil }
    /// The permission that members need. Nil if only API keys are accepted.
    var permission: Permission? {
        switch access {
        case .session(let permission), .sessionOrKey(let permission): permission
        case .apiKey: nil
        }
    }

    static let session = [
        Operation(name: "api-keys", method: "GET", function: APIKeysFunction.self, access: .session(.manageAPIKeys)),
        Operation(
            name: "api-keys", method: "POST", function: APIKeysFunction.self, access: .session(.manageAPIKeys),
            fields: ["name": "made"]),
        Operation(
            name: "api-keys", method: "DELETE", function: APIKeysFunction.self, access: .session(.manageAPIKeys),
            fields: ["keyId": "aaaaaaaa-0000-4000-8000-000000000011"]),
        Operation(
            name: "analyze", method: "POST", function: Analyze.self, access: .session(.analyze), isStreamed: true),
        Operation(
            name: "export-audit-log", method: "POST", function: ExportAuditLog.self, access: .session(.viewAuditLog),
            isStreamed: true),
        Operation(
            name: "export-workspace", method: "POST", function: ExportWorkspace.self,
            access: .session(.exportWorkspace), isStreamed: true,
            fields: ["format": "json", "includeAuditLog": true, "includeFull": true]),
        Operation(
            name: "execute-action", method: "POST", function: ExecuteAction.self,
            access: .session(.initiateRemediation),
            fields: ["actionType": "flag_app", "targetPlatform": "thalian", "targetEntityId": "Figma"]),
        Operation(
            name: "ai-chat", method: "POST", function: AIChat.self, access: .session(.view),
            fields: ["message": "Hello"]),
        Operation(
            name: "create-checkout", method: "POST", function: CreateCheckout.self, access: .session(.manageBilling),
            fields: ["email": "billing@example.com"]),
        Operation(
            name: "create-portal-session", method: "POST", function: CreatePortalSession.self,
            access: .session(.manageBilling), answer: 404),
        Operation(
            name: "connect-integration", method: "POST", function: ConnectIntegration.self,
            access: .session(.manageIntegrations), answer: 404, fields: ["platform": "none", "config": [:]]),
        Operation(
            name: "sync-integration", method: "POST", function: SyncIntegration.self,
            access: .session(.manageIntegrations), answer: 404, fields: ["integrationId": unknown]),
        Operation(
            name: "disconnect-integration", method: "POST", function: DisconnectIntegration.self,
            access: .session(.manageIntegrations), answer: 404, fields: ["integrationId": unknown]),
        Operation(name: "rules", method: "GET", function: RuleStatesFunction.self, access: .session(.view)),
        Operation(
            name: "rules", method: "POST", function: RuleStatesFunction.self, access: .session(.manageWorkspace),
            fields: ["ruleId": "identity_security::stale_account", "reason": "On leave.", "enabled": false]),
    ]

    /// The operations for members and for API keys.
    static let either = [
        Operation(name: "platforms", method: "GET", function: PlatformsFunction.self, access: .sessionOrKey(.view)),
        Operation(
            name: "posture-history", method: "GET", function: PostureHistoryFunction.self,
            access: .sessionOrKey(.view)),
        Operation(
            name: "execute-action", method: "GET", function: ExecuteAction.self, access: .sessionOrKey(.viewAuditLog)),
    ]

    static let reads = [
        Operation(name: "risk-score", method: "GET", function: RiskScoreFunction.self, access: .apiKey(.read)),
        Operation(
            name: "findings", method: "GET", function: FindingsFunction.self, access: .apiKey(.read), query: "limit=100"
        ),
        Operation(
            name: "identity", method: "GET", function: IdentityFunction.self, access: .apiKey(.read),
            query: "email=alice%40example.com"),
        Operation(name: "integrations", method: "GET", function: IntegrationsFunction.self, access: .apiKey(.read)),
        Operation(
            name: "posture-summary", method: "GET", function: PostureSummaryFunction.self, access: .apiKey(.read)),
        Operation(name: "rules", method: "GET", function: RulesFunction.self, access: .apiKey(.read)),
        Operation(
            name: "app-policy", method: "GET", function: AppPolicyFunction.self, access: .apiKey(.read),
            query: "app_name=Figma"),
    ]

    static let writes = [
        Operation(
            name: "findings/snooze", method: "POST", function: SnoozeFunction.self, access: .apiKey(.write),
            fields: ["findingId": finding, "days": 7]),
        Operation(
            name: "findings/dismiss", method: "POST", function: DismissFunction.self, access: .apiKey(.write),
            fields: ["findingId": finding]),
        Operation(
            name: "findings/remediate", method: "POST", function: RemediateFunction.self, access: .apiKey(.write),
            fields: ["findingId": finding, "actionType": "suspend_user"]),
        Operation(
            name: "app-policy", method: "POST", function: AppPolicyFunction.self, access: .apiKey(.write),
            fields: ["app_name": "Figma", "status": "unauthorized"]),
        Operation(name: "sync", method: "POST", function: SyncFunction.self, access: .apiKey(.write)),
    ]

    /// The finding about Alice in the own workspace.
    private static let finding: JSON = "aaaaaaaa-0000-4000-8000-000000000110"

    /// An id that no record has.
    private static let unknown: JSON = "cccccccc-0000-4000-8000-000000000001"

    static let keyed = reads + writes
    static let all = session + either + keyed

    /// Returns the call for a workspace; without one, the call names no workspace.
    func call(workspace: String?) -> Call {
        if method == "GET" {
            let parts = [workspace.map { "workspaceId=" + $0 } ?? "", query].filter { !$0.isEmpty }
            return Call(method, query: parts.joined(separator: "&"))
        }
        var body = fields
        body["workspaceId"] = workspace.map { .string($0) }
        return Call(method, body: .object(body))
    }

    /// Returns the call of a permitted caller of the own workspace.
    func goodCall(_ store: TestStore) -> Call {
        asAllowed(call(workspace: store.own.id.description), in: store.own)
    }

    /// Returns the call with credentials of `workspace`: an admin's session, or an API key of exactly the needed scope.
    func asAllowed(_ call: Call, in workspace: TestWorkspace) -> Call {
        switch access {
        case .session, .sessionOrKey: call.session(workspace.token())
        case .apiKey(.read): call.key(workspace.readKey)
        case .apiKey(.write): call.key(workspace.writeKey)
        }
    }
}
