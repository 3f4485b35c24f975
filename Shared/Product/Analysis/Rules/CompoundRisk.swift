import Findings
import Integrations
import Store

extension Rule {
    /// Rules about facts that are worse together than alone.
    static let compoundRisk: [Rule] = riskyPeople + formerPeople + riskyDevices

    private static let riskyPeople: [Rule] = [
        // Finds admins of an application who have not signed in to the identity provider for 30 days or more.
        Rule(
            .compoundRisk, "stale_with_app_admin", .high, on: .identity, "Stale user with app admin access",
            needs: [.identityProvider],
            supersedes: ["identity_security::stale_account", "identity_security::stale_admin"],
            evidence: .matched,
            find: """
                SELECT people.id AS key, \(person: "people"), app_admins.application_id, app_admins.application_name,
                    people.last_login_at, (SELECT platform FROM idp) AS idp
                FROM people JOIN app_admins ON app_admins.identity_id = people.id
                WHERE people.last_login_at <= \(daysAgo: 30)
                """,
            say: """
                {identity_name} has admin access to {application_name} but has not signed in to {idp:platform} for \
                {last_login_at:days}.
                """,
            recommend: "Remove the admin access until the person is back.", action: .removeAdminRole),
        // Covers standard users of the identity provider who administer fewer than three applications and platforms.
        // Others are shadow admins.
        Rule(
            .compoundRisk, "no_mfa_with_app_admin", .critical, on: .identity, "App admin without MFA",
            needs: [.identityProvider],
            supersedes: ["identity_security::user_without_mfa", "compound_risk::no_mfa_on_noncompliant_device"],
            evidence: .matched,
            find: """
                SELECT people.id AS key, \(person: "people"), app_admins.application_id, app_admins.application_name,
                    (SELECT platform FROM idp) AS idp
                FROM people JOIN app_admins ON app_admins.identity_id = people.id
                WHERE NOT people.mfa_enabled AND people.identity_type = 'user' AND people.id NOT IN (
                    SELECT identity_id FROM administered GROUP BY identity_id HAVING count(*) >= 3)
                """,
            say: """
                {identity_name} administers {application_name} but signs in to {idp:platform} without a second factor, \
                so one phished password hands it over.
                """,
            recommend: "Have the user enroll a second factor before they administer the app again.",
            action: .forceMFAEnroll),
        Rule(
            .compoundRisk, "no_mfa_on_noncompliant_device", .high, on: .identity,
            "No MFA on a device out of compliance",
            needs: [.identityProvider, .deviceManagement],
            supersedes: ["identity_security::user_without_mfa"],
            evidence: .matched,
            find: """
                SELECT people.id AS key, \(person: "people"),
                    owned_devices.device_id, owned_devices.device_name, owned_devices.idp
                FROM people JOIN owned_devices ON owned_devices.identity_id = people.id
                WHERE NOT people.mfa_enabled AND NOT owned_devices.is_compliant AND people.identity_type <> 'admin'
                    AND owned_devices.is_in_use AND EXISTS (
                        SELECT 1 FROM live_accounts
                        WHERE live_accounts.identity_id = people.id AND live_accounts.idp_role IS NOT NULL
                            AND (live_accounts.created_at IS NULL OR live_accounts.created_at <= \(daysAgo: 7)))
                """,
            say: """
                {identity_name} works on {device_name}, which is out of compliance, and has no second factor in \
                {idp:platform}: malware there needs only the password.
                """,
            recommend: "Have the user enroll a second factor and bring the device into compliance.",
            action: .forceMFAEnroll),
        // Uses the same definition of an attack as the rule brute_force.
        Rule(
            .compoundRisk, "brute_forced_without_mfa", .critical, on: .identity,
            "Brute-forced account without MFA",
            needs: [.identityProvider],
            supersedes: [
                "identity_security::user_without_mfa", "compound_risk::no_mfa_on_noncompliant_device",
                "behavioral_anomaly::brute_force",
            ],
            evidence: .habit,
            find: """
                SELECT people.id AS key, \(person: "people"), attacks.platform AS source, attacks.failures
                FROM attacks JOIN people ON people.id = attacks.identity_id
                WHERE NOT people.mfa_enabled ORDER BY attacks.failures DESC
                """,
            say: """
                {identity_name} was the target of {failures} failed sign-ins and has no second factor, so the next \
                right guess is enough.
                """,
            recommend: "Change the password, end all sessions and enroll a second factor.",
            action: .forcePasswordChange),
        // Finds standard users of the identity provider without a second factor who administer three or more
        // applications and platforms.
        Rule(
            .compoundRisk, "shadow_admin_without_mfa", .critical, on: .identity, "Shadow admin without MFA",
            needs: [.identityProvider],
            supersedes: [
                "identity_security::user_without_mfa", "compound_risk::no_mfa_on_noncompliant_device",
                "access_risk::shadow_admin",
            ],
            evidence: .matched,
            find: """
                SELECT people.id AS key, \(person: "people"), hidden.places, (SELECT platform FROM idp) AS idp
                FROM (
                    SELECT identity_id, count(*) AS places FROM administered
                    GROUP BY identity_id HAVING count(*) >= 3) AS hidden
                JOIN people ON people.id = hidden.identity_id
                WHERE NOT people.mfa_enabled AND people.identity_type = 'user'
                """,
            say: """
                {identity_name} is a standard user in {idp:platform} without a second factor but administers {places} \
                applications and platforms, so one password opens them all.
                """,
            recommend: "Remove the admin access and have the user enroll a second factor.",
            action: .removeAdminRole),
        // Finds external people, known to an identity provider, who have no second factor and are admins anywhere.
        Rule(
            .compoundRisk, "external_admin_without_mfa", .critical, on: .identity,
            "External admin without MFA",
            needs: [.identityProvider],
            supersedes: ["identity_security::external_admin"],
            evidence: .matched,
            find: """
                SELECT people.id AS key, \(person: "people"), (SELECT platform FROM idp) AS idp
                FROM people
                WHERE people.identity_type = 'external' AND NOT people.mfa_enabled AND (
                    people.id IN (SELECT identity_id FROM administered)
                    OR EXISTS (
                        SELECT 1 FROM live_accounts
                        WHERE live_accounts.identity_id = people.id AND live_accounts.is_admin
                            AND live_accounts.idp_role IS NOT NULL))
                """,
            say: """
                {identity_name} is external and an admin but has no second factor in {idp:platform}, so a password \
                stolen from another company opens this one.
                """,
            recommend: "Suspend the external user until a second factor is enrolled.", action: .suspendUser),
        // Covers AI tools that are neither managed nor sanctioned.
        Rule(
            .compoundRisk, "admin_with_ai_mail_access", .high, on: .identity,
            "AI tool reads an admin's mail or files",
            needs: [.identityProvider],
            evidence: .matched,
            find: """
                SELECT people.id AS key, \(person: "people"), unsanctioned.id AS application_id,
                    unsanctioned.name AS application_name, (SELECT platform FROM idp) AS idp
                FROM people JOIN live_grants ON live_grants.identity_id = people.id
                JOIN unsanctioned ON unsanctioned.id = live_grants.application_id
                WHERE people.identity_type = 'admin' AND live_grants.reads_mail_or_files AND unsanctioned.is_ai_tool
                """,
            say: """
                {application_name} can read the mail and files of {idp:platform} admin {identity_name}, so reset links \
                and secrets go to an AI tool that nobody has reviewed.
                """,
            recommend: "Revoke the AI tool's grant to the admin's account.", action: .revokeOAuthToken),
    ]

    private static let formerPeople: [Rule] = [
        Rule(
            .compoundRisk, "offboarded_with_access_key", .critical, on: .identity,
            "Offboarded user with active access key",
            needs: [.identityProvider, .applications],
            evidence: .matched,
            find: """
                SELECT inactive.id AS key, \(person: "inactive"), live_keys.platform AS source,
                    CASE inactive.status WHEN 'suspended' THEN 'was suspended' ELSE 'was offboarded' END AS ended,
                    count(*) OVER (PARTITION BY inactive.id) AS keys
                FROM inactive JOIN live_keys ON live_keys.identity_id = inactive.id
                    JOIN connected ON connected.platform = live_keys.platform
                WHERE inactive.ended_at IS NULL OR connected.last_sync_at >= inactive.ended_at
                """,
            say: """
                {identity_name} {ended}, but {keys:access key} of theirs on {source:platform} {keys?is/are} \
                still active and {keys?works/work} without any sign-in.
                """,
            recommend: "Deactivate the access key and look at what it was used for.",
            action: .rotateCredentials),
        // Covers keys that were used within the last 30 days.
        Rule(
            .compoundRisk, "stale_with_key_in_use", .high, on: .identity,
            "Stale user whose access key is in use",
            needs: [.identityProvider, .applications],
            evidence: .matched,
            find: """
                SELECT people.id AS key, \(person: "people"), live_keys.platform AS source, people.last_login_at,
                    live_keys.last_used_at, (SELECT platform FROM idp) AS idp
                FROM people JOIN live_keys ON live_keys.identity_id = people.id
                WHERE people.last_login_at <= \(daysAgo: 30) AND live_keys.last_used_at > \(daysAgo: 30)
                ORDER BY live_keys.last_used_at DESC
                """,
            say: """
                {identity_name} has not signed in to {idp:platform} for {last_login_at:days}, yet an access key of \
                theirs on {source:platform} was used {last_used_at:ago}, so someone else may hold it.
                """,
            recommend: "Find out who uses the key and rotate it.", action: .rotateCredentials),
        // Finds active people who leave within the next 14 days according to HR and are admins anywhere.
        Rule(
            .compoundRisk, "leaver_soon_is_admin", .medium, on: .identity,
            "Administrator who leaves soon",
            needs: [.identityProvider, .category("hr")],
            evidence: .matched,
            find: """
                SELECT people.id AS key, \(person: "people"), admin_places.place,
                    (epoch(people.terminated_at) - epoch(\(daysAgo: 0)) + 86399) / 86400 AS days_left,
                    (SELECT platform FROM hr) AS hr
                FROM people JOIN admin_places ON admin_places.identity_id = people.id
                WHERE people.hr_status IS NOT NULL AND people.terminated_at > \(daysAgo: 0)
                    AND people.terminated_at <= \(daysAgo: -14)
                """,
            say: """
                {identity_name} leaves within {days_left:day} according to {hr:platform} and still administers \
                {place:platform}, so nobody else may be able to when they are gone.
                """,
            recommend: "Hand the administrator's tasks over and plan the end of the rights for the last day.",
            action: .createTicket),
        // Finds active accounts on a platform for code that are not known to be read-only, regardless of the account in
        // the identity provider.
        Rule(
            .compoundRisk, "terminated_with_repository_write", .critical, on: .identity,
            "Terminated in HR with write access to code",
            needs: [.category("hr"), .category("developer")],
            evidence: .matched,
            find: """
                SELECT everyone.id AS key, \(person: "everyone"), live_accounts.platform AS code,
                    (SELECT platform FROM hr) AS hr,
                    live_accounts.id AS account_id, live_accounts.username AS account_name,
                    live_accounts.platform AS account_platform
                FROM everyone CROSS JOIN live_accounts
                WHERE live_accounts.identity_id = everyone.id AND everyone.id IN (SELECT id FROM left_in_hr)
                    AND live_accounts.platform IN ('github', 'gitlab')
                    AND live_accounts.status = 'active'
                    AND COALESCE(live_accounts.metadata ->> 'permission', 'write') <> 'read'
                    AND COALESCE(live_accounts.metadata ->> 'role', 'developer') NOT IN ('guest', 'reporter')
                """,
            say: """
                {identity_name} left according to {hr:platform} but can still push code to {code:platform}, where no \
                one expects changes from them.
                """,
            recommend: "Remove the person from the organization that holds the code.", action: .offboardUser),
    ]
}
