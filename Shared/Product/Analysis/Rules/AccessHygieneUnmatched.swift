import Findings
import Integrations

extension Rule {
    /// Rules about active accounts whose owner no identity provider knows. Service accounts, shared mailboxes and HR
    /// records need no match.
    static let unmatchedAccounts: [Rule] = general + cloud + code + business

    private static let general: [Rule] = [
        // Covers accounts for which there is no rule below. GitHub's outside collaborators are covered by access_risk.
        Rule(
            .accessHygiene, "account_without_idp_identity", .high, on: .identity,
            "Account without identity-provider match",
            needs: [.identityProvider, .applications],
            evidence: .unmatched,
            find: """
                SELECT * FROM strangers
                WHERE NOT is_admin AND NOT is_business AND account_platform <> 'aws' AND account_type = 'user'
                    AND (account_platform <> 'gitlab' OR role IS NULL OR role <> 'developer') AND has_address
                """,
            say: """
                {identity_name} has an account on {account_platform:platform} that matches nobody in {idp:platform}, \
                so nothing closes it when the person leaves.
                """,
            recommend: "Link the account to a person in the identity provider or remove it.",
            action: .suspendUser),
        Rule(
            .accessHygiene, "admin_account_without_idp_identity", .critical, on: .identity,
            "Admin account without identity-provider match",
            needs: [.identityProvider, .applications],
            evidence: .unmatched,
            find: """
                SELECT * FROM strangers
                WHERE is_admin AND NOT is_business AND account_platform NOT IN ('aws', 'github', 'gitlab')
                    AND has_address
                """,
            say: """
                {identity_name} is an admin of {account_platform:platform} whom {idp:platform} does not know, so no \
                offboarding will ever remove them.
                """,
            recommend:
                "Remove the admin role until the account is linked to a person in the identity provider.",
            action: .removeAdminRole),
        // Covers guests and people of other companies, if the platform knows them as such. GitHub's outside collaborators
        // are covered by access_risk.
        Rule(
            .accessHygiene, "external_accounts_outside_idp", .medium, on: .integration,
            "External accounts outside of the identity provider",
            needs: [.identityProvider, .applications],
            evidence: .unmatched,
            find: """
                SELECT account_platform AS key, account_platform AS integration_platform, source, account_id,
                    account_name, account_platform, count(*) OVER (PARTITION BY account_platform) AS accounts,
                    count(*) OVER (PARTITION BY account_platform) AS affected_count, idp
                FROM strangers
                WHERE NOT is_admin AND NOT is_business AND account_type = 'external' AND account_platform <> 'github'
                """,
            say: """
                {integration_platform:platform} has {accounts:external account} that {accounts?matches/match} nobody in \
                {idp:platform}, so nothing closes {accounts?it/them} when the work together ends.
                """,
            recommend: "Review the external accounts and remove those whose work has ended.",
            action: .createAccessReview),
        // Covers accounts of which the platform tells no address, such as private addresses of GitHub's members.
        Rule(
            .accessHygiene, "accounts_without_address", .low, on: .integration, "Accounts that can't be matched",
            needs: [.identityProvider, .applications],
            evidence: .unmatched,
            find: """
                SELECT account_platform AS key, account_platform AS integration_platform, source, account_id,
                    account_name, account_platform, count(*) OVER (PARTITION BY account_platform) AS accounts,
                    count(*) OVER (PARTITION BY account_platform) AS affected_count, idp
                FROM strangers WHERE NOT has_address AND account_type = 'user'
                """,
            say: """
                {integration_platform:platform} tells no address of {accounts:account}, so nobody can tell if \
                {accounts?its owner/their owners} still {accounts?works/work} here.
                """,
            recommend:
                "Connect the platform to the identity provider by SAML or SCIM, which tell whose the accounts are.",
            action: .createTicket),
    ]

    // Covers IAM users only; other rules cover the root user and roles.
    private static let cloud: [Rule] = [
        Rule(
            .accessHygiene, "aws_user_not_in_idp", .high, on: .identity,
            "AWS user not in identity provider",
            needs: [.identityProvider, .platform("aws")],
            evidence: .unmatched,
            find: """
                SELECT * FROM strangers
                WHERE account_platform = 'aws' AND (kind IS NULL OR kind = 'user') AND NOT is_admin
                """,
            say: """
                The IAM user {account_name}[ signed in to the AWS console {last_login_at:ago} and] matches nobody in \
                {idp:platform}.
                """,
            recommend: "Replace the IAM user with single sign-on.", action: .suspendUser),
        Rule(
            .accessHygiene, "aws_admin_not_in_idp", .critical, on: .identity,
            "AWS admin not in identity provider",
            needs: [.identityProvider, .platform("aws")],
            evidence: .unmatched,
            find: """
                SELECT * FROM strangers
                WHERE account_platform = 'aws' AND (kind IS NULL OR kind = 'user') AND is_admin
                """,
            say: """
                The IAM user {account_name} has administrator rights in AWS[ and signed in {last_login_at:ago}], but \
                matches nobody in {idp:platform}.
                """,
            recommend: "Detach the administrator policy and find the IAM user's owner.",
            action: .removeAdminRole),
    ]

    private static let code: [Rule] = [
        Rule(
            .accessHygiene, "github_owner_not_in_idp", .critical, on: .identity,
            "GitHub owner not in identity provider",
            needs: [.identityProvider, .platform("github")],
            evidence: .unmatched,
            find: "SELECT * FROM strangers WHERE account_platform = 'github' AND is_admin AND has_address",
            say: """
                {identity_name} owns the GitHub organization with an account that {idp:platform} does not know, so the \
                code leaves with its owner.
                """,
            recommend: "Make the owner a member or remove them from the organization.",
            action: .removeAdminRole),
        Rule(
            .accessHygiene, "gitlab_maintainer_not_in_idp", .critical, on: .identity,
            "GitLab maintainer not in identity provider",
            needs: [.identityProvider, .platform("gitlab")],
            evidence: .unmatched,
            find: "SELECT * FROM strangers WHERE account_platform = 'gitlab' AND is_admin AND has_address",
            say: """
                {identity_name} is a GitLab maintainer whom {idp:platform} does not know, so an unknown person can \
                change protected branches.
                """,
            recommend: "Remove the maintainer role in GitLab.", action: .removeAdminRole),
        Rule(
            .accessHygiene, "gitlab_developer_not_in_idp", .high, on: .identity,
            "GitLab developer not in identity provider",
            needs: [.identityProvider, .platform("gitlab")],
            evidence: .unmatched,
            find: """
                SELECT * FROM strangers
                WHERE account_platform = 'gitlab' AND role = 'developer' AND NOT is_admin AND has_address
                """,
            say: """
                {identity_name} is a GitLab developer whom {idp:platform} does not know, so someone that no \
                offboarding reaches can push code.
                """,
            recommend: "Block the GitLab user until its owner is known.", action: .suspendUser),
    ]

    private static let business = PlatformNames.business.flatMap { platform, name in
        [
            Rule(
                .accessHygiene, platform + "_admin_not_in_idp", .critical, on: .identity,
                "\(name) admin not in identity provider",
                needs: [.identityProvider, .platform(platform)],
                evidence: .unmatched,
                find: "SELECT * FROM strangers WHERE account_platform = \(platform) AND is_admin AND has_address",
                say: """
                    {identity_name} is an admin of {account_platform:platform} whom {idp:platform} does not know, so no \
                    offboarding will ever remove them.
                    """,
                recommend: "Remove the admin role in \(name).", action: .removeAdminRole),
            Rule(
                .accessHygiene, platform + "_user_not_in_idp", .high, on: .identity,
                "\(name) user not in identity provider",
                needs: [.identityProvider, .platform(platform)],
                evidence: .unmatched,
                find: "SELECT * FROM strangers WHERE account_platform = \(platform) AND NOT is_admin AND has_address",
                say: """
                    {identity_name} has an account on {account_platform:platform} that matches nobody in \
                    {idp:platform}, so nothing closes it when the person leaves.
                    """,
                recommend: "Deactivate the user in \(name).", action: .suspendUser),
        ]
    }
}
