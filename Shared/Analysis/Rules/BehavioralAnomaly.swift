import Findings

extension Rule {
    /// What people and attackers did in the last 30 days that is not usual.
    static let behavioralAnomaly: [Rule] = [
        Rule(
            .behavioralAnomaly, "repeated_mfa_failures", .high, on: .identity,
            "Five or more failed MFA in an hour",
            recommend: "Ask the user whether it was them and end their sessions if not.",
            action: .revokeSessions),
        Rule(
            .behavioralAnomaly, "mfa_factor_disabled", .medium, on: .identity, "MFA factor disabled",
            recommend: "Ask the user whether they disabled the factor themselves.", action: .notifyUser),
        Rule(
            .behavioralAnomaly, "suspicious_activity_reported", .high, on: .identity,
            "Suspicious activity reported",
            recommend: "Talk to the user who reported it and end their sessions.", action: .revokeSessions),
        Rule(
            .behavioralAnomaly, "high_risk_sign_in", .high, on: .identity, "High-risk sign-in",
            recommend: "End the session and confirm the sign-in with the user.", action: .revokeSessions),
        // Ten or more failed sign-ins of one person from three or more addresses within a day.
        Rule(
            .behavioralAnomaly, "brute_force", .high, on: .identity, "Brute force",
            recommend: "Change the password and block the addresses.", action: .forcePasswordChange),
        Rule(
            .behavioralAnomaly, "success_after_brute_force", .critical, on: .identity,
            "Sign-in after brute force",
            recommend: "Suspend the account and treat it as compromised.", action: .suspendUser),
        // Failures of ten or more people from one address within a day.
        Rule(
            .behavioralAnomaly, "password_spray", .high, on: .workspace, "Password spray",
            recommend: "Block the address in the identity provider's network zones.", action: .createTicket),
        // Between 22:00 and 06:00 UTC, in the last 7 days, at over twice the person's rate of the two weeks before.
        Rule(
            .behavioralAnomaly, "off_hours_sign_in", .medium, on: .identity,
            "Off-hours sign-ins above baseline",
            recommend: "Ask the user about the sign-ins at night.", action: .notifyUser),
        // Two countries within two hours.
        Rule(
            .behavioralAnomaly, "impossible_travel", .high, on: .identity, "Impossible travel",
            recommend: "End the sessions and confirm both sign-ins with the user.", action: .revokeSessions),
        // 100 files or more in a day.
        Rule(
            .behavioralAnomaly, "unusual_downloads", .high, on: .identity, "Unusual downloads",
            recommend: "Find out what was downloaded and why.", action: .notifyUser),
        // 50 files or more in a day.
        Rule(
            .behavioralAnomaly, "mass_deletion", .high, on: .identity, "Mass deletion",
            recommend: "Restore the files and ask the user about it.", action: .revokeSessions),
        // Three or more in a day.
        Rule(
            .behavioralAnomaly, "admin_grant_burst", .high, on: .identity, "Burst of admin grants",
            recommend: "Review the roles that were granted and take back those without a request.",
            action: .createAccessReview),
        Rule(
            .behavioralAnomaly, "audit_logging_disabled", .critical, on: .integration,
            "Audit logging disabled",
            recommend: "Turn audit logging on again and find out who turned it off.", action: .createTicket),
        Rule(
            .behavioralAnomaly, "sign_on_policy_weakened", .high, on: .integration, "Sign-on policy weakened",
            recommend: "Restore the sign-on policy.", action: .createTicket),
        // A sign-in after 60 days or more without one.
        Rule(
            .behavioralAnomaly, "dormant_account_awakened", .medium, on: .identity,
            "Dormant account awakened",
            recommend: "Confirm the sign-in with the user.", action: .notifyUser),
        // Three or more within a day.
        Rule(
            .behavioralAnomaly, "repeated_password_resets", .medium, on: .identity,
            "Repeated password resets",
            recommend: "Confirm the resets with the user.", action: .notifyUser),
    ]
}
