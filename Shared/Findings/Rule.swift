import Base
import Store

/// What kind of problem a rule looks for.
public enum Category: String, SQLEnum, CaseIterable, Sendable {
    case identitySecurity = "identity_security"
    case accessHygiene = "access_hygiene"
    case shadowIT = "shadow_it"
    case devicePosture = "device_posture"
    case licenseWaste = "license_waste"
    case compoundRisk = "compound_risk"
    case driftSignal = "drift_signal"
    case behavioralAnomaly = "behavioral_anomaly"
    case accessRisk = "access_risk"
    /// Runs after all others, over what they found.
    case findingCorrelation = "finding_correlation"
}

/// What a finding is about.
public enum EntityType: String, Sendable {
    case identity, application, device, integration, workspace
}

/// What can be done about a finding.
public enum ActionType: String, SQLEnum, CaseIterable, Sendable {
    case suspendUser = "suspend_user"
    case unsuspendUser = "unsuspend_user"
    case forcePasswordChange = "force_password_change"
    case forceMFAEnroll = "force_mfa_enroll"
    case revokeSessions = "revoke_sessions"
    case revokeOAuthToken = "revoke_oauth_token"
    case revokeAllTokens = "revoke_all_tokens"
    case deactivateUser = "deactivate_user"
    case offboardUser = "offboard_user"
    case removeAdminRole = "remove_admin_role"
    case removeFromGroup = "remove_from_group"
    case revokeLicense = "revoke_license"
    case rotateCredentials = "rotate_credentials"
    case sanctionApp = "sanction_app"
    case blockApp = "block_app"
    case flagApp = "flag_app"
    case syncDevice = "sync_device"
    case lockDevice = "lock_device"
    case retireDevice = "retire_device"
    case containHost = "contain_host"
    case liftContainment = "lift_containment"
    case createTicket = "create_ticket"
    case notifyUser = "notify_user"
    case createAccessReview = "create_access_review"
}

/// A rule that finds problems in a workspace's data.
public struct Rule: Sendable {
    /// `category::name`.
    public let id: String
    /// What it looks for, in a few words.
    public let title: String
    /// Where it belongs.
    public let category: Category
    /// How bad what it finds is; the worst of them where that is computed.
    public let severity: Severity
    /// What its findings are about.
    public let entity: EntityType
    /// What to do about what it finds, one sentence.
    public let recommendedAction: String
    /// The action that does it, where the product can.
    public let action: ActionType?

    /// A rule whose id is the category's name and `name`.
    public init(
        _ category: Category, _ name: String, _ severity: Severity, on entity: EntityType, _ title: String,
        recommend recommendedAction: String, action: ActionType? = nil
    ) {
        id = category.rawValue + "::" + name
        self.title = title
        self.category = category
        self.severity = severity
        self.entity = entity
        self.recommendedAction = recommendedAction
        self.action = action
    }
}
