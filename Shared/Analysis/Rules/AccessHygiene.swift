import Findings

extension Rule {
    /// Access that should have ended, or whose owner nobody can name.
    static let accessHygiene: [Rule] = leavers + records + unmatched + accessKeys

    private static let leavers: [Rule] =
        [
            // Live entitlements of someone suspended or deprovisioned, none of them admin.
            Rule(
                .accessHygiene, "inactive_user_with_entitlements", .high, on: .identity,
                "Suspended or deprovisioned user with live entitlements",
                recommend: "Remove the user's remaining entitlements.", action: .offboardUser),
            Rule(
                .accessHygiene, "inactive_user_with_admin", .critical, on: .identity,
                "Suspended or deprovisioned user with admin entitlement",
                recommend: "Remove the admin entitlement now.", action: .removeAdminRole),
            Rule(
                .accessHygiene, "offboarded_but_active", .high, on: .identity,
                "Offboarded but active elsewhere",
                recommend: "Suspend the accounts that are still active.", action: .suspendUser),
            Rule(
                .accessHygiene, "offboarded_admin_active", .critical, on: .identity,
                "Offboarded but admin elsewhere",
                recommend: "Remove the admin role and suspend the accounts that are still active.",
                action: .offboardUser),
            Rule(
                .accessHygiene, "terminated_in_hr_but_active", .critical, on: .identity,
                "Terminated in HR but active",
                recommend: "Offboard the person in the identity provider now.", action: .offboardUser),
            Rule(
                .accessHygiene, "gitlab_offboarded_active", .high, on: .identity,
                "Offboarded but active in GitLab",
                recommend: "Block the GitLab user.", action: .suspendUser),
        ]
        + businessPlatforms.map { platform, name in
            Rule(
                .accessHygiene, platform + "_offboarded_active", .critical, on: .identity,
                "Offboarded but active in \(name)",
                recommend: "Deactivate the user in \(name).", action: .suspendUser)
        }

    private static let records: [Rule] = [
        Rule(
            .accessHygiene, "department_mismatch", .low, on: .identity,
            "Department differs between HR and directory",
            recommend: "Correct the department in the directory.", action: .createTicket),
        Rule(
            .accessHygiene, "manager_mismatch", .low, on: .identity,
            "Manager differs between HR and directory",
            recommend: "Correct the manager in the directory.", action: .createTicket),
        Rule(
            .accessHygiene, "manager_departed", .low, on: .identity, "Manager has left",
            recommend: "Give the person a new manager, so that access requests reach someone.",
            action: .createTicket),
        // An active employee in the identity provider whom HR does not know.
        Rule(
            .accessHygiene, "ghost_employee", .medium, on: .identity, "Ghost employee",
            recommend: "Ask HR who this is and suspend the account if nobody knows.", action: .suspendUser),
        // In HR since 3 days or more, with no account in the identity provider nor anywhere else.
        Rule(
            .accessHygiene, "new_hire_without_account", .medium, on: .identity, "New hire without account",
            recommend: "Create the new hire's account in the identity provider.", action: .createTicket),
    ]

    // Service accounts, shared mailboxes and HR records need no match.
    private static let unmatched: [Rule] =
        [
            // On platforms that have no such rule of their own below.
            Rule(
                .accessHygiene, "account_without_idp_identity", .high, on: .identity,
                "Account without identity-provider match",
                recommend: "Link the account to a person in the identity provider or remove it.",
                action: .suspendUser),
            Rule(
                .accessHygiene, "admin_account_without_idp_identity", .critical, on: .identity,
                "Admin account without identity-provider match",
                recommend:
                    "Remove the admin role until the account is linked to a person in the identity provider.",
                action: .removeAdminRole),
            Rule(
                .accessHygiene, "aws_user_not_in_idp", .high, on: .identity,
                "AWS user not in identity provider",
                recommend: "Replace the IAM user by single sign-on.", action: .suspendUser),
            Rule(
                .accessHygiene, "aws_admin_not_in_idp", .critical, on: .identity,
                "AWS admin not in identity provider",
                recommend: "Detach the administrator policy and find the IAM user's owner.",
                action: .removeAdminRole),
            Rule(
                .accessHygiene, "github_owner_not_in_idp", .critical, on: .identity,
                "GitHub owner not in identity provider",
                recommend: "Make the owner a member or remove them from the organization.",
                action: .removeAdminRole),
            Rule(
                .accessHygiene, "gitlab_maintainer_not_in_idp", .critical, on: .identity,
                "GitLab maintainer not in identity provider",
                recommend: "Remove the maintainer role in GitLab.", action: .removeAdminRole),
            Rule(
                .accessHygiene, "gitlab_developer_not_in_idp", .high, on: .identity,
                "GitLab developer not in identity provider",
                recommend: "Block the GitLab user until its owner is known.", action: .suspendUser),
        ]
        + businessPlatforms.flatMap { platform, name in
            [
                Rule(
                    .accessHygiene, platform + "_admin_not_in_idp", .critical, on: .identity,
                    "\(name) admin not in identity provider",
                    recommend: "Remove the admin role in \(name).", action: .removeAdminRole),
                Rule(
                    .accessHygiene, platform + "_user_not_in_idp", .high, on: .identity,
                    "\(name) user not in identity provider",
                    recommend: "Deactivate the user in \(name).", action: .suspendUser),
            ]
        }

    private static let accessKeys: [Rule] = [
        Rule(
            .accessHygiene, "aws_key_unused", .high, on: .identity, "AWS key unused for 90 days",
            recommend: "Deactivate the access key.", action: .rotateCredentials),
        // Of the keys that are in use: an unused one is reported as that.
        Rule(
            .accessHygiene, "aws_key_old", .medium, on: .identity, "AWS key older than 90 days",
            recommend: "Rotate the access key.", action: .rotateCredentials),
        Rule(
            .accessHygiene, "aws_multiple_active_keys", .medium, on: .identity,
            "More than one active AWS key",
            recommend: "Finish the rotation and deactivate the older key.", action: .rotateCredentials),
        Rule(
            .accessHygiene, "gitlab_token_without_expiry", .medium, on: .identity,
            "GitLab token without expiry",
            recommend: "Replace the token by one that expires.", action: .rotateCredentials),
        Rule(
            .accessHygiene, "github_token_without_expiry", .medium, on: .identity,
            "GitHub token without expiry",
            recommend: "Replace the token by one that expires.", action: .rotateCredentials),
        // Deploy keys belong to a repository and need none.
        Rule(
            .accessHygiene, "access_key_without_owner", .medium, on: .integration, "Active key without owner",
            recommend: "Find out what uses the key and move it to a named service account.",
            action: .rotateCredentials),
    ]
}
