public import Store

/// An action about a finding, carried out at a platform or by the product itself.
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
