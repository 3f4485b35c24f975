import Findings
import Integrations
import Store

extension Rule {
    /// Rules about suspicious sign-ins, and about changes of second factors and passwords.
    static let unusualSignIns: [Rule] = [
        // Leaves out a factor that was replaced: another one was added within a day from the same address, as with a new
        // phone, or from an address from which the person had signed in before, as after a reset by the help desk.
        Rule(
            .behavioralAnomaly, "mfa_factor_disabled", .medium, on: .identity, "MFA factor disabled",
            needs: [.identityProvider],
            find: """
                SELECT everyone.id AS key, \(person: "everyone"),
                    removed.platform AS source, removed.factor, removed.last_at,
                    count(*) OVER (PARTITION BY everyone.id) AS factors
                FROM (
                    SELECT identity_id, platform, COALESCE(details ->> 'factor', 'A second factor') AS factor,
                        max(occurred_at) AS last_at
                    FROM live_events
                    WHERE event_type = 'user.mfa.factor.deactivate' AND outcome = 'success'
                        AND epoch(occurred_at) >= epoch(\(daysAgo: 30)) AND identity_id IS NOT NULL
                        AND NOT EXISTS (
                            SELECT 1 FROM audit_events AS added
                            WHERE added.workspace_id = $1 AND added.outcome = 'success'
                                AND added.event_type IN (
                                    'user.mfa.factor.activate', 'User registered security info', '2sv_enroll')
                                AND added.identity_id = live_events.identity_id
                                AND (added.ip_address = live_events.ip_address OR EXISTS (
                                    SELECT 1 FROM audit_events AS earlier
                                    WHERE earlier.workspace_id = $1 AND earlier.event_type = 'user.session.start'
                                        AND earlier.outcome = 'success'
                                        AND earlier.identity_id = live_events.identity_id
                                        AND earlier.ip_address = added.ip_address
                                        AND epoch(earlier.occurred_at) < epoch(live_events.occurred_at)))
                                AND epoch(added.occurred_at) >= epoch(live_events.occurred_at) - 86400
                                AND epoch(added.occurred_at) <= epoch(live_events.occurred_at) + 86400)
                    GROUP BY identity_id, platform, COALESCE(details ->> 'factor', 'A second factor')) AS removed
                JOIN everyone ON everyone.id = removed.identity_id ORDER BY removed.last_at DESC
                """,
            say: """
                {factor} {factors?was/were} disabled for {identity_name} {last_at:ago}, so \
                {factors?one factor less protects/fewer factors protect} the account.
                """,
            recommend: "Ask the user whether they disabled the factor themselves.", action: .notifyUser),
        Rule(
            .behavioralAnomaly, "suspicious_activity_reported", .high, on: .identity,
            "Suspicious activity reported",
            needs: [.identityProvider],
            find: """
                SELECT everyone.id AS key, \(person: "everyone"),
                    live_events.platform AS source, live_events.occurred_at
                FROM live_events JOIN everyone ON everyone.id = live_events.identity_id
                WHERE live_events.event_type = 'user.account.report_suspicious_activity_by_enduser'
                    AND epoch(live_events.occurred_at) >= epoch(\(daysAgo: 30))
                ORDER BY epoch(live_events.occurred_at) DESC
                """,
            say: """
                {identity_name} reported a sign-in they did not make {occurred_at:ago}, so someone else may know the \
                password.
                """,
            recommend: "Talk to the user who reported it and end their sessions.", action: .revokeSessions),
        // Finds sign-ins that the identity provider rated as high risk and let through. If it asked for a second factor, it
        // let the person through only if that succeeded within ten minutes, and the finding is less severe.
        Rule(
            .behavioralAnomaly, "high_risk_sign_in", .high, on: .identity, "High-risk sign-in",
            needs: [.identityProvider],
            find: """
                SELECT everyone.id AS key, \(person: "everyone"), live_events.platform AS source,
                    COALESCE(live_events.ip_address, 'an unknown address') AS address, live_events.occurred_at,
                    CASE WHEN live_events.details ->> 'challenge' = 'yes' THEN ' after a second factor' ELSE '' END AS how,
                    CASE WHEN count(*) FILTER (WHERE live_events.details ->> 'challenge' IS NULL)
                        OVER (PARTITION BY everyone.id) > 0 THEN 'high' ELSE 'medium' END AS severity
                FROM live_events JOIN everyone ON everyone.id = live_events.identity_id
                WHERE live_events.event_type = 'policy.evaluate_sign_on' AND live_events.outcome = 'success'
                    AND epoch(live_events.occurred_at) >= epoch(\(daysAgo: 30)) AND live_events.details ->> 'risk' = 'high'
                    AND (live_events.details ->> 'challenge' IS NULL OR EXISTS (
                        SELECT 1 FROM audit_events AS passed
                        WHERE passed.workspace_id = $1 AND passed.event_type = 'user.authentication.auth_via_mfa'
                            AND passed.outcome = 'success' AND passed.identity_id = live_events.identity_id
                            AND epoch(passed.occurred_at) >= epoch(live_events.occurred_at)
                            AND epoch(passed.occurred_at) <= epoch(live_events.occurred_at) + 600))
                ORDER BY live_events.details ->> 'challenge' DESC, epoch(live_events.occurred_at) DESC
                """,
            say: """
                {source:platform} rated a sign-in of {identity_name} from {address} as high risk {occurred_at:ago} and \
                let it through{how}.
                """,
            recommend: "End the session and confirm the sign-in with the user.", action: .revokeSessions),
        // Finds people with three or more sign-ins in the last 7 days at hours that are new to them: in the 60 days before,
        // they never signed in at such an hour or two hours around it. Sign-ins from a country that is new to the person
        // don't count, since days have other hours there. People with fewer than ten sign-ins in that time, and service
        // accounts, are left out.
        Rule(
            .behavioralAnomaly, "off_hours_sign_in", .medium, on: .identity,
            "Off-hours sign-ins above baseline",
            needs: [.identityProvider],
            evidence: .habit,
            find: """
                SELECT everyone.id AS key, \(person: "everyone"), odd.lately
                FROM (
                    SELECT new_hours.identity_id, sum(new_hours.lately) AS lately
                    FROM sign_in_hours AS new_hours
                    WHERE new_hours.lately > 0 AND NOT EXISTS (
                        SELECT 1 FROM sign_in_hours AS usual
                        WHERE usual.identity_id = new_hours.identity_id AND usual.earlier > 0
                            AND (usual.hour_of_day - new_hours.hour_of_day + 26) % 24 <= 4)
                    GROUP BY new_hours.identity_id HAVING sum(new_hours.lately) >= 3) AS odd
                JOIN everyone ON everyone.id = odd.identity_id
                WHERE everyone.identity_type <> 'service_account' AND 10 <= (
                    SELECT sum(earlier) FROM sign_in_hours WHERE sign_in_hours.identity_id = odd.identity_id)
                    AND 3 <= (
                        SELECT count(*) FROM sign_ins AS entry
                        WHERE entry.identity_id = odd.identity_id AND epoch(entry.occurred_at) >= epoch(\(daysAgo: 7))
                            AND (entry.country IS NULL OR EXISTS (
                                SELECT 1 FROM sign_ins AS usual
                                WHERE usual.identity_id = entry.identity_id AND usual.country = entry.country
                                    AND epoch(usual.occurred_at) < epoch(\(daysAgo: 7))))
                            AND NOT EXISTS (
                                SELECT 1 FROM sign_in_hours AS usual
                                WHERE usual.identity_id = entry.identity_id AND usual.earlier > 0
                                    AND (usual.hour_of_day - epoch(entry.occurred_at) / 3600 % 24 + 26) % 24 <= 4))
                """,
            say: """
                {identity_name} signed in {lately} times in the last week at hours of the day at which they had not signed \
                in for two months.
                """,
            recommend: "Ask the user about these sign-ins.", action: .notifyUser),
        // Finds two successive sign-ins of a person to one platform from different countries within two hours. Addresses
        // that several people use, such as exits of a VPN, do not show where a person is. Neighboring countries are left
        // out: a border is crossed in minutes, and near it, networks have addresses of the other country.
        Rule(
            .behavioralAnomaly, "impossible_travel", .high, on: .identity, "Impossible travel",
            needs: [.identityProvider],
            evidence: .habit,
            find: """
                SELECT everyone.id AS key, \(person: "everyone"),
                    journey.origin, journey.destination, journey.occurred_at,
                    (journey.seconds + CASE WHEN journey.seconds = 0 THEN 60 ELSE 59 END) / 60 AS minutes
                FROM (
                    SELECT identity_id, occurred_at, origin, destination,
                        epoch(occurred_at) - epoch(departed_at) AS seconds, row_number() OVER (
                            PARTITION BY identity_id ORDER BY occurred_at) AS position
                    FROM (
                        SELECT sign_ins.identity_id, sign_ins.occurred_at, sign_ins.country AS destination,
                            lag(sign_ins.country) OVER by_time AS origin,
                            lag(sign_ins.occurred_at) OVER by_time AS departed_at
                        FROM (SELECT identity_id FROM sign_in_habits WHERE is_traveller) AS travellers
                        CROSS JOIN sign_ins
                        WHERE sign_ins.identity_id = travellers.identity_id
                            AND epoch(sign_ins.occurred_at) >= epoch(\(daysAgo: 30)) AND sign_ins.country IS NOT NULL
                            AND (sign_ins.ip_address IS NULL
                                OR sign_ins.ip_address NOT IN (SELECT ip_address FROM shared_addresses))
                        WINDOW by_time AS (
                            PARTITION BY sign_ins.identity_id, sign_ins.integration_id
                            ORDER BY sign_ins.occurred_at)) AS moves
                    WHERE origin <> destination AND epoch(occurred_at) - epoch(departed_at) <= 7200
                        AND CASE WHEN origin < destination THEN origin || destination
                            ELSE destination || origin END NOT IN (\(Neighbors.list))) AS journey
                JOIN everyone ON everyone.id = journey.identity_id
                WHERE journey.position = 1
                """,
            say: """
                {identity_name} signed in from {origin} and {minutes:minute} later from {destination} \
                {occurred_at:ago}, so one of the two was probably someone else.
                """,
            recommend: "End the sessions and confirm both sign-ins with the user.", action: .revokeSessions),
        // Finds sign-ins after 60 days or more without one. If a person did not sign in within the half year before,
        // the query looks up the last sign-in. If there is none, the 60 days count from the time at which the person
        // was known and the log was complete.
        Rule(
            .behavioralAnomaly, "dormant_account_awakened", .medium, on: .identity,
            "Dormant account awakened",
            needs: [.identityProvider],
            evidence: .habit,
            find: """
                SELECT everyone.id AS key, \(person: "everyone"), woken_at, absence / 86400 AS days
                FROM (
                    SELECT known_habits.identity_id, woken_at, epoch(woken_at) - epoch(COALESCE(last_at,
                        CASE WHEN known_since > log_start.since THEN known_since ELSE log_start.since END)) AS absence
                    FROM (
                        SELECT sign_in_habits.identity_id, woken_at, everyone.created_at AS known_since,
                            COALESCE(last_at, (
                                SELECT max(occurred_at) FROM audit_events
                                WHERE workspace_id = $1 AND event_type = 'user.session.start'
                                    AND outcome = 'success' AND identity_id = sign_in_habits.identity_id
                                    AND occurred_at < woken_at
                                    AND integration_id IN (SELECT id FROM connected))) AS last_at
                        FROM sign_in_habits JOIN everyone ON everyone.id = sign_in_habits.identity_id
                        WHERE epoch(woken_at) - epoch(COALESCE(last_at, (SELECT since FROM log_start)))
                            >= 60 * 86400) AS known_habits CROSS JOIN log_start) AS absences
                JOIN everyone ON everyone.id = absences.identity_id
                WHERE absence >= 60 * 86400
                """,
            say: """
                {identity_name} signed in {woken_at:ago} after {days} days without a sign-in, as someone with a \
                stolen password would.
                """,
            recommend: "Confirm the sign-in with the user.", action: .notifyUser),
        // Finds three or more resets of a person's password on a platform on one day (UTC).
        Rule(
            .behavioralAnomaly, "repeated_password_resets", .medium, on: .identity,
            "Repeated password resets",
            needs: [.identityProvider],
            find: """
                SELECT everyone.id AS key, \(person: "everyone"), worst.platform AS source, worst.resets, worst.last_at
                FROM (
                    SELECT identity_id, platform, count(*) AS resets, max(occurred_at) AS last_at, row_number() OVER (
                        PARTITION BY identity_id ORDER BY count(*) DESC, max(occurred_at) DESC) AS position
                    FROM live_events
                    WHERE event_type = 'user.account.reset_password' AND outcome = 'success'
                        AND epoch(occurred_at) >= epoch(\(daysAgo: 30)) AND identity_id IS NOT NULL
                    GROUP BY identity_id, platform, epoch(occurred_at) / 86400
                    HAVING count(*) >= 3) AS worst
                JOIN everyone ON everyone.id = worst.identity_id
                WHERE worst.position = 1
                """,
            say: """
                The password of {identity_name} was reset {resets} times within a day {last_at:ago}, so someone may be \
                trying to take the account over.
                """,
            recommend: "Confirm the resets with the user.", action: .notifyUser),
    ]
}
