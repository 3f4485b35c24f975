import Findings
import Integrations
import Store

extension Rule {
    /// Rules about suspicious sign-ins, and about changes of second factors and passwords.
    static let unusualSignIns: [Rule] = [
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
        // Finds sign-ins that the identity provider rated as high risk and let through.
        Rule(
            .behavioralAnomaly, "high_risk_sign_in", .high, on: .identity, "High-risk sign-in",
            needs: [.identityProvider],
            find: """
                SELECT everyone.id AS key, \(person: "everyone"), live_events.platform AS source,
                    COALESCE(live_events.ip_address, 'an unknown address') AS address, live_events.occurred_at
                FROM live_events JOIN everyone ON everyone.id = live_events.identity_id
                WHERE live_events.event_type = 'policy.evaluate_sign_on' AND live_events.outcome = 'success'
                    AND epoch(live_events.occurred_at) >= epoch(\(daysAgo: 30)) AND live_events.details ->> 'risk' = 'high'
                ORDER BY epoch(live_events.occurred_at) DESC
                """,
            say: """
                {source:platform} rated a sign-in of {identity_name} from {address} as high risk {occurred_at:ago} and \
                let it through.
                """,
            recommend: "End the session and confirm the sign-in with the user.", action: .revokeSessions),
        // Finds people with three or more sign-ins between 22:00 and 06:00 UTC in the last 7 days, more than twice
        // their rate of the two weeks before. People who have been known for less than three weeks, and service
        // accounts, are left out.
        Rule(
            .behavioralAnomaly, "off_hours_sign_in", .medium, on: .identity,
            "Off-hours sign-ins above baseline",
            needs: [.identityProvider],
            find: """
                SELECT everyone.id AS key, \(person: "everyone"), nights_lately AS lately,
                    CASE nights_before WHEN 0 THEN 'never' WHEN 1 THEN 'once'
                        ELSE CAST(nights_before AS text) || ' times' END AS baseline
                FROM sign_in_habits JOIN everyone ON everyone.id = sign_in_habits.identity_id
                WHERE nights_lately >= 3 AND nights_lately > nights_before
                    AND everyone.created_at <= \(daysAgo: 21) AND everyone.identity_type <> 'service_account'
                """,
            say: """
                {identity_name} signed in {lately} times between 22:00 and 06:00 UTC in the last week and {baseline} \
                at night in the two weeks before.
                """,
            recommend: "Ask the user about the sign-ins at night.", action: .notifyUser),
        // Finds two successive sign-ins of a person from different countries within two hours.
        Rule(
            .behavioralAnomaly, "impossible_travel", .high, on: .identity, "Impossible travel",
            needs: [.identityProvider],
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
                        WINDOW by_time AS (PARTITION BY sign_ins.identity_id ORDER BY sign_ins.occurred_at)) AS moves
                    WHERE origin <> destination AND epoch(occurred_at) - epoch(departed_at) <= 7200) AS journey
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
