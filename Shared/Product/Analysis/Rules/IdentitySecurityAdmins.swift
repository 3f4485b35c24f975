import Findings
import Integrations
import Store

extension Rule {
    /// Rules about admins of the identity provider and of other platforms.
    static let identitySecurityOfAdmins: [Rule] = [
        Rule(
            .identitySecurity, "admin_without_mfa", .critical, on: .identity, "Admin without MFA",
            needs: [.identityProvider],
            find: """
                SELECT * FROM (
                    SELECT id AS key, id AS identity_id, display_name AS identity_name, email AS identity_email,
                        (SELECT platform FROM live_accounts
                            WHERE identity_id = people.id AND idp_role IS NOT NULL AND NOT mfa_enabled
                            ORDER BY idp_role DESC, platform LIMIT 1) AS source
                    FROM people WHERE NOT mfa_enabled AND identity_type = 'admin') AS exposed
                WHERE source IS NOT NULL
                """,
            say: """
                {identity_name} is an admin and has no second factor in {source:platform}, so one stolen password opens \
                everyone's account.
                """,
            recommend: "Have the admin enroll a second factor now, or remove the admin role.",
            action: .forceMFAEnroll),
        // Finds admins whose last sign-in to the identity provider was 30 days ago or more.
        Rule(
            .identitySecurity, "stale_admin", .high, on: .identity, "Stale admin account",
            needs: [.identityProvider],
            find: """
                SELECT id AS key, id AS identity_id, display_name AS identity_name, email AS identity_email,
                    last_login_at, (SELECT platform FROM idp) AS idp
                FROM people WHERE identity_type = 'admin' AND last_login_at <= \(daysAgo: 30)
                """,
            say: """
                {identity_name} is an admin but has not signed in to {idp:platform} for {last_login_at:days}, so nobody \
                would notice if someone else did.
                """,
            recommend: "Remove the admin role and suspend the account.", action: .removeAdminRole),
        // Covers service accounts without an identity too. Roles of cloud accounts are left out; their trust policies
        // have rules of their own.
        Rule(
            .identitySecurity, "service_account_with_admin", .high, on: .identity,
            "Service account with admin",
            needs: [.applications],
            find: """
                SELECT everyone.id AS key, \(person: "everyone"), admin_places.place, admin_places.platform AS source
                FROM everyone JOIN admin_places ON admin_places.identity_id = everyone.id
                WHERE everyone.identity_type = 'service_account' AND everyone.status = 'active'
                UNION ALL
                SELECT key, identity_id, identity_name, identity_email, account_platform, source
                FROM account_holders
                WHERE is_admin AND identity_id IS NULL AND account_type = 'service_account'
                    AND (metadata ->> 'kind' IS NULL OR metadata ->> 'kind' <> 'role')
                """,
            say: """
                The service account {identity_name} is an admin of {place:platform}, so one leaked key controls \
                everything there.
                """,
            recommend: "Give the service account only the permissions that its job needs.",
            action: .removeAdminRole),
        // Finds external people that an identity provider knows and who are admins anywhere.
        Rule(
            .identitySecurity, "external_admin", .critical, on: .identity, "External user with admin",
            needs: [.identityProvider],
            find: """
                SELECT people.id AS key, \(person: "people"), admin_places.place, admin_places.platform AS source
                FROM people JOIN admin_places ON admin_places.identity_id = people.id
                WHERE people.identity_type = 'external'
                """,
            say: """
                {identity_name} is external to the company but an admin of {place:platform}, so an outsider decides who \
                gets in there and what they see.
                """,
            recommend: "Remove the external user's admin role.", action: .removeAdminRole),
        // Allows five admins, which every company may need. Beyond that, finds more than one admin in ten active people.
        Rule(
            .identitySecurity, "admin_share_too_high", .medium, on: .workspace, "Share of admins too high",
            needs: [.identityProvider],
            find: """
                SELECT affected_count, everybody, affected_count * 100 / everybody AS percent,
                    (SELECT platform FROM idp) AS idp
                FROM (
                    SELECT count(*) AS everybody, count(*) FILTER (WHERE identity_type = 'admin') AS affected_count
                    FROM people) AS counted
                WHERE affected_count * 10 > everybody AND affected_count > 5
                """,
            say: """
                {affected_count} of {everybody} people ({percent} per cent) are admins in {idp:platform}, so a stolen \
                password is likely to be an admin's.
                """,
            recommend: "Review who needs to be an admin and remove the others' roles.",
            action: .createAccessReview),
        // Finds more than four super admins; more than eight are worse. CIS asks for two to four, CISA for two to eight.
        // Emergency accounts are left out.
        Rule(
            .identitySecurity, "too_many_super_admins", .high, on: .workspace, "Too many super admins",
            needs: [.identityProvider],
            find: """
                SELECT counted.*, CASE WHEN affected_count > 8 THEN 'high' ELSE 'medium' END AS severity FROM (
                    SELECT identity_id, identity_name, identity_email, source, count(*) OVER () AS affected_count
                    FROM super_admins
                    WHERE identity_id IS NULL OR identity_id NOT IN (SELECT id FROM emergencies)) AS counted
                WHERE affected_count > 4
                """,
            say: """
                {source:platform} has {affected_count} super admins, {identity_name}, and any of their passwords \
                opens the whole company.
                """,
            recommend: "Keep at most four super admins and give the others narrower roles.",
            action: .createAccessReview),
        Rule(
            .identitySecurity, "single_super_admin", .medium, on: .workspace, "Only one super admin",
            needs: [.identityProvider],
            find: """
                SELECT * FROM (
                    SELECT identity_id, identity_name, identity_email, source, count(*) OVER () AS admins
                    FROM super_admins) AS counted
                WHERE admins = 1
                """,
            say: """
                {identity_name} is the only super admin of {source:platform}, so if that account is lost, nobody can \
                repair anything.
                """,
            recommend: "Appoint a second super admin, so that one lost account locks nobody out.",
            action: .createTicket),
        // Covers platforms other than identity providers that report MFA and have no rule of their own. Leaves out people
        // who sign in there through the identity provider, whose second factor counts then (`signsInElsewhere`).
        Rule(
            .identitySecurity, "platform_admin_without_mfa", .high, on: .identity,
            "Platform admin without MFA",
            needs: [.applications],
            find: """
                SELECT * FROM account_holders
                WHERE is_admin AND NOT mfa_enabled AND idp_role IS NULL AND account_type <> 'service_account'
                    AND account_platform NOT IN ('aws', 'gitlab') AND NOT \(RuleQuery.signsInElsewhere)
                """,
            say: """
                {identity_name} administers {account_platform:platform} without a second factor there, so whoever \
                learns the password has an admin's rights.
                """,
            recommend: "Have the admin enroll a second factor on that platform.", action: .forceMFAEnroll),
        Rule(
            .identitySecurity, "gitlab_maintainer_without_mfa", .high, on: .identity,
            "GitLab maintainer without MFA",
            needs: [.platform("gitlab")],
            find: """
                SELECT * FROM account_holders
                WHERE account_platform = 'gitlab' AND NOT mfa_enabled AND account_type <> 'service_account'
                    AND (is_admin OR metadata ->> 'role' IN ('maintainer', 'owner')) AND NOT \(RuleQuery.signsInElsewhere)
                """,
            say: """
                {identity_name} can change protected branches and settings in GitLab without a second factor, so \
                whoever learns the password can change what the company ships.
                """,
            recommend: "Require two-factor authentication for the GitLab group.", action: .forceMFAEnroll),
    ]
}
