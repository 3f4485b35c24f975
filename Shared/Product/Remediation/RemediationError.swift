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

    /// The error for a type of action that does not exist. It suggests the type with the most similar name, if there is
    /// one.
    public static func unknownType(_ name: String) -> RemediationError {
        let nearest = NearestWord.nearest(to: name, in: ActionType.allCases.map(\.rawValue))
        return RemediationError(
            .notFound, "unknown_type", "There is no such action" + (nearest.map { "; did you mean \($0)?" } ?? "."))
    }

    // MARK: Targets and parameters

    static func unknownTarget(on platform: String) -> RemediationError {
        RemediationError(
            .notFound, "unknown_target",
            "Nothing with this targetEntityId was synced from \(platform).")
    }

    /// The error for an action about a finding whose subject none of these platforms has, although they can do the
    /// action.
    static func unknownFindingTarget(_ action: ActionType, on platforms: [String]) -> RemediationError {
        let names = platforms.map(PlatformNames.name).joined(separator: ", ")
        return RemediationError(
            .notFound, "unknown_target",
            "The connected platforms that can do \(action.rawValue) don't have what this finding is about: \(names).")
    }

    static let unknownApplication = RemediationError(
        .notFound, "unknown_application", "No application of this workspace has this targetEntityId.")

    /// True if the target is a person with several accounts on the platform.
    var isAmbiguousTarget: Bool { code == "remediation.ambiguous_target" }

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

    /// The error for an action that changes only an account of a platform that can't do it.
    static func impossible(_ action: ActionType, forFindingOn platforms: [String]) -> RemediationError {
        let names = platforms.map(PlatformNames.name).joined(separator: ", ")
        return .impossible(
            "This finding is about \(names), where \(action.rawValue) is not possible, and on another platform it would "
                + "not help. Choose another actionType, or mend it there yourself.")
    }

    /// The error for an action about a finding that can't be carried out without these parameters.
    static func needsParameters(
        _ names: [String], for action: ActionType, on platform: String
    ) -> RemediationError {
        RemediationError(
            .invalid, "parameter_missing",
            "\(action.rawValue) on \(PlatformNames.name(platform)) needs \(names.joined(separator: ", ")), which can't be "
                + "given here. A member can give it in extraParams of POST /api/execute-action.")
    }

    /// The error for an action about a finding whose person has several accounts on the platform.
    static func ambiguousPerson(on platform: String) -> RemediationError {
        RemediationError(
            .invalid, "ambiguous_target",
            "The person that this finding is about has several accounts on \(PlatformNames.name(platform)). A member can "
                + "name one of them in POST /api/execute-action.")
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
