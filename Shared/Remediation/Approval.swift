import Auth
import Base
import Findings
import HTTP
import Jobs
import Store

/// The permission to act without a person: the workspace's setting `remediation_settings.tiers`, by action type.
enum Tier: String {
    /// The action runs at once.
    case autoExecute = "auto_execute"
    /// The action runs at once, unless the finding is high or critical. In that case a person approves it.
    case autoQueue = "auto_queue"
    /// A person always approves the action.
    case never

    /// Returns the tier for a workspace without a setting.
    static func standard(_ action: ActionType) -> Tier {
        switch action {
        case .createTicket, .notifyUser, .syncDevice, .sanctionApp: .autoExecute
        case .retireDevice, .deactivateUser, .lockDevice: .never
        default: .autoQueue
        }
    }
}

/// A decision about an action that waits for approval.
public enum Decision: String, CaseIterable, Sendable {
    case approve, reject
}

extension Workspace {
    /// Returns true if an action of the caller needs approval. Members who may approve actions never wait. Other
    /// members (agents) wait if the finding is high or critical, or if the action would decide about an application.
    /// Programs wait according to the tier, and always if the plan has no automatic remediation.
    func needsApproval(_ action: ActionType, severity: Severity?) throws -> Bool {
        let isGrave = severity == .high || severity == .critical
        if case .member(_, _, let role) = caller {
            return !Permission.approveRemediation.roles.contains(role) && (isGrave || action.decision != nil)
        }
        guard plan.hasAutomaticRemediation else { return true }
        return switch try tier(of: action) {
        case .autoExecute: false
        case .autoQueue: isGrave
        case .never: true
        }
    }

    /// Returns the workspace's tier for an action. A setting that can't be understood leaves nothing to programs.
    private func tier(of action: ActionType) throws -> Tier {
        let settings = try first("SELECT remediation_settings FROM workspaces WHERE workspaces.id = $1") {
            try $0[0] as JSON
        }
        guard let tiers = settings?["tiers"] else { return .standard(action) }
        guard let named = tiers.object else { return .never }
        guard let tier = named[action.rawValue] else { return .standard(action) }
        return tier.string.flatMap(Tier.init) ?? .never
    }

    /// Approves or rejects an action that waits for approval. An approved action gets a job.
    /// - Throws: `HTTPError` 403 if the caller may not decide, 404 if there is no such action or it has waited too
    ///   long, 409 if it is not waiting.
    public func decide(_ decision: Decision, on id: Identifier, now: Timestamp = .now) throws -> RemediationAction {
        guard case .member(_, _, let role) = caller, Permission.approveRemediation.roles.contains(role) else {
            throw HTTPError.forbidden("Your role does not allow this.")
        }
        return try change {
            guard let action = try remediationAction(id) else {
                throw HTTPError.notFound("This action is not in this workspace.")
            }
            guard action.status == .pendingApproval else {
                throw HTTPError.conflict("This action is \(action.status.rawValue); it is not waiting for approval.")
            }
            guard now < action.createdAt + Self.approvalTime else {
                throw HTTPError.notFound("This action has waited for approval too long. Request it again.")
            }
            try execute(
                """
                UPDATE remediation_actions SET status = $3, decided_by = $4, updated_at = $5, extra_params = $6
                WHERE workspace_id = $1 AND id = $2
                """, id, decision == .approve ? RemediationAction.Status.queued : .rejected, actor, now,
                decision == .approve ? JSON.object(action.parameters) : action.keptParameters)
            if decision == .approve { _ = try enqueue(.remediation, id: id, payload: [:], now: now) }
            guard let decided = try remediationAction(id) else {
                throw StoreError.failed("an action that was decided can't be found")
            }
            return (decided, decided.entry(decision == .approve ? "approved" : "rejected", at: now))
        }
    }
}
