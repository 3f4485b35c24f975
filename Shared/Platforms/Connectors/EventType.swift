/// The event types that all providers share, so that rules can ask about them. An event of any other type has the
/// provider's own name, or one that its connector makes up.
public enum EventType {
    /// A sign-in to an identity provider, or an attempt. details: `country` (two letters) if the provider reports it.
    public static let signIn = "user.session.start"
    /// A sign-in to a platform that is not an identity provider. details: `method`, which is `password` or `sso`, if it
    /// is known.
    public static let platformSignIn = "user.login"
    /// A request for a second factor. The outcome says if the user passed it.
    public static let secondFactor = "user.authentication.auth_via_mfa"
    /// The removal of a second factor from an account.
    public static let factorRemoved = "user.mfa.factor.deactivate"
    /// A user's report that an activity was not their own.
    public static let suspiciousActivity = "user.account.report_suspicious_activity_by_enduser"
    /// An assessment of a sign-in's risk. details: `risk`, which is `low`, `medium` or `high`.
    public static let signInPolicy = "policy.evaluate_sign_on"
    /// A reset or change of a password.
    public static let passwordReset = "user.account.reset_password"
    /// A grant of administrator rights.
    public static let privilegeGranted = "user.account.privilege.grant"
    /// The deletion of a policy that controls sign-ins.
    public static let policyDeleted = "policy.lifecycle.delete"
    /// A download of a file or a repository.
    public static let download = "download"
    /// A permanent deletion, such as that of a file, a repository or a group.
    public static let deletion = "delete"
    /// A move to the bin.
    public static let trash = "trash"
}
