import Findings
import Integrations
import Store

extension Rule {
    /// Rules about unusual actions with files, admin roles and security controls.
    static let unusualActions: [Rule] = [
        // Finds people who downloaded 100 files or more from a platform in a day (UTC), at least ten times as many as on an
        // average day of the 30 days. Service accounts are left out.
        Rule(
            .behavioralAnomaly, "unusual_downloads", .high, on: .identity, "Unusual downloads",
            needs: [.oneOf(["google_workspace", "slack", "github", "gitlab"])],
            evidence: .habit,
            find: """
                SELECT everyone.id AS key, \(person: "everyone"), worst.platform AS source, worst.files, worst.last_at,
                    (epoch(worst.last_at) - epoch(worst.first_at)) / 3600 + 1 AS hours
                FROM (
                    SELECT identity_id, platform, count(DISTINCT COALESCE(target, CAST(id AS text))) AS files,
                        sum(count(DISTINCT COALESCE(target, CAST(id AS text))))
                            OVER (PARTITION BY identity_id, platform) AS all_files,
                        min(occurred_at) AS first_at, max(occurred_at) AS last_at, row_number() OVER (
                            PARTITION BY identity_id ORDER BY count(*) DESC, max(occurred_at) DESC) AS position
                    FROM live_events
                    WHERE event_type = 'download' AND outcome = 'success' AND epoch(occurred_at) >= epoch(\(daysAgo: 30))
                        AND identity_id IN (
                            SELECT identity_id FROM audit_events
                            WHERE workspace_id = $1 AND event_type = 'download' AND outcome = 'success'
                                AND epoch(occurred_at) >= epoch(\(daysAgo: 30))
                            GROUP BY identity_id HAVING count(*) >= 100)
                    GROUP BY identity_id, platform, epoch(occurred_at) / 86400) AS worst
                JOIN everyone ON everyone.id = worst.identity_id
                WHERE worst.position = 1 AND worst.files >= 100 AND worst.files * 29 >= (all_files - worst.files) * 10
                    AND everyone.identity_type <> 'service_account'
                """,
            say: """
                {identity_name} downloaded {files} files from {source:platform} within {hours:hour} {last_at:ago}, \
                at least ten times as many as on an average day.
                """,
            recommend: "Find out what was downloaded and why.", action: .notifyUser),
        // Finds people who deleted 200 files or more from a platform in a day (UTC). Files that are only in the trash can
        // be restored, so such a finding is low.
        Rule(
            .behavioralAnomaly, "mass_deletion", .high, on: .identity, "Mass deletion",
            needs: [.oneOf(["google_workspace", "slack", "github", "gitlab"])],
            find: """
                SELECT everyone.id AS key, \(person: "everyone"), worst.platform AS source, worst.files, worst.last_at,
                    CASE WHEN worst.deleted = worst.files THEN 'deleted' WHEN worst.deleted = 0 THEN 'put into the trash'
                        ELSE 'deleted or put into the trash' END AS did,
                    CASE WHEN worst.deleted >= 200 THEN 'high' ELSE 'low' END AS severity,
                    (epoch(worst.last_at) - epoch(worst.first_at)) / 3600 + 1 AS hours
                FROM (
                    SELECT identity_id, platform, count(DISTINCT COALESCE(target, CAST(id AS text))) AS files,
                        count(DISTINCT COALESCE(target, CAST(id AS text))) FILTER (WHERE event_type = 'delete') AS deleted,
                        min(occurred_at) AS first_at, max(occurred_at) AS last_at, row_number() OVER (
                            PARTITION BY identity_id ORDER BY count(*) DESC, max(occurred_at) DESC) AS position
                    FROM live_events
                    WHERE event_type IN ('delete', 'trash') AND outcome = 'success'
                        AND epoch(occurred_at) >= epoch(\(daysAgo: 30)) AND identity_id IS NOT NULL
                    GROUP BY identity_id, platform, epoch(occurred_at) / 86400
                    HAVING count(DISTINCT COALESCE(target, CAST(id AS text))) >= 200) AS worst
                JOIN everyone ON everyone.id = worst.identity_id
                WHERE worst.position = 1
                """,
            say: """
                {identity_name} {did} {files} files in {source:platform} within {hours:hour} {last_at:ago}, so the \
                company may have lost what others need.
                """,
            recommend: "Ask the user about the files, and restore what is needed.", action: .notifyUser),
        // Finds people who granted admin roles on a platform three times or more in a day (UTC). If all was usual for the
        // person, each such day is a finding. Otherwise only the worst day is one.
        Rule(
            .behavioralAnomaly, "admin_grant_burst", .high, on: .identity, "Burst of admin grants",
            needs: [.identityProvider],
            find: """
                SELECT CAST(everyone.id AS text) || worst.usual_day AS key, \(person: "everyone"), worst.platform AS source,
                    worst.grants, worst.last_at, worst.oddities,
                    \(severity: .high, movedBy: "worst.severity_step") AS severity
                FROM (
                    SELECT days.*, row_number() OVER (
                        PARTITION BY identity_id, usual_day ORDER BY severity_step DESC, grants DESC, last_at DESC
                        ) AS position
                    FROM (
                        SELECT identity_id, platform, count(*) AS grants, max(occurred_at) AS last_at,
                            max(severity_step) AS severity_step, max(oddities) AS oddities,
                            CASE WHEN max(severity_step) = -1
                                THEN ':' || CAST(epoch(occurred_at) / 86400 AS text) ELSE '' END AS usual_day
                        FROM actor_context
                        WHERE event_type IN (\(Prelude.adminRightsGranted)) AND identity_id IS NOT NULL
                        GROUP BY identity_id, platform, epoch(occurred_at) / 86400 HAVING count(*) >= 3) AS days
                    ) AS worst
                JOIN everyone ON everyone.id = worst.identity_id
                WHERE worst.position = 1
                """,
            say: """
                {identity_name} granted admin roles in {source:platform} {grants} times within a day {last_at:ago}\
                [ ({oddities})], as an intruder would who wants to stay.
                """,
            recommend: "Review the roles that were granted and take back those without a request.",
            action: .createAccessReview),
        Rule(
            .behavioralAnomaly, "audit_logging_disabled", .critical, on: .integration,
            "Audit logging disabled",
            needs: [.oneOf(["aws", "github", "okta"])],
            find: .changes(Prelude.loggingEnded, of: "change.platform", severity: .critical),
            say: """
                {identity_name} turned audit logging off in {source:platform} {occurred_at:ago}[ ({oddities})], so what has \
                been done there since leaves no trace.
                """,
            recommend: "Turn audit logging on again and find out who turned it off.", action: .createTicket),
        // Finds policies or rules of policies that were deactivated or deleted.
        Rule(
            .behavioralAnomaly, "sign_on_policy_weakened", .high, on: .integration, "Sign-on policy weakened",
            needs: [.identityProvider],
            find: .changes(
                Prelude.policiesEnded, of: "change.platform || COALESCE(':' || change.target, '')", severity: .high,
                and: """
                    change.target AS integration_name, COALESCE('the policy ' || change.target, 'a policy') AS policy,
                    """),
            say: """
                {identity_name} turned off {policy} or a rule of it in {source:platform} {occurred_at:ago}\
                [ ({oddities})], so sign-ins are checked less than before.
                """,
            recommend: "Restore the sign-on policy.", action: .createTicket),
    ]
}
