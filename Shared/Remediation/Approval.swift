import Auth
import Base
import Findings
import HTTP
import Jobs
import Store

/// What may happen without a person: the workspace's setting `remediation_settings.tiers`, by action type.
enum Tier: String {
    /// It runs at once.
    case autoExecute = "auto_execute"
    /// It runs at once, unless the finding is high or critical: then a person approves it.
    case autoQueue = "auto_queue"
    /// A person approves it, whatever the finding is.
    case never

    /// Where the workspace has set nothing.
    static func standard(_ action: ActionType) -> Tier {
        switch action {
        case .createTicket, .notifyUser, .syncDevice, .sanctionApp: .autoExecute
        case .retireDevice, .deactivateUser, .lockDevice: .never
        default: .autoQueue
        }
    }
}

/// What becomes of an action that waits for approval.
public enum Decision: String, CaseIterable, Sendable {
    case approve, reject
}

extension Workspace {
    /// Whether an action of the caller waits for somebody who may approve it. Agents wait when the finding is high or
    /// critical, and where they would decide about applications, which is not theirs; programs by their tier, and always
    /// where the plan has no automatic remediation.
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

    /// A setting that can't be understood leaves nothing to programs.
    private func tier(of action: ActionType) throws -> Tier {
        let settings = try first("SELECT remediation_settings FROM workspaces WHERE workspaces.id = $1") {
            try $0[0] as JSON
        }
        guard let tiers = settings?["tiers"] else { return .standard(action) }
        guard let named = tiers.object else { return .never }
        guard let tier = named[action.rawValue] else { return .standard(action) }
        return tier.string.flatMap(Tier.init) ?? .never
    }

    /// Approves or rejects an action that waits for it; an approved one has a job. Throws 403 when the caller may not, 404
    /// when there is no such action or it has waited too long, 409 when it does not wait.
    public func decide(_ decision: Decision, on id: Identifier, now: Timestamp = .now) throws -> RemediationAction {
        guard case .member(_, _, let role) = caller, Permission.approveRemediation.roles.contains(role) else {
            throw HTTPError.forbidden("Your role does not allow this.")
        }
        return try change {
            guard let action = try remediationAction(id) else {
                throw HTTPError.notFound("This action is not in this workspace.")
            }
            guard action.status == .pendingApproval else {
                throw HTTPError.conflict("This action is \(action.status.rawValue); it does not wait for approval.")
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
                throw StoreError.failed("an action that was decided is not there")
            }
            return (decided, decided.entry(decision == .approve ? "approved" : "rejected", at: now))
        }
    }
}
