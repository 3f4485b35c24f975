import Findings
import Integrations
import Store

extension Rule {
    /// Rules about paid seats that are not needed. Their findings don't count towards the risk score. Most rules cover
    /// only seats of active people. If a seat that is unused for 30 days belongs to an admin or an external person, a
    /// rule of its own covers it.
    static let licenseWaste: [Rule] = wasteByApplication + wasteByHolder

    private static let wasteByApplication: [Rule] = [
        Rule(
            .licenseWaste, "unused_30_days", .low, on: .application, "Licenses unused for 30 days",
            needs: [.identityProvider],
            find: """
                SELECT application_id AS key, application_id, application_name, identity_id, identity_name,
                    identity_email, source, count(*) OVER (PARTITION BY application_name, application_id) AS seats
                FROM seats
                WHERE NOT is_admin AND identity_type <> 'external' AND last_used_at <= \(daysAgo: 30)
                    AND last_used_at > \(daysAgo: 60)
                """,
            say: """
                {seats} {application_name} {seats?seat has/seats have} not been used for 30 days or more, but \
                {seats?it is/all are} paid for every month.
                """,
            recommend: "Ask the holders whether they still need their seats.", action: .notifyUser),
        Rule(
            .licenseWaste, "unused_60_days", .low, on: .application, "Licenses unused for 60 days",
            needs: [.identityProvider],
            find: """
                SELECT application_id AS key, application_id, application_name, identity_id, identity_name,
                    identity_email, source, count(*) OVER (PARTITION BY application_name, application_id) AS seats
                FROM seats
                WHERE NOT is_admin AND identity_type <> 'external' AND last_used_at <= \(daysAgo: 60)
                    AND last_used_at > \(daysAgo: 90)
                """,
            say: """
                {seats} {application_name} {seats?seat has/seats have} not been used for 60 days or more, but \
                {seats?it is/all are} paid for every month.
                """,
            recommend: "Take back the seats that their holders cannot justify.", action: .revokeLicense),
        Rule(
            .licenseWaste, "unused_90_days", .medium, on: .application, "Licenses unused for 90 days",
            needs: [.identityProvider],
            find: """
                SELECT application_id AS key, application_id, application_name, identity_id, identity_name,
                    identity_email, source, count(*) OVER (PARTITION BY application_name, application_id) AS seats
                FROM seats
                WHERE NOT is_admin AND identity_type <> 'external' AND last_used_at <= \(daysAgo: 90)
                """,
            say: """
                {seats} {application_name} {seats?seat has/seats have} not been used for 90 days or more, but \
                {seats?it is/all are} paid for every month.
                """,
            recommend: "Take back the seats.", action: .revokeLicense),
        // Covers seats that were assigned 30 days ago or more. An application without any known use is left out, since
        // its platform may not report the use.
        Rule(
            .licenseWaste, "never_used", .low, on: .application, "Licenses never used",
            needs: [.identityProvider],
            find: """
                SELECT application_id AS key, application_id, application_name, identity_id, identity_name,
                    identity_email, source, count(*) OVER (PARTITION BY application_name, application_id) AS seats
                FROM seats
                WHERE NOT is_admin AND identity_type <> 'external' AND last_used_at IS NULL
                    AND granted_at <= \(daysAgo: 30)
                    AND application_id NOT IN (
                        SELECT id FROM live_applications WHERE NOT EXISTS (
                            SELECT 1 FROM live_entitlements AS used
                            WHERE used.application_id = live_applications.id AND used.last_used_at IS NOT NULL))
                """,
            say: """
                {seats} {application_name} {seats?seat was/seats were} never used since {seats?it was/they were} \
                assigned, 30 days ago or more, but {seats?it is/all are} paid for every month.
                """,
            recommend: "Take back the seats that were never used.", action: .revokeLicense),
        // Finds applications with five or more seats of active people, more than half of them unused for 30 days, or
        // never used since they were assigned 30 days ago or earlier.
        Rule(
            .licenseWaste, "mostly_unused_app", .medium, on: .application,
            "App whose seats are mostly unused",
            needs: [.identityProvider],
            find: """
                SELECT live_applications.id AS key, live_applications.id AS application_id,
                    live_applications.name AS application_name, connected.platform AS source, counted.seats,
                    counted.affected_count
                FROM (
                    SELECT application_id, integration_id, count(*) AS seats, count(last_used_at) AS known,
                        count(*) FILTER (WHERE last_used_at <= \(daysAgo: 30)
                            OR last_used_at IS NULL AND granted_at <= \(daysAgo: 30)) AS affected_count
                    FROM licenses WHERE identity_id IN (SELECT id FROM people)
                    GROUP BY application_id, integration_id) AS counted
                JOIN live_applications ON live_applications.id = counted.application_id
                JOIN connected ON connected.id = counted.integration_id
                WHERE seats >= 5 AND known > 0 AND affected_count * 2 > seats
                """,
            say: """
                {affected_count} of {seats} paid {application_name} seats have not been used for 30 days, so the company \
                pays for more than twice what it needs.
                """,
            recommend: "Renew the contract with fewer seats.", action: .createTicket),
    ]

    private static let wasteByHolder: [Rule] =
        [
            Rule(
                .licenseWaste, "licensed_twice", .low, on: .identity, "Same person licensed twice",
                needs: [.identityProvider],
                find: """
                    SELECT people.id AS key, \(person: "people"), live_applications.id AS application_id,
                        live_applications.name AS application_name, held.platform AS source, held.seats,
                        CASE WHEN held.first_role = held.last_role THEN held.first_role
                            ELSE held.first_role || ' and ' || held.last_role END AS roles
                    FROM (
                        SELECT live_entitlements.platform, live_entitlements.identity_id,
                            live_entitlements.application_id, count(*) AS seats,
                            min(live_entitlements.role) AS first_role, max(live_entitlements.role) AS last_role
                        FROM (
                            SELECT identity_id, application_id FROM licenses
                            GROUP BY application_id, identity_id, integration_id HAVING count(*) > 1) AS twice
                        CROSS JOIN live_entitlements
                        WHERE live_entitlements.identity_id = twice.identity_id
                            AND live_entitlements.application_id = twice.application_id AND live_entitlements.is_license
                        GROUP BY live_entitlements.platform, live_entitlements.identity_id,
                            live_entitlements.application_id
                        HAVING count(*) > 1) AS held
                    JOIN people ON people.id = held.identity_id
                    JOIN live_applications ON live_applications.id = held.application_id
                    """,
                say: "{identity_name} holds {seats} {application_name} seats, as {roles}, and needs only one.",
                recommend: "Take back one of the two seats.", action: .revokeLicense),
            // Covers seats that were unused for 30 days or more.
            Rule(
                .licenseWaste, "admin_seat_inactive", .medium, on: .identity, "Admin seat inactive",
                needs: [.identityProvider],
                find: """
                    SELECT identity_id AS key, identity_id, identity_name, identity_email, application_id,
                        application_name, source, last_used_at
                    FROM seats WHERE is_admin AND last_used_at <= \(daysAgo: 30) ORDER BY last_used_at DESC
                    """,
                say: """
                    {identity_name} holds an admin seat of {application_name} that has not been used for \
                    {last_used_at:days}, which is paid for and still opens everything.
                    """,
                recommend: "Take the admin seat back.", action: .revokeLicense),
            Rule(
                .licenseWaste, "service_account_seat", .low, on: .identity,
                "Service account holds a paid seat",
                needs: [.identityProvider],
                find: """
                    SELECT everyone.id AS key, \(person: "everyone"), live_applications.id AS application_id,
                        live_applications.name AS application_name, connected.platform AS source
                    FROM licenses CROSS JOIN everyone CROSS JOIN live_applications CROSS JOIN connected
                    WHERE licenses.identity_id IN (
                            SELECT id FROM everyone WHERE identity_type = 'service_account' AND status = 'active')
                        AND everyone.id = licenses.identity_id AND live_applications.id = licenses.application_id
                        AND connected.id = licenses.integration_id
                    """,
                say: """
                    The service account {identity_name} holds a paid {application_name} seat that an API key would \
                    replace.
                    """,
                recommend: "Move the service account to a free integration user.", action: .revokeLicense),
            // Covers seats that were unused for 30 days or more.
            Rule(
                .licenseWaste, "external_seat_unused", .low, on: .identity,
                "External user holds an unused seat",
                needs: [.identityProvider],
                find: """
                    SELECT identity_id AS key, identity_id, identity_name, identity_email, application_id,
                        application_name, source, last_used_at
                    FROM seats
                    WHERE NOT is_admin AND identity_type = 'external' AND last_used_at <= \(daysAgo: 30)
                    ORDER BY last_used_at DESC
                    """,
                say: """
                    {identity_name} is external to the company and holds a {application_name} seat that has not been \
                    used for {last_used_at:days}, but the company pays for it.
                    """,
                recommend: "Take the external user's seat back.", action: .revokeLicense),
        ]
        + PlatformNames.business.map { platform, name in
            // Covers platforms that report no seats. Seats that a platform reports have the rules above, and people
            // without a seat cost nothing.
            Rule(
                .licenseWaste, platform + "_unused_90_days", .medium, on: .identity,
                "\(name) user unused for 90 days",
                needs: [.platform(platform)],
                find: """
                    SELECT * FROM account_holders
                    WHERE account_platform = \(platform) AND account_type IN ('user', 'external')
                        AND last_login_at <= \(daysAgo: 90) AND account_platform NOT IN (
                            SELECT platform FROM live_entitlements WHERE is_license)
                    """,
                say: """
                    {identity_name} has not used {account_platform:platform} for {last_login_at:days}, but the company \
                    still pays for the seat.
                    """,
                recommend: "Take back the seat in \(name).", action: .revokeLicense)
        }
}
