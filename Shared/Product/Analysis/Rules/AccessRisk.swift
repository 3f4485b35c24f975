import Findings
import Integrations
import Store

extension Rule {
    /// Rules about access that is valid but too wide, and about leaks of code and data.
    static let accessRisk: [Rule] = wideAccess + riskyRoles + riskyCode + riskyCustomerData

    private static let wideAccess: [Rule] = [
        // Finds standard users of the identity provider who administer three or more applications or platforms.
        Rule(
            .accessRisk, "shadow_admin", .high, on: .identity, "Shadow admin",
            needs: [.identityProvider],
            supersedes: ["access_risk::admin_of_many_apps"],
            evidence: .matched,
            find: """
                SELECT people.id AS key, \(person: "people"), held.place, (SELECT platform FROM idp) AS idp
                FROM (
                    SELECT identity_id, place, count(*) OVER (PARTITION BY identity_id) AS places
                    FROM admin_places WHERE idp_role IS NULL GROUP BY identity_id, place) AS held
                JOIN people ON people.id = held.identity_id
                WHERE held.places >= 3 AND people.identity_type = 'user'
                """,
            say: """
                {identity_name} is a standard user in {idp:platform} but administers {place:platform}, which no admin \
                review shows.
                """,
            recommend: "Review the admin access and remove what is not needed.", action: .createAccessReview),
        // Finds people who administer twelve or more applications or platforms.
        Rule(
            .accessRisk, "admin_of_many_apps", .medium, on: .identity, "Admin of many apps",
            needs: [.identityProvider],
            evidence: .matched,
            find: """
                SELECT people.id AS key, \(person: "people"), held.place, held.places
                FROM (
                    SELECT identity_id, place, count(*) OVER (PARTITION BY identity_id) AS places
                    FROM admin_places WHERE idp_role IS NULL GROUP BY identity_id, place) AS held
                JOIN people ON people.id = held.identity_id
                WHERE held.places >= 12
                """,
            say: """
                {identity_name} administers {places:application}, {place:platform}, so whoever takes over this one \
                account controls them all.
                """,
            recommend: "Share the admin work, so that one account does not open everything.",
            action: .createAccessReview),
        // Finds applications with more than ten admins who are known people or service accounts.
        Rule(
            .accessRisk, "app_with_too_many_admins", .medium, on: .application, "App with too many admins",
            needs: [.identityProvider],
            find: """
                SELECT live_applications.id AS key, live_applications.id AS application_id,
                    live_applications.name AS application_name, \(person: "everyone"),
                    held.platform AS source, held.admins
                FROM (
                    SELECT application_id, identity_id, platform,
                        count(identity_id) OVER (PARTITION BY application_id) AS admins
                    FROM live_entitlements WHERE is_admin
                    GROUP BY platform, application_id, identity_id) AS held
                JOIN live_applications ON live_applications.id = held.application_id
                JOIN everyone ON everyone.id = held.identity_id
                WHERE held.admins > 10
                """,
            say: """
                {application_name} has {admins} admins, any of whom can change its settings and let others in.
                """,
            recommend: "Review the app's admins.", action: .createAccessReview),
        // Finds external users with ten or more applications.
        Rule(
            .accessRisk, "external_with_many_apps", .medium, on: .identity, "External user with many apps",
            needs: [.identityProvider],
            find: """
                SELECT * FROM (
                    SELECT id AS key, id AS identity_id, display_name AS identity_name, email AS identity_email,
                        (SELECT count(DISTINCT application_id) FROM live_entitlements
                            WHERE identity_id = people.id) AS applications
                    FROM people
                    WHERE identity_type = 'external' AND id NOT IN (SELECT id FROM contractors)) AS counted
                WHERE applications >= 10
                """,
            say: """
                {identity_name} is external to the company and can use {applications} applications, more than such work \
                usually needs.
                """,
            recommend: "Review what the external user needs.", action: .createAccessReview),
    ]

    /// Rules about AWS roles. In an account's metadata, `trusts` says who may assume the role, and `has_condition` if
    /// the trust policy has a condition for that. `trusted_provider` names an identity provider that strangers use.
    private static let riskyRoles: [Rule] = [
        Rule(
            .accessRisk, "aws_role_trusts_anyone", .critical, on: .integration, "AWS role trusts anyone",
            needs: [.platform("aws")],
            find: """
                SELECT 'aws:' || COALESCE(username, display_name, CAST(id AS text)) AS key,
                    'aws' AS integration_platform,
                    COALESCE(username, display_name, CAST(id AS text)) AS integration_name,
                    COALESCE('user of ' || (metadata ->> 'trusted_provider'), 'AWS account') AS stranger
                FROM live_accounts
                WHERE platform = 'aws' AND status = 'active' AND metadata ->> 'trusts' = 'anyone'
                    AND (metadata ->> 'has_condition' IS NULL OR metadata ->> 'has_condition' <> 'yes')
                """,
            say: """
                The AWS role {integration_name} can be assumed by any {stranger} in the world, so whatever it may do, \
                a stranger may do.
                """,
            recommend: "Name the principals that may assume the role.", action: .createTicket),
        Rule(
            .accessRisk, "aws_cross_account_trust", .high, on: .integration,
            "Cross-account trust without condition",
            needs: [.platform("aws")],
            find: """
                SELECT 'aws:' || COALESCE(username, display_name, CAST(id AS text)) AS key,
                    'aws' AS integration_platform,
                    COALESCE(username, display_name, CAST(id AS text)) AS integration_name,
                    COALESCE('account ' || (metadata ->> 'trusted_account'), 'another account') AS trusted
                FROM live_accounts
                WHERE platform = 'aws' AND status = 'active' AND metadata ->> 'trusts' = 'other_account'
                    AND metadata ->> 'has_condition' = 'no'
                """,
            say: """
                The AWS role {integration_name} trusts {trusted} without a condition, so if a vendor owns it, any \
                customer of that vendor may get in.
                """,
            recommend: "Require an external ID in the role's trust policy.", action: .createTicket),
    ]

    /// Rules about Salesforce. In an account's metadata, `modify_all_data` and `view_all_data` say if the account has
    /// the permission. Admins have both through their profile.
    private static let riskyCustomerData: [Rule] = [
        Rule(
            .accessRisk, "salesforce_modify_all_data", .high, on: .identity, "Salesforce ModifyAllData",
            needs: [.platform("salesforce")],
            find: """
                SELECT * FROM account_holders
                WHERE account_platform = 'salesforce' AND NOT is_admin AND metadata ->> 'modify_all_data' = 'yes'
                """,
            say: """
                {identity_name} is not a Salesforce admin but can modify all data, so one mistake or one stolen \
                session can overwrite every customer record.
                """,
            recommend: "Remove the permission to modify all data.", action: .removeAdminRole),
        // Leaves out people who may modify all data: they can view them too, and have the finding above.
        Rule(
            .accessRisk, "salesforce_view_all_data", .high, on: .identity, "Salesforce ViewAllData",
            needs: [.platform("salesforce")],
            find: """
                SELECT * FROM account_holders
                WHERE account_platform = 'salesforce' AND NOT is_admin AND metadata ->> 'view_all_data' = 'yes'
                    AND (metadata ->> 'modify_all_data' IS NULL OR metadata ->> 'modify_all_data' <> 'yes')
                """,
            say: """
                {identity_name} is not a Salesforce admin but can view all data, so one stolen session is enough to \
                read every customer record.
                """,
            recommend: "Remove the permission to view all data.", action: .removeAdminRole),
        // Covers the last 30 days. Service accounts are left out, since integrations move data regularly. The product's
        // definition fixes the severity, so it does not depend on what is usual for the person.
        Rule(
            .accessRisk, "salesforce_bulk_export", .high, on: .identity, "Salesforce bulk export",
            needs: [.platform("salesforce")],
            find: """
                SELECT COALESCE(CAST(everyone.id AS text), live_events.actor) AS key, everyone.id AS identity_id,
                    COALESCE(everyone.display_name, live_events.actor) AS identity_name,
                    everyone.email AS identity_email, max(live_events.occurred_at) AS exported_at, count(*) AS exports
                FROM live_events LEFT JOIN everyone ON everyone.id = live_events.identity_id
                WHERE live_events.event_type IN ('BulkApiResultEvent', 'DataExport')
                    AND live_events.platform = 'salesforce' AND live_events.outcome = 'success'
                    AND epoch(live_events.occurred_at) >= epoch(\(daysAgo: 30))
                    AND COALESCE(everyone.display_name, live_events.actor) IS NOT NULL
                    AND (everyone.id IS NULL OR everyone.identity_type <> 'service_account')
                GROUP BY everyone.id, everyone.display_name, everyone.email, live_events.actor
                """,
            say: """
                {identity_name} exported Salesforce data in bulk {exported_at:ago}, {exports:time} in the last 30 days, \
                so a copy of customer records is outside of Salesforce.
                """,
            recommend: "Find out what was exported and why.", action: .notifyUser),
    ]
}
