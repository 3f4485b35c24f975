import Actions
public import Base
import Findings
public import Integrations

/// The reason why an action is not requested, decided or carried out.
public struct RemediationError: DomainError, Equatable {
    public let kind: ErrorKind
    public let code: String
    public let sentence: String

    private init(_ kind: ErrorKind, _ name: String, _ sentence: String) {
        self.kind = kind
        code = "remediation." + name
        self.sentence = sentence
    }

    // MARK: What can be done where

    static let planLacksAccessReviews = RemediationError(
        .refused, "plan_lacks_access_reviews", "Access reviews are not part of your plan.")

    /// The platform that the request names, or every platform, is unable to carry out the action.
    static func impossible(_ sentence: String) -> RemediationError {
        RemediationError(.invalid, "impossible", sentence)
    }

    // MARK: Targets and parameters

    static func unknownTarget(on platform: String) -> RemediationError {
        RemediationError(
            .notFound, "unknown_target",
            "Nothing with this targetEntityId was synced from \(platform).")
    }

    static let unknownApplication = RemediationError(
        .notFound, "unknown_application", "No application of this workspace has this targetEntityId.")

    static func ambiguousTarget(_ accounts: Int, on platform: String) -> RemediationError {
        RemediationError(
            .invalid, "ambiguous_target",
            "targetEntityId has \(accounts) accounts on \(platform). Name one of them by its own id.")
    }

    static func noParameters(_ action: ActionType, on platform: String) -> RemediationError {
        RemediationError(
            .invalid, "parameter_unknown", "\(action.rawValue) on \(platform) takes no extraParams.")
    }

    public static func invalidParameter(_ sentence: String) -> RemediationError {
        RemediationError(.invalid, "parameter_invalid", sentence)
    }

    static func unknownParameterRecord(_ sentence: String) -> RemediationError {
        RemediationError(.notFound, "parameter_record_unknown", sentence)
    }

    static func unopenedSecret(_ name: String) -> RemediationError {
        RemediationError(
            .conflict, "secret_unopened", "extraParams.\(name) can't be decrypted. Request the action again.")
    }

    // MARK: Requests

    public static let keyOfAnotherRequest = RemediationError(
        .unprocessable, "idempotency_key_reused", "This Idempotency-Key belongs to another request.")

    public static func alreadyWaiting(_ action: ActionType, for subject: String) -> RemediationError {
        RemediationError(
            .conflict, "already_waiting", "Action \(action.rawValue) is already pending for this \(subject).")
    }

    /// The error for a request without an action, about a finding that recommends none.
    public static let noRecommendedAction = RemediationError(
        .invalid, "no_recommended_action", "actionType is required: this finding recommends no action.")

    static func noTargetInFinding(_ action: ActionType) -> RemediationError {
        let kinds = action.targets.map(\.rawValue).joined(separator: " or ")
        return RemediationError(
            .invalid, "finding_without_target",
            "This finding does not say which \(kinds) \(action.rawValue) should act on.")
    }

    // MARK: Decisions

    public static let mayNotDecide = RemediationError(.refused, "may_not_decide", "Your role does not allow this.")
    public static let unknownAction = RemediationError(
        .notFound, "unknown_action", "This action is not in this workspace.")

    static func notPending(_ status: RemediationAction.Status) -> RemediationError {
        RemediationError(
            .conflict, "not_pending", "This action is \(status.rawValue); it is not waiting for approval.")
    }

    public static let approvalExpired = RemediationError(
        .notFound, "approval_expired", "This action has waited for approval too long. Request it again.")

    /// A name in the request now means another record than at the time of the request. No one has judged or approved
    /// the other record.
    public static let changed = RemediationError(
        .conflict, "changed", "The records that this action names have changed since its request. Request it again.")
}
