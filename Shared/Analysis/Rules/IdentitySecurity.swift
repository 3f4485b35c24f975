import Findings

extension Rule {
    /// Whether people are who they say they are: second factors, sign-ins, and accounts that nobody uses.
    static let identitySecurity: [Rule] = people + administrators + cloudAccounts + singleSignOn

    private static let people: [Rule] = [
        Rule(
            .identitySecurity, "user_without_mfa", .high, on: .identity, "User without MFA",
            recommend: "Have the user enroll a second factor.", action: .forceMFAEnroll),
        Rule(
            .identitySecurity, "mfa_gap_over_half", .critical, on: .workspace,
            "More than half the company without MFA",
            recommend: "Enforce multi-factor authentication for everyone in the identity provider.",
            action: .createTicket),
        // No sign-in to the identity provider for 30 days or more.
        Rule(
            .identitySecurity, "stale_account", .medium, on: .identity, "Stale account",
            needs: [.identityProvider],
            find: """
                SELECT id AS key, id AS identity_id, display_name AS identity_name, email AS identity_email,
                    last_login_at, (SELECT platform FROM idp) AS idp
                FROM people WHERE identity_type <> 'admin' AND last_login_at <= \(daysAgo: 30)
                """,
            say: """
                {identity_name} has not signed in to {idp:platform} for {last_login_at:days}, so nobody would notice \
                somebody else using the account.
                """,
            recommend: "Suspend the account, unless its owner is known to be on leave.", action: .suspendUser),
        // An account in the identity provider that is 14 days old or more.
        Rule(
            .identitySecurity, "never_signed_in", .medium, on: .identity, "Never signed in",
            recommend: "Find out whether the account is needed and remove it if not.", action: .suspendUser),
        Rule(
            .identitySecurity, "shared_mailbox_sign_in", .medium, on: .identity,
            "Shared mailbox that signs in",
            recommend: "Block sign-in for the shared mailbox and let people read it by delegation.",
            action: .revokeSessions),
        Rule(
            .identitySecurity, "new_hire_outside_idp", .medium, on: .identity,
            "New hire outside the identity provider",
            recommend: "Create the new hire's account in the identity provider and link the others to it.",
            action: .createTicket),
        Rule(
            .identitySecurity, "gitlab_stale_user", .medium, on: .identity, "GitLab user stale for 90 days",
            recommend: "Deactivate the GitLab user.", action: .deactivateUser),
    ]

    private static let administrators: [Rule] = [
        Rule(
            .identitySecurity, "admin_without_mfa", .critical, on: .identity, "Admin without MFA",
            recommend: "Have the admin enroll a second factor now, or remove the admin role.",
            action: .forceMFAEnroll),
        Rule(
            .identitySecurity, "stale_admin", .high, on: .identity, "Stale admin account",
            recommend: "Remove the admin role and suspend the account.", action: .removeAdminRole),
        Rule(
            .identitySecurity, "service_account_with_admin", .high, on: .identity,
            "Service account with admin",
            recommend: "Give the service account only the permissions that its job needs.",
            action: .removeAdminRole),
        // Someone external whom the identity provider knows.
        Rule(
            .identitySecurity, "external_admin", .critical, on: .identity, "External user with admin",
            recommend: "Remove the external user's admin role.", action: .removeAdminRole),
        // More than one in ten active people.
        Rule(
            .identitySecurity, "admin_share_too_high", .medium, on: .workspace, "Share of admins too high",
            recommend: "Review who needs to be an admin and remove the others' roles.",
            action: .createAccessReview),
        Rule(
            .identitySecurity, "too_many_super_admins", .medium, on: .workspace, "Too many super admins",
            recommend: "Keep at most five super admins and give the others narrower roles.",
            action: .createAccessReview),
        Rule(
            .identitySecurity, "single_super_admin", .low, on: .workspace, "Only one super admin",
            recommend: "Appoint a second super admin, so that one lost account locks nobody out.",
            action: .createTicket),
        // Platforms outside the identity providers that report MFA and have no rule of their own.
        Rule(
            .identitySecurity, "platform_admin_without_mfa", .high, on: .identity,
            "Platform admin without MFA",
            recommend: "Have the admin enroll a second factor on that platform.", action: .forceMFAEnroll),
        Rule(
            .identitySecurity, "gitlab_maintainer_without_mfa", .high, on: .identity,
            "GitLab maintainer without MFA",
            recommend: "Require two-factor authentication for the GitLab group.", action: .forceMFAEnroll),
    ]

    private static let cloudAccounts: [Rule] = [
        Rule(
            .identitySecurity, "aws_console_user_without_mfa", .high, on: .identity,
            "AWS console user without MFA",
            recommend: "Assign an MFA device to the IAM user, or remove its console password.",
            action: .forceMFAEnroll),
        Rule(
            .identitySecurity, "aws_root_without_mfa", .critical, on: .integration, "AWS root without MFA",
            recommend: "Put a hardware MFA device on the root user.", action: .createTicket),
        // A root sign-in within the last 30 days.
        Rule(
            .identitySecurity, "aws_root_used", .high, on: .integration, "AWS root used",
            recommend: "Find out who used the root user and why, and use an IAM role instead.",
            action: .createTicket),
        // An IAM user with console access and no sign-in for 90 days or more.
        Rule(
            .identitySecurity, "aws_stale_user", .high, on: .identity, "Stale AWS user",
            recommend: "Remove the IAM user's console password and keys.", action: .suspendUser),
    ]

    private static let singleSignOn: [Rule] =
        [
            Rule(
                .identitySecurity, "admin_direct_sign_in", .critical, on: .identity,
                "Admin signs in directly",
                recommend: "Require single sign-on for admins on that platform.", action: .revokeSessions),
            Rule(
                .identitySecurity, "executive_direct_sign_in", .critical, on: .identity,
                "Executive signs in directly",
                recommend: "Require single sign-on for executives on that platform.", action: .revokeSessions),
            Rule(
                .identitySecurity, "offboarded_direct_sign_in", .critical, on: .identity,
                "Offboarded user signs in directly",
                recommend: "Deactivate the account on that platform and end its sessions.",
                action: .offboardUser),
            Rule(
                .identitySecurity, "most_sign_ins_bypass_sso", .high, on: .integration,
                "Most sign-ins bypass SSO",
                recommend: "Enforce single sign-on on the platform and turn password sign-in off.",
                action: .createTicket),
        ]
        + businessPlatforms.map { platform, name in
            Rule(
                .identitySecurity, platform + "_sso_not_enforced", .high, on: .integration,
                "SSO not enforced in \(name)",
                recommend: "Enforce single sign-on in \(name).", action: .createTicket)
        }
}
