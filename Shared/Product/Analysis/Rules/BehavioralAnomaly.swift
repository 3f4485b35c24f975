import Findings
import Integrations
import Store

extension Rule {
    /// Rules about unusual behavior of people and attackers in the last 30 days.
    static let behavioralAnomaly: [Rule] = attacks + unusualSignIns + unusualActions

    private static let attacks: [Rule] = [
        Rule(
            .behavioralAnomaly, "repeated_mfa_failures", .high, on: .identity,
            "Five or more failed MFA in an hour",
            needs: [.identityProvider],
            find: """
                SELECT everyone.id AS key, \(person: "everyone"),
                    burst.platform AS source, burst.failures, burst.occurred_at,
                    (burst.seconds + CASE WHEN burst.seconds = 0 THEN 60 ELSE 59 END) / 60 AS minutes
                FROM (
                    SELECT identity_id, platform, occurred_at, failures, seconds, row_number() OVER (
                        PARTITION BY identity_id ORDER BY failures DESC, occurred_at DESC) AS position
                    FROM (
                        SELECT identity_id, platform, occurred_at, count(*) OVER an_hour AS failures,
                            epoch(occurred_at) - min(epoch(occurred_at)) OVER an_hour AS seconds
                        FROM live_events
                        WHERE event_type = 'user.authentication.auth_via_mfa' AND outcome = 'failure'
                            AND epoch(occurred_at) >= epoch(\(daysAgo: 30)) AND identity_id IS NOT NULL
                        WINDOW an_hour AS (
                            PARTITION BY identity_id ORDER BY epoch(occurred_at)
                            RANGE BETWEEN 3600 PRECEDING AND CURRENT ROW)) AS failing
                    WHERE failures >= 5) AS burst
                JOIN everyone ON everyone.id = burst.identity_id
                WHERE burst.position = 1
                """,
            say: """
                {identity_name} failed MFA {failures} times within {minutes:minute} {occurred_at:ago}, so someone else \
                may have the password and lack the second factor.
                """,
            recommend: "Ask the user whether it was them and end their sessions if not.",
            action: .revokeSessions),
        // Finds ten or more failed sign-ins of one person from three or more addresses on one day (UTC), on networks from
        // which the person had not signed in before.
        Rule(
            .behavioralAnomaly, "brute_force", .high, on: .identity, "Brute force",
            needs: [.identityProvider],
            evidence: .habit,
            find: """
                SELECT everyone.id AS key, \(person: "everyone"),
                    attack.platform AS source, attack.failures, attack.addresses,
                    attack.last_at
                FROM (
                    SELECT identity_id, platform, failures, addresses, last_at, row_number() OVER (
                        PARTITION BY identity_id ORDER BY failures DESC, last_at DESC) AS position
                    FROM attacks) AS attack
                JOIN everyone ON everyone.id = attack.identity_id
                WHERE attack.position = 1
                """,
            say: """
                {identity_name} had {failures} failed sign-ins from {addresses} addresses {last_at:ago}, so someone is \
                guessing the password.
                """,
            recommend: "Block the addresses, and change the password if one of them got in.", action: .createTicket),
        // Finds a sign-in during an attack or within a day after it, from an address that took part in the attack and
        // from which the person had not signed in before the attack, within the last 30 days. CROSS JOIN keeps SQLite
        // from reading all sign-ins before it knows of an attack.
        Rule(
            .behavioralAnomaly, "success_after_brute_force", .critical, on: .identity,
            "Sign-in after brute force",
            needs: [.identityProvider],
            supersedes: ["behavioral_anomaly::brute_force", "compound_risk::brute_forced_without_mfa"],
            evidence: .habit,
            find: """
                SELECT everyone.id AS key, \(person: "everyone"),
                    entry.platform AS source, entry.ip_address, entry.failures,
                    entry.occurred_at,
                    CASE WHEN entry.seconds < 120 THEN 'a minute'
                        WHEN entry.seconds < 7200 THEN CAST(entry.seconds / 60 AS text) || ' minutes'
                        ELSE CAST(entry.seconds / 3600 AS text) || ' hours' END AS delay
                FROM (
                    SELECT attack.identity_id, attack.platform, attack.failures, signed_in.ip_address,
                        signed_in.occurred_at, epoch(signed_in.occurred_at) - epoch(attack.first_at) AS seconds,
                        row_number() OVER (
                            PARTITION BY attack.identity_id ORDER BY signed_in.occurred_at) AS position
                    FROM attacks AS attack CROSS JOIN live_events AS signed_in
                    WHERE signed_in.event_type = 'user.session.start' AND signed_in.outcome = 'success'
                        AND epoch(signed_in.occurred_at) >= epoch(\(daysAgo: 30))
                        AND signed_in.identity_id = attack.identity_id AND signed_in.occurred_at > attack.first_at
                        AND epoch(signed_in.occurred_at) <= epoch(attack.last_at) + 86400
                        AND EXISTS (
                            SELECT 1 FROM live_events AS failed
                            WHERE failed.event_type = 'user.session.start' AND failed.outcome = 'failure'
                                AND failed.occurred_at >= attack.first_at
                                AND failed.occurred_at <= signed_in.occurred_at
                                AND failed.identity_id = attack.identity_id
                                AND failed.ip_address = signed_in.ip_address)
                        AND NOT EXISTS (
                            SELECT 1 FROM live_events AS earlier
                            WHERE earlier.event_type = 'user.session.start' AND earlier.outcome = 'success'
                                AND epoch(earlier.occurred_at) >= epoch(\(daysAgo: 30)) AND earlier.occurred_at < attack.first_at
                                AND earlier.identity_id = attack.identity_id
                                AND earlier.ip_address = signed_in.ip_address)) AS entry
                JOIN everyone ON everyone.id = entry.identity_id
                WHERE entry.position = 1
                """,
            say: """
                {identity_name} signed in from {ip_address} {delay} after {failures} failures had begun, \
                {occurred_at:ago}, so the password has been guessed.
                """,
            recommend: "Suspend the account and treat it as compromised.", action: .suspendUser),
        // Finds an address with failed sign-ins of ten or more people on one day (UTC), if fewer people signed in from
        // it at the same time or within an hour after. An office in which many people mistype their passwords does not
        // count.
        Rule(
            .behavioralAnomaly, "password_spray", .high, on: .workspace, "Password spray",
            needs: [.identityProvider],
            find: """
                SELECT '' AS key, \(person: "everyone"), spray.platform AS source, spray.ip_address,
                    spray.people AS affected_count, spray.people, spray.last_at,
                    (epoch(spray.last_at) - epoch(spray.first_at)) / 60 + 1 AS minutes
                FROM (
                    SELECT sprays.ip_address, sprays.platform, sprays.people, sprays.first_at, sprays.last_at,
                        row_number() OVER (ORDER BY sprays.people DESC, sprays.last_at DESC) AS position
                    FROM (SELECT count(*) AS number FROM sprays) AS any_spray CROSS JOIN audit_events AS seen
                        CROSS JOIN sprays
                    WHERE any_spray.number > 0 AND seen.workspace_id = $1 AND seen.event_type = 'user.session.start'
                        AND sprays.ip_address = seen.ip_address AND seen.occurred_at >= sprays.first_at
                        AND epoch(seen.occurred_at) <= epoch(sprays.last_at) + 3600 AND seen.integration_id IN (SELECT id FROM connected)
                    GROUP BY sprays.ip_address, sprays.platform, sprays.people, sprays.first_at, sprays.last_at
                    HAVING sprays.people > count(DISTINCT seen.identity_id) FILTER (WHERE seen.outcome = 'success')
                    ) AS spray
                JOIN live_events AS attempt ON attempt.event_type = 'user.session.start'
                    AND attempt.outcome = 'failure' AND epoch(attempt.occurred_at) >= epoch(spray.first_at)
                    AND epoch(attempt.occurred_at) <= epoch(spray.last_at) AND attempt.ip_address = spray.ip_address
                JOIN everyone ON everyone.id = attempt.identity_id
                WHERE spray.position = 1
                """,
            say: """
                {ip_address} tried the passwords of {people} people within {minutes:minute} {last_at:ago}, which is \
                how attackers find weak passwords.
                """,
            recommend: "Block the address in the identity provider's network zones.", action: .createTicket),
    ]
}
