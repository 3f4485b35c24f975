public import Actions
public import Auth
public import Base
import Findings
import Integrations
import Store

/// A decision about an action that waits for approval.
public enum Decision: String, CaseIterable, Sendable {
    case approve, reject
}

extension Workspace {
    /// Returns true if an action that the caller requests needs approval. `severity` is the worst severity of the
    /// findings about the action's records (`worstSeverity`). Members who may approve actions never need it. Other
    /// members need it if the severity is high or critical, or if the action would decide about an application.
    /// Programs need it according to the tier, and always if the plan has no automatic remediation.
    func needsApproval(_ action: ActionType, severity: Severity?) throws -> Bool {
        let isGrave = severity == .high || severity == .critical
        if case .member(_, _, let role) = caller {
            return !Permission.approveRemediation.roles.contains(role) && (isGrave || action.decision != nil)
        }
        guard plan.hasAutomaticRemediation else { return true }
        return switch try tiers().tier(of: action) {
        case .autoExecute: false
        case .autoQueue: isGrave
        case .never: true
        }
    }

    /// Approves or rejects an action that waits for approval. An approved action gets a job.
    /// - Throws: `RemediationError` if the caller may not decide, if there is no such action, if it does not wait for
    ///   approval, or if it has waited for `approvalTime` or longer.
    public func decide(_ decision: Decision, on id: Identifier, now: Timestamp = .now) throws -> RemediationAction {
        guard case .member(_, _, let role) = caller, Permission.approveRemediation.roles.contains(role) else {
            throw RemediationError.mayNotDecide
        }
        return try audited {
            guard let action = try remediationAction(id) else { throw RemediationError.unknownAction }
            guard action.status == .pendingApproval else {
                throw RemediationError.notPending(action.status)
            }
            guard now < action.createdAt + Self.approvalTime else {
                throw RemediationError.approvalExpired
            }
            let decided = try storeDecision(isApproved: decision == .approve, on: action, now: now)
            return (decided, decided.entry(decision == .approve ? "approved" : "rejected", at: now))
        }
    }
}
