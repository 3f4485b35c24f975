/// The event types that rules ask about, whatever a provider calls them. An event that none of these names keeps the
/// provider's own word.
public enum EventType {
    /// A sign-in at an identity provider, or an attempt. details: `country` (two letters) when the provider tells.
    public static let signIn = "user.session.start"
    /// A sign-in to a platform that is no identity provider. details: `method`, which is `password` or `sso`.
    public static let platformSignIn = "user.login"
    /// A second factor was asked for: whether it was given.
    public static let secondFactor = "user.authentication.auth_via_mfa"
    /// A second factor was taken off an account.
    public static let factorRemoved = "user.mfa.factor.deactivate"
    /// A user says that something was not their doing.
    public static let suspiciousActivity = "user.account.report_suspicious_activity_by_enduser"
    /// A sign-in was judged. details: `risk`, which is `low`, `medium` or `high`.
    public static let signInPolicy = "policy.evaluate_sign_on"
    /// A password was reset.
    public static let passwordReset = "user.account.reset_password"
    /// Rights of an administrator were granted.
    public static let privilegeGranted = "user.account.privilege.grant"
    /// A policy that sign-ins are checked by was deleted.
    public static let policyDeleted = "policy.lifecycle.delete"
    /// A file was downloaded.
    public static let download = "download"
    /// Something was deleted for good, or put into the bin.
    public static let deletion = "delete"
    public static let trash = "trash"
}
