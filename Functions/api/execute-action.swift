import Actions
import Auth
import Base
import Function
import HTTP
import Integrations
import Jobs
import Operation
import Remediation

/// /api/execute-action: POST requests an action at a platform, or approves or rejects an action that waits for
/// approval. An action that need not wait runs before the response, if possible. GET lists actions.
@main struct ExecuteAction: Function {
    /// Shows what the audit log says about actions, so it needs the same permission.
    static let onRequestGet = Handler(
        "list_actions", .sessionOrKey(.viewAuditLog), "Lists the workspace's actions, newest first.",
        .optional("status", .oneOf(RemediationAction.Status.self), "Only actions with this status."),
        .optional("limit", .integer(1...100), default: 25, "The maximum number of actions."),
        .optional(
            "cursor", .cursor(ActionPosition.self), "The cursor of the page before, with the same status.",
            example: .string("MjAyNi0wNC0xNVQxMjozMDowMFogNWYwYzhkNGUtM2IxYS00YzdkLTllMmYtNmE4YjBjMWQyZTNm")),
        returns: .json(ActionPage.self), errors: [InputError.unknownCursor]
    ) { context, status, limit, position in
        .json(try context.workspace.actionPage(status, after: position, limit: limit))
    }

    static let onRequestPost = Handler(
        "execute_action", .session(.initiateRemediation),
        "Carries out an action at a platform, or approves or rejects one that waits for approval.",
        .optional(
            "actionType", .string(1...100), "The action. Required, except with actionId.", example: .string("flag_app")),
        .optional(
            "targetPlatform", .string(1...100), "The platform, such as okta. Required, except with actionId.",
            example: .string("thalian")),
        .optional(
            "targetEntityId", .string(1...1000),
            "The target: our id, or the platform's. Required, except with actionId.", example: .string("Figma")),
        .optional(
            "targetEntityLabel", .string(1...500),
            "The caller's name for the target. The audit log has the record's own name."),
        .optional("riskId", .uuid, "The finding that the action is about."),
        .optional("extraParams", .object, "The action's parameters on this platform. Unknown ones are refused."),
        .optional("reason", .string(1...1000), "The reason, for the audit log."),
        .optional("actionId", .uuid, "The action that waits for approval."),
        .optional("decision", .oneOf(Decision.self), "The decision about it. Required with actionId."),
        headers: [
            HeaderField(
                "Idempotency-Key", .string(1...255, pattern: "^[!-~]*$"),
                "A key of the caller's choice. A second request with the same key returns the first one's action.")
        ],
        returns: .json(RemediationAction.self),
        errors: [
            RemediationError.invalidParameter("extraParams.groupId is required."), RemediationError.mayNotDecide,
            RemediationError.unknownAction, RemediationError.approvalExpired, RemediationError.changed,
            RemediationError.alreadyWaiting(.suspendUser, for: "target"), RemediationError.keyOfAnotherRequest,
        ]
    ) { context, type, platform, entityID, _, findingID, parameters, reason, actionID, decision in
        let remediation = Remediation(context.env)
        let action: RemediationAction
        if let actionID {
            guard let decision else { throw HTTPError.badRequest("decision is required with actionId.") }
            action = try context.workspace.decide(decision, on: actionID, now: context.now)
        } else {
            guard decision == nil else { throw HTTPError.badRequest("actionId is required with decision.") }
            guard let type, let platform, let entityID else {
                let inputs = [("actionType", type), ("targetPlatform", platform), ("targetEntityId", entityID)]
                throw InputError.missing(inputs.filter { $0.1 == nil }.map(\.0))
            }
            guard let type = ActionType(rawValue: type) else { throw RemediationError.unknownType(type) }
            var request = ActionRequest(type, on: platform, entityID: entityID)
            request.findingID = findingID
            request.parameters = parameters ?? [:]
            request.reason = reason
            request.idempotencyKey = try idempotencyKey(context.request)
            action = try remediation.request(request, in: context.workspace, now: context.now)
        }
        let runner = JobRunner([.remediation: remediation.handler], seconds: 30, context.log)
        return .json(try remediation.run(action, by: runner, in: context.workspace))
    }

    /// Returns the request's Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), or nil if it has none.
    ///
    /// - Throws: 400 if the key does not consist of 1 to 255 visible ASCII characters.
    private static func idempotencyKey(_ request: Request) throws(HTTPError) -> String? {
        guard let key = request.headers["Idempotency-Key"] else { return nil }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .badRequest("Idempotency-Key must be 1 to 255 visible ASCII characters.")
        }
        return key
    }
}
