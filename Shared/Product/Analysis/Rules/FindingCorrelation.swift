import Findings
import Integrations
import Store

extension Rule {
    /// Rules that draw conclusions from the open findings of all other rules. They run last.
    static let findingCorrelation: [Rule] = correlatedPeople + correlatedThings

    private static let correlatedPeople: [Rule] = [
        // Counts findings with severity high or critical.
        Rule(
            .findingCorrelation, "person_with_many_high_findings", .critical, on: .identity,
            "One person with three or more high findings",
            needs: [.identityProvider],
            find: """
                SELECT everyone.id AS key, \(person: "everyone"), severe.findings
                FROM (
                    SELECT identity_id, count(*) AS findings FROM open_findings
                    WHERE severity IN ('critical', 'high') AND category <> 'finding_correlation'
                        AND identity_id IS NOT NULL
                    GROUP BY identity_id HAVING count(*) >= 3) AS severe
                JOIN everyone ON everyone.id = severe.identity_id
                """,
            say: """
                {identity_name} has {findings} findings of high severity or above at once, so the account is a likely \
                way in.
                """,
            recommend: "Deal with this person's findings together.", action: .createTicket),
        Rule(
            .findingCorrelation, "exposed_admin", .critical, on: .identity,
            "Admin without MFA on an unencrypted device",
            needs: [.identityProvider, .deviceManagement],
            evidence: .matched,
            find: """
                SELECT everyone.id AS key, \(person: "everyone"), live_devices.id AS device_id,
                    live_devices.hostname AS device_name, (SELECT platform FROM idp) AS idp
                FROM open_findings AS bare
                JOIN open_findings AS open_disk ON open_disk.identity_id = bare.identity_id
                JOIN everyone ON everyone.id = bare.identity_id
                JOIN live_devices ON live_devices.id = open_disk.device_id
                WHERE bare.rule_id = 'identity_security::admin_without_mfa'
                    AND open_disk.rule_id = 'device_posture::unencrypted_admin'
                """,
            say: """
                {identity_name} is an {idp:platform} admin without a second factor on {device_name}, which is not \
                encrypted: one stolen laptop and the company is open.
                """,
            recommend: "Remove the admin role until MFA and encryption are on.", action: .removeAdminRole),
        Rule(
            .findingCorrelation, "departing_with_downloads", .critical, on: .identity,
            "Departing user with unusual downloads",
            needs: [.category("hr")],
            evidence: .matched,
            find: """
                SELECT everyone.id AS key, \(person: "everyone"),
                    (SELECT platform FROM hr) AS hr
                FROM open_findings JOIN everyone ON everyone.id = open_findings.identity_id
                WHERE open_findings.rule_id = 'behavioral_anomaly::unusual_downloads'
                    AND everyone.hr_status IS NOT NULL AND everyone.terminated_at > \(daysAgo: 0)
                """,
            say: """
                {identity_name} is leaving the company according to {hr:platform} and downloaded an unusual number of \
                files, which may be leaving too.
                """,
            recommend: "Talk to HR and the manager, and limit the person's access now.", action: .suspendUser),
        // Combines a sign-in after brute force with a disabled factor.
        Rule(
            .findingCorrelation, "account_takeover_likely", .critical, on: .identity,
            "Account takeover likely",
            needs: [.identityProvider],
            find: """
                SELECT everyone.id AS key, \(person: "everyone")
                FROM open_findings AS guessed
                JOIN open_findings AS disabled ON disabled.identity_id = guessed.identity_id
                JOIN everyone ON everyone.id = guessed.identity_id
                WHERE guessed.rule_id = 'behavioral_anomaly::success_after_brute_force'
                    AND disabled.rule_id = 'behavioral_anomaly::mfa_factor_disabled'
                """,
            say: """
                {identity_name}'s password was guessed and a factor disabled, so the account is likely in someone \
                else's hands.
                """,
            recommend: "Suspend the account, end its sessions and start an investigation.",
            action: .suspendUser),
    ]

    private static let correlatedThings: [Rule] = [
        // Finds applications with three or more open shadow-IT findings.
        Rule(
            .findingCorrelation, "app_with_many_findings", .high, on: .application,
            "One app with three or more findings",
            find: """
                SELECT live_applications.id AS key, live_applications.id AS application_id,
                    live_applications.name AS application_name, live_applications.platform AS source, many.findings
                FROM (
                    SELECT application_id, count(*) AS findings FROM open_findings
                    WHERE category = 'shadow_it' AND application_id IS NOT NULL
                    GROUP BY application_id HAVING count(*) >= 3) AS many
                JOIN live_applications ON live_applications.id = many.application_id
                """,
            say: """
                {application_name} has {findings} shadow-IT findings at once, so it is a bigger risk than each of \
                them shows alone.
                """,
            recommend: "Block the app until its findings are dealt with.", action: .blockApp),
        // Finds devices with three or more open findings with severity high or critical.
        Rule(
            .findingCorrelation, "device_with_many_findings", .high, on: .device,
            "One device with three or more findings",
            find: """
                SELECT live_devices.id AS key, live_devices.id AS device_id, live_devices.hostname AS device_name,
                    \(person: "everyone"), live_devices.platform AS source,
                    live_devices.hostname || COALESCE(' of ' || everyone.display_name, '') AS device, many.findings
                FROM (
                    SELECT device_id, count(*) AS findings FROM open_findings
                    WHERE device_id IS NOT NULL AND severity IN ('critical', 'high')
                        AND category <> 'finding_correlation'
                    GROUP BY device_id HAVING count(*) >= 3) AS many
                JOIN live_devices ON live_devices.id = many.device_id
                LEFT JOIN everyone ON everyone.id = live_devices.identity_id
                """,
            say: "{device} has {findings} findings of high severity or above at once, so it is a likely way in.",
            recommend: "Deal with this device's findings together.", action: .createTicket),
        // Counts the platforms on which the rules about admins without a match in the identity provider have found
        // someone.
        Rule(
            .findingCorrelation, "unmatched_admins_on_several_platforms", .high, on: .workspace,
            "Unmatched admins on three or more platforms",
            needs: [.identityProvider],
            evidence: .unmatched,
            find: """
                SELECT '' AS key, \(person: "everyone"), ranked.platform AS source, ranked.platforms,
                    (SELECT platform FROM idp) AS idp
                FROM (
                    SELECT platform, identity_id, dense_rank() OVER (ORDER BY platform)
                        + dense_rank() OVER (ORDER BY platform DESC) - 1 AS platforms
                    FROM (
                        SELECT identity_id, CASE rule_id
                            WHEN 'access_hygiene::aws_admin_not_in_idp' THEN 'aws'
                            WHEN 'access_hygiene::github_owner_not_in_idp' THEN 'github'
                            WHEN 'access_hygiene::gitlab_maintainer_not_in_idp' THEN 'gitlab'
                            WHEN 'access_hygiene::zoom_admin_not_in_idp' THEN 'zoom'
                            WHEN 'access_hygiene::box_admin_not_in_idp' THEN 'box'
                            WHEN 'access_hygiene::datadog_admin_not_in_idp' THEN 'datadog'
                            WHEN 'access_hygiene::salesforce_admin_not_in_idp' THEN 'salesforce' END AS platform
                        FROM open_findings
                        UNION ALL
                        SELECT live_accounts.identity_id, live_accounts.platform
                        FROM open_findings JOIN live_accounts
                            ON live_accounts.identity_id = open_findings.identity_id
                        WHERE open_findings.rule_id = 'access_hygiene::admin_account_without_idp_identity'
                            AND live_accounts.is_admin AND live_accounts.idp_role IS NULL
                        UNION ALL
                        SELECT live_accounts.identity_id, live_accounts.platform
                        FROM open_findings JOIN live_accounts ON open_findings.finding_key
                            = 'access_hygiene::admin_account_without_idp_identity:' || CAST(live_accounts.id AS text)
                        WHERE open_findings.rule_id = 'access_hygiene::admin_account_without_idp_identity'
                            AND live_accounts.is_admin AND live_accounts.identity_id IS NULL) AS unmatched
                    WHERE platform IS NOT NULL) AS ranked
                LEFT JOIN everyone ON everyone.id = ranked.identity_id
                WHERE ranked.platforms >= 3
                """,
            say: """
                Admins on {source:platform} match nobody in {idp:platform}, so on {platforms} platforms offboarding \
                would not end admin access.
                """,
            recommend: "Review all admins against the identity provider.", action: .createAccessReview),
    ]
}
