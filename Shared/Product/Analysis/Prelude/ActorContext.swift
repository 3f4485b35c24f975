import Integrations
import Store

// The circumstances of administrators' changes.
//
// Problem: a change, such as the end of a log, looks the same in a platform's log whether an administrator makes it as
// every month, or an intruder with their session.
//
// Approach: `actor_context` has one row for each change, with five answers about the person who made it, as of the time
// of the change. Each is true (usual), false (odd), or null (unknown):
// 1. is_administrator: have they been an administrator, of this platform or of an identity provider, for 90 days? False
//    only if syncs saw them become one.
// 2. is_place_usual: true if they signed in from this network, or if several people did (`shared_addresses`). False if
//    they did not sign in from this country. Both ask for the 30 days that ended a day before, so that an intruder's
//    own sign-in does not count. A new network in a usual country is no answer: mobile networks change all the time.
//    There is no answer either about people whose sign-ins are known for less than 30 days, or if the country is
//    unknown.
// 3. has_managed_device: does a device of theirs comply, according to device management? False only if device
//    management knows its devices' owners.
// 4. is_factor_settled: do they have a second factor, and has it been the same for 7 days?
// 5. is_account_safe: has no rule found a break-in into their account?
//
// `severity_step` is what follows for a finding's severity:
// - 1, a step higher, if two or more of 2, 4 and 5 are odd. These are signs of an intruder.
// - -1, a step lower, if none of the five is odd, and 1 and 2 are known to be usual. These two make a change ordinary.
//   Unknown answers to the others do not count, since many companies have no device management, or an identity provider
//   that does not tell second factors.
// - 0 otherwise.
//
// Cost: the answers are computed for the changes alone, of which there are few, by indexes. `actor_places` has the
// sign-ins of the people who made the changes, once for each day and address, so that the time does not grow with the
// product of a person's sign-ins and changes.
extension Prelude {
    /// The types of events in which a platform's log is turned off.
    static let loggingEnded: SQL = """
        'StopLogging', 'DeleteTrail', 'audit_log_streaming.destroy', 'system.log_stream.lifecycle.deactivate',
        'system.log_stream.lifecycle.delete'
        """
    /// The types of events in which a policy for sign-ins, or a rule of one, is turned off.
    static let policiesEnded: SQL = """
        'policy.lifecycle.deactivate', 'policy.lifecycle.delete', 'policy.rule.deactivate', 'policy.rule.delete',
        'application.policy.sign_on.rule.delete'
        """
    /// The types of events in which a person or a group gets administrator rights.
    static let adminRightsGranted: SQL = "'user.account.privilege.grant', 'group.privilege.grant'"
    /// The types of events in which a person adds or removes a second factor.
    private static let factorChanged: SQL = """
        'user.mfa.factor.deactivate', 'user.mfa.factor.activate', 'User registered security info', '2sv_enroll'
        """
    private static let changes: SQL = "\(loggingEnded), \(policiesEnded), \(adminRightsGranted)"

    /// The ids of the rules whose findings say that another person has signed in to a person's account.
    static let breakInRules: [StaticString] = [
        "behavioral_anomaly::success_after_brute_force", "behavioral_anomaly::suspicious_activity_reported",
        "behavioral_anomaly::high_risk_sign_in", "behavioral_anomaly::impossible_travel",
    ]

    static let actorTables = [
        // People with an open finding of a break-in. The analysis adds those of its own run.
        SharedTable(
            name: "break_ins", key: "identity_id",
            query: """
                SELECT workspace_id, affected_identity_id AS identity_id FROM findings
                WHERE workspace_id = $1 AND status IN ('open', 'in_progress') AND affected_identity_id IS NOT NULL
                    AND rule_id IN (\(SQL.list(breakInRules.map { "'\(SQL(stringLiteral: $0))'" })))
                """),
        // The days (UTC) on which the people who made changes signed in from an address, with its country and network.
        // A network is an address without its last number.
        SharedTable(
            name: "actor_places", key: "identity_id",
            query: """
                SELECT DISTINCT signed_in.identity_id, epoch(signed_in.occurred_at) / 86400 AS day, signed_in.ip_address,
                    rtrim(signed_in.ip_address, '0123456789abcdef') AS network, signed_in.country
                FROM (
                    SELECT DISTINCT identity_id FROM audit_events
                    WHERE workspace_id = $1 AND event_type IN (\(changes)) AND outcome = 'success'
                        AND identity_id IS NOT NULL AND epoch(occurred_at) >= epoch(\(daysAgo: 30))) AS actors
                    CROSS JOIN audit_events AS signed_in
                WHERE signed_in.workspace_id = $1 AND signed_in.event_type = 'user.session.start'
                    AND signed_in.outcome = 'success' AND signed_in.identity_id = actors.identity_id
                    AND signed_in.integration_id IN (SELECT id FROM connected)
                    AND epoch(signed_in.occurred_at) >= epoch(\(daysAgo: 91))
                """),
        // The changes of the last 30 days. An event without a country has that of a sign-in from the same address on
        // the same day or the day before.
        SharedTable(
            name: "actor_context", key: "event_type",
            query: """
                SELECT id, identity_id, event_type, actor, target, platform, occurred_at, is_administrator,
                    is_place_usual, has_managed_device, is_factor_settled, is_account_safe,
                    CASE WHEN signs >= 2 THEN 1
                        WHEN signs = 0 AND is_administrator AND is_place_usual AND COALESCE(has_managed_device, true)
                        THEN -1 ELSE 0 END AS severity_step,
                    NULLIF(substr(
                        CASE WHEN NOT is_place_usual
                            THEN '; they had not signed in from ' || country || ' in the 30 days before' ELSE '' END
                        || CASE WHEN is_factor_new THEN '; their second factor had changed in the week before'
                            WHEN NOT is_factor_settled THEN '; they have no second factor' ELSE '' END
                        || CASE WHEN NOT is_account_safe THEN '; their account shows signs of a break-in' ELSE '' END
                        || CASE WHEN NOT is_administrator
                            THEN '; they had been an administrator for less than 90 days' ELSE '' END
                        || CASE WHEN NOT has_managed_device
                            THEN '; they have no managed device that complies' ELSE '' END, 3), '') AS oddities
                FROM (
                    SELECT answers.*, CASE WHEN NOT is_place_usual THEN 1 ELSE 0 END
                        + CASE WHEN NOT is_factor_settled THEN 1 ELSE 0 END
                        + CASE WHEN NOT is_account_safe THEN 1 ELSE 0 END AS signs
                    FROM (
                        SELECT change.*, CASE WHEN everyone.id IS NOT NULL
                                THEN everyone.id NOT IN (SELECT identity_id FROM break_ins) END AS is_account_safe,
                            CASE WHEN is_factor_new THEN false
                                WHEN everyone.identity_type = 'service_account'
                                    OR everyone.id IN (SELECT id FROM emergencies) THEN CAST(NULL AS boolean)
                                ELSE everyone.mfa_enabled END AS is_factor_settled,
                            (SELECT CASE
                                WHEN min(epoch(admin_since)) <= epoch(change.occurred_at) - 90 * 86400 THEN true
                                WHEN min(epoch(admin_since) - epoch(connected.connected_at)) > 86400
                                    AND count(admin_since) = count(*) THEN false END
                                FROM live_accounts JOIN connected ON connected.id = live_accounts.integration_id
                                WHERE live_accounts.identity_id = change.identity_id AND live_accounts.is_admin
                                    AND live_accounts.status = 'active'
                                    AND (live_accounts.integration_id = change.integration_id
                                        OR live_accounts.idp_role IS NOT NULL)) AS is_administrator,
                            CASE WHEN change.ip_address IN (SELECT ip_address FROM shared_addresses) OR EXISTS (
                                    SELECT 1 FROM actor_places AS place
                                    WHERE place.identity_id = change.identity_id AND place.network = change.network
                                        AND place.day >= change.day - 31 AND place.day <= change.day - 2) THEN true
                                WHEN change.country IS NOT NULL AND EXISTS (
                                        SELECT 1 FROM actor_places AS place
                                        WHERE place.identity_id = change.identity_id AND place.day <= change.day - 30)
                                    AND EXISTS (
                                        SELECT 1 FROM actor_places AS place
                                        WHERE place.identity_id = change.identity_id AND place.country IS NOT NULL
                                            AND place.day >= change.day - 31 AND place.day <= change.day - 2)
                                    AND NOT EXISTS (
                                        SELECT 1 FROM actor_places AS place
                                        WHERE place.identity_id = change.identity_id
                                            AND place.country = change.country
                                            AND place.day >= change.day - 31 AND place.day <= change.day - 2)
                                THEN false END AS is_place_usual,
                            CASE WHEN EXISTS (
                                    SELECT 1 FROM live_devices
                                    WHERE live_devices.identity_id = change.identity_id AND live_devices.is_compliant
                                        AND live_devices.category <> 'edr') THEN true
                                WHEN everyone.id IS NOT NULL AND (SELECT are_owners_known FROM device_owners)
                                    AND NOT EXISTS (
                                        SELECT 1 FROM live_devices
                                        WHERE live_devices.identity_id = change.identity_id
                                            AND live_devices.is_compliant IS NULL AND live_devices.category <> 'edr')
                                THEN false END AS has_managed_device
                        FROM (
                            SELECT changed.id, changed.identity_id, changed.integration_id, changed.event_type,
                                changed.actor, changed.target, changed.ip_address, changed.occurred_at,
                                connected.platform, epoch(changed.occurred_at) / 86400 AS day,
                                rtrim(changed.ip_address, '0123456789abcdef') AS network,
                                COALESCE(changed.country, (
                                    SELECT max(place.country) FROM actor_places AS place
                                    WHERE place.identity_id = changed.identity_id
                                        AND place.ip_address = changed.ip_address
                                        AND place.day >= epoch(changed.occurred_at) / 86400 - 1
                                        AND place.day <= epoch(changed.occurred_at) / 86400)) AS country,
                                EXISTS (
                                    SELECT 1 FROM audit_events AS factor
                                    WHERE factor.workspace_id = $1 AND factor.event_type IN (\(factorChanged))
                                        AND factor.outcome = 'success' AND factor.identity_id = changed.identity_id
                                        AND epoch(factor.occurred_at) >= epoch(changed.occurred_at) - 7 * 86400
                                        AND factor.occurred_at <= changed.occurred_at) AS is_factor_new
                            FROM audit_events AS changed CROSS JOIN connected
                            WHERE changed.workspace_id = $1 AND changed.event_type IN (\(changes))
                                AND changed.outcome = 'success' AND connected.id = changed.integration_id
                                AND epoch(changed.occurred_at) >= epoch(\(daysAgo: 30))) AS change
                            LEFT JOIN everyone ON everyone.id = change.identity_id) AS answers) AS judged
                """),
    ]
}
