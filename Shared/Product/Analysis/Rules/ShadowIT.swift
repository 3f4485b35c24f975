import Findings
import Integrations
import Store

extension Rule {
    /// Rules about applications that people brought in by themselves, and about managed ones without single sign-on. An
    /// application is unsanctioned while it is unmanaged and no policy sanctions it. Sanctioned applications have none
    /// of these findings, except those about people who have left. A user of an application is a person with an OAuth
    /// grant who has not left.
    static let shadowIT: [Rule] = undecidedApplications + decidedApplications + grants + aiTools

    // Covers applications without any policy. Unauthorized and blocked ones have been reviewed.
    private static let undecidedApplications: [Rule] = [
        // Finds applications with 20 users or more, or in a small company with five, if they are 30 per cent of the people.
        // A person who only signs in to an application is not counted.
        Rule(
            .shadowIT, "unsanctioned_app_used_by_many", .high, on: .application,
            "Unsanctioned app used by many",
            needs: [.identityProvider],
            find: .manyUsers(
                where: "policy IS NULL", by: "access <> 'basic'",
                if: """
                    used.affected_count >= 20 OR used.affected_count >= 5 AND used.affected_count * 10 >= 3 * (
                        SELECT count(*) FROM everyone WHERE status = 'active')
                    """),
            say: """
                {application_name} is used by {affected_count:person/people} with their company accounts and nobody has \
                reviewed it.
                """,
            recommend: "Review the app and sanction or block it.", action: .flagApp),
        // Finds applications that were first seen within the last 7 days. Those that came with the first sync of their
        // platform, or with an older grant, may have been there for years.
        Rule(
            .shadowIT, "new_unsanctioned_app", .low, on: .application, "New unsanctioned app",
            needs: [.identityProvider],
            find: """
                SELECT application_id AS key, application_id, application_name, identity_id, identity_name,
                    identity_email, source, first_seen_at, count(*) OVER (PARTITION BY application_id) AS affected_count
                FROM app_use
                WHERE status <> 'deprovisioned' AND access <> 'basic' AND application_id IN (
                    SELECT id FROM shadow_applications
                    WHERE policy IS NULL AND first_seen_at > \(daysAgo: 7)
                        AND epoch(first_seen_at) > epoch(connected_at) + 86400)
                    AND application_id NOT IN (
                        SELECT application_id FROM live_grants WHERE granted_at <= \(daysAgo: 7))
                GROUP BY application_id, application_name, identity_id, identity_name, identity_email,
                    source, first_seen_at
                """,
            say: """
                {application_name} appeared {first_seen_at:ago} and {identity_name} already {affected_count?uses/use} \
                it with {affected_count?a company account/their company accounts}.
                """,
            recommend: "Review the app before more people use it.", action: .flagApp),
        // Covers platforms that report the publishers of other apps.
        Rule(
            .shadowIT, "unknown_publisher", .medium, on: .application, "App of an unknown publisher",
            needs: [.identityProvider],
            find: .users(
                where: """
                    status <> 'deprovisioned' AND access <> 'basic' AND application_id IN (
                    SELECT id FROM shadow_applications
                    WHERE policy IS NULL AND publisher IS NULL AND platform IN (
                    SELECT platform FROM live_applications WHERE publisher IS NOT NULL AND NOT is_managed))
                    """),
            say: """
                {application_name} has no known publisher and {affected_count:person/people} let it into \
                {affected_count?a company account/their company accounts}, so nobody answers for what it does with them.
                """,
            recommend: "Block the app unless its publisher can be verified.", action: .blockApp),
        // Finds applications without any use of their grants for 90 days. If the use of a grant is not known, the
        // application is left out.
        Rule(
            .shadowIT, "dormant_app_with_grants", .low, on: .application, "Unused app that keeps its grants",
            needs: [.identityProvider],
            find: """
                SELECT application_id AS key, application_id, application_name, identity_id, identity_name,
                    identity_email, source, count(*) OVER (PARTITION BY application_id) AS affected_count,
                    max(last_used_at) AS last_used_at
                FROM app_use
                WHERE application_id IN (
                    SELECT application_id FROM live_grants
                    WHERE application_id IN (SELECT id FROM shadow_applications WHERE policy IS NULL)
                    GROUP BY application_id
                    HAVING max(last_used_at) <= \(daysAgo: 90) AND count(last_used_at) = count(*))
                GROUP BY application_id, application_name, identity_id, identity_name, identity_email, source
                ORDER BY max(last_used_at) DESC
                """,
            say: """
                {application_name} has not been used for {last_used_at:days} but keeps the \
                {affected_count?grant/grants} of {affected_count:person/people}, ready for whoever buys it.
                """,
            recommend: "Revoke the app's grants.", action: .revokeOAuthToken),
        // Finds applications to which people only sign in with their company accounts. All of them together are one
        // finding, since such a grant tells the person's name and address and opens nothing. Connected platforms are left
        // out, since the company has decided to use them.
        Rule(
            .shadowIT, "sign_in_only_apps", .low, on: .workspace, "Sites with sign-in by company account",
            needs: [.identityProvider],
            find: """
                SELECT '' AS key, application_id, application_name, source,
                    count(*) OVER () AS apps, count(*) OVER () AS affected_count
                FROM (
                    SELECT application_id, application_name, source FROM app_use
                    WHERE status <> 'deprovisioned'
                        AND application_id IN (
                            SELECT id FROM shadow_applications WHERE policy IS NULL AND name_folded NOT IN (
                                SELECT replace(platform, '_', ' ') FROM connected))
                    GROUP BY application_id, application_name, source
                    HAVING count(*) = count(*) FILTER (WHERE access = 'basic')) AS sites
                """,
            say: """
                People sign in to {application_name} with their company accounts, and nobody has decided if company \
                data may go there.
                """,
            recommend: "Decide on the sites that hold company data.", action: .createTicket),
    ]

    private static let decidedApplications: [Rule] = [
        Rule(
            .shadowIT, "unauthorized_app_in_use", .medium, on: .application, "Unauthorized app still in use",
            needs: [.identityProvider],
            find: .users(where: RuleQuery.isInUse(despite: "unauthorized")),
            say: """
                {application_name} is unauthorized, but {affected_count:person/people} still \
                {affected_count?signs/sign} in to it with {affected_count?a company account/their company accounts}.
                """,
            recommend: "Tell its users that the app is not authorized and revoke its grants.",
            action: .notifyUser),
        Rule(
            .shadowIT, "blocked_app_in_use", .high, on: .application, "Blocked app still in use",
            needs: [.identityProvider],
            find: .users(where: RuleQuery.isInUse(despite: "blocked")),
            say: """
                {application_name} is blocked by policy, but the {affected_count?grant/grants} of \
                {affected_count:person/people} still {affected_count?lets it into a company account/let it into their \
                company accounts}.
                """,
            recommend: "Revoke the app's remaining grants.", action: .revokeOAuthToken),
        // Finds managed applications without single sign-on that no policy sanctions and to which 25 people or more
        // have access.
        Rule(
            .shadowIT, "managed_app_without_sso", .medium, on: .application, "Managed app without SSO",
            needs: [.identityProvider],
            find: """
                SELECT live_applications.id AS key, live_applications.id AS application_id,
                    live_applications.name AS application_name, live_applications.platform AS source,
                    count(DISTINCT live_entitlements.identity_id) AS affected_count
                FROM live_applications CROSS JOIN live_entitlements
                WHERE live_entitlements.application_id = live_applications.id AND live_applications.is_managed
                    AND NOT live_applications.sso_enabled AND live_applications.name_folded NOT IN (
                        SELECT app_name_folded FROM app_policies WHERE workspace_id = $1 AND status = 'sanctioned')
                GROUP BY live_applications.id, live_applications.name, live_applications.platform
                HAVING count(DISTINCT live_entitlements.identity_id) >= 25
                """,
            say: """
                {application_name} has {affected_count:user} and no single sign-on, so their passwords there outlive \
                their accounts.
                """,
            recommend: "Put the app behind single sign-on.", action: .createTicket),
    ]

    private static let grants: [Rule] = [
        // Finds grants that give unsanctioned applications full access to an account.
        Rule(
            .shadowIT, "broad_write_scope", .high, on: .application, "App with broad write scope",
            needs: [.identityProvider],
            find: .users(
                where: """
                    access = 'full' AND status <> 'deprovisioned'
                    AND application_id IN (SELECT id FROM shadow_applications)
                    """),
            say: """
                {application_name} has full write access to the {affected_count?account/accounts} of {identity_name} \
                without anyone's approval.
                """,
            recommend: "Revoke the grants that can write everything.", action: .revokeOAuthToken),
        // Sets the severity by the number of unsanctioned apps with a grant: medium for 1 or 2, high for 3 to 5,
        // critical for 6 or more. A grant that only signs the admin in does not count.
        Rule(
            .shadowIT, "admin_with_unsanctioned_grants", .critical, on: .identity,
            "Admin with grants to unsanctioned apps",
            needs: [.identityProvider],
            find: """
                SELECT held.*,
                    CASE WHEN apps >= 6 THEN 'critical' WHEN apps >= 3 THEN 'high' ELSE 'medium' END AS severity
                FROM (
                    SELECT identity_id AS key, identity_id, identity_name, identity_email, application_id,
                        application_name, source, count(*) OVER (PARTITION BY identity_id) AS apps,
                        (SELECT platform FROM idp) AS idp
                    FROM app_use
                    WHERE identity_id IN (SELECT id FROM people WHERE identity_type = 'admin') AND access <> 'basic'
                        AND EXISTS (
                            SELECT 1 FROM shadow_applications WHERE shadow_applications.id = app_use.application_id)
                    GROUP BY application_id, application_name, identity_id, identity_name, identity_email,
                        source) AS held
                """,
            say: """
                {idp:platform} admin {identity_name} has allowed {apps:unsanctioned app}, {application_name}, into an \
                admin's account.
                """,
            recommend: "Revoke the grants, or use an account without admin rights for these apps.",
            action: .revokeAllTokens),
        Rule(
            .shadowIT, "executive_with_broad_grant", .high, on: .identity, "Executive with a broad grant",
            needs: [.identityProvider],
            find: """
                SELECT identity_id AS key, identity_id, identity_name, identity_email, application_id,
                    application_name, source, title
                FROM app_use
                WHERE access = 'full' AND application_id IN (SELECT id FROM shadow_applications) AND identity_id IN (
                    SELECT id FROM people WHERE title IN (SELECT title FROM executive_titles))
                """,
            say: """
                {identity_name}, {title}, has given {application_name} full write access to an executive's account \
                without anyone's approval.
                """,
            recommend: "Revoke the grant and offer the executive a sanctioned app.", action: .revokeOAuthToken
        ),
        // Leaves out grants to AI tools, which have a rule of their own, and grants of closed accounts, which the platforms
        // void.
        Rule(
            .shadowIT, "offboarded_with_grants", .high, on: .identity, "Offboarded user with OAuth grants",
            needs: [.identityProvider],
            find: """
                SELECT identity_id AS key, identity_id, identity_name, identity_email, application_id,
                    application_name, source, last_used_at
                FROM app_use
                WHERE identity_id IN (SELECT id FROM everyone WHERE status = 'deprovisioned')
                    AND NOT is_ai_tool AND is_open
                ORDER BY last_used_at DESC
                """,
            say: """
                {identity_name} was offboarded, but {application_name} can still get into their account[ and did so \
                {last_used_at:ago}].
                """,
            recommend: "Revoke the grants that outlived the account.", action: .revokeAllTokens),
    ]

    private static let aiTools: [Rule] = [
        // Sets the severity: high, or critical from five users on.
        Rule(
            .shadowIT, "ai_tool_reads_mail_or_files", .critical, on: .application,
            "AI tool with mail or drive access",
            needs: [.identityProvider],
            find: """
                SELECT used.*, CASE WHEN affected_count >= 5 THEN 'critical' ELSE 'high' END AS severity
                FROM (
                    SELECT application_id AS key, application_id, application_name, identity_id, identity_name,
                        identity_email, source, count(*) OVER (PARTITION BY application_id) AS affected_count
                    FROM app_use
                    WHERE reads_mail_or_files AND status <> 'deprovisioned'
                        AND application_id IN (SELECT id FROM shadow_applications WHERE is_ai_tool)
                    GROUP BY application_id, application_name, identity_id, identity_name, identity_email,
                        source) AS used
                """,
            say: """
                {application_name} can read the mail or files of {affected_count:person/people}, and nobody has \
                checked where it sends them.
                """,
            recommend: "Revoke the AI tool's access to mail and files.", action: .revokeOAuthToken),
        // Finds AI tools without a policy that have ten users or more.
        Rule(
            .shadowIT, "ai_tool_widely_used", .medium, on: .application, "AI tool used by many",
            needs: [.identityProvider],
            find: .manyUsers(where: "is_ai_tool AND policy IS NULL", if: "used.affected_count >= 10"),
            say: """
                {application_name} is used by {affected_count:person/people}, so company data goes into an AI tool that \
                nobody has reviewed.
                """,
            recommend: "Decide on the AI tool and offer a sanctioned one.", action: .flagApp),
        Rule(
            .shadowIT, "terminated_with_ai_tool", .high, on: .identity,
            "Terminated employee with AI tool access",
            needs: [.identityProvider],
            find: """
                SELECT identity_id AS key, identity_id, identity_name, identity_email, application_id,
                    application_name, source, max(last_used_at) AS last_used_at,
                    count(*) OVER (PARTITION BY identity_id) AS tools
                FROM app_use
                WHERE application_id IN (SELECT id FROM live_applications WHERE is_ai_tool) AND is_open AND identity_id IN (
                    SELECT id FROM everyone WHERE status = 'deprovisioned'
                    UNION SELECT id FROM left_in_hr)
                GROUP BY application_id, application_name, identity_id, identity_name, identity_email, source
                ORDER BY max(last_used_at) DESC
                """,
            say: """
                {identity_name} left the company, but {application_name} still {tools?holds a grant/hold grants} to \
                their account[, last used {last_used_at:ago}].
                """,
            recommend: "Revoke the AI tool's grants.", action: .revokeAllTokens),
    ]
}
