import Findings
import Store

/// Queries that several rules share.
extension RuleQuery {
    // MARK: Metrics

    /// Compares a metric of the latest snapshot, `is_now`, with its earlier value, `was`.
    ///
    /// - Parameters:
    ///   - metric: The metric's name in snapshots.
    ///   - isWorse: The condition, on `was` and `is_now`, under which the rule reports the change.
    static func drift(of metric: SQL, when isWorse: SQL) -> RuleQuery {
        "SELECT '' AS key, was, is_now, period FROM \(values(of: [metric])) WHERE \(isWorse)"
    }

    /// Compares a percentage in the same way, if the number that `count` counts has risen by three or more: in a small
    /// company, one person or device is many per cent. Says nothing if one of the snapshots does not have the number.
    static func drift(ofShare metric: SQL, of count: SQL, when isWorse: SQL) -> RuleQuery {
        """
        SELECT '' AS key, was, is_now, period FROM \(values(of: [metric])) WHERE (\(isWorse)) AND 3 <= (
            SELECT CAST(latest ->> '\(count)' AS integer) - CAST(earlier ->> '\(count)' AS integer) FROM drift)
        """
    }

    /// Compares a metric that concerns all connected platforms, in the same way. The finding is attributed to them.
    static func drift(ofAll metric: SQL, when isWorse: SQL) -> RuleQuery {
        """
        SELECT '' AS key, was, is_now, period, connected.platform AS source
        FROM \(values(of: [metric])) JOIN connected ON \(isWorse)
        """
    }

    /// Compares the number of findings of several severities, in the same way, if the same rules judged the same
    /// platforms for both snapshots. In the first week of a platform most rules leave it out, and after it they report
    /// problems that existed before. The finding is attributed to all connected platforms.
    static func drift(ofFindings severities: [SQL], when isWorse: SQL) -> RuleQuery {
        """
        SELECT '' AS key, was, is_now, period, connected.platform AS source
        FROM \(values(of: severities)) JOIN connected ON \(isWorse)
        WHERE (SELECT latest ->> 'rules' = earlier ->> 'rules' FROM drift) AND NOT EXISTS (
            SELECT 1 FROM connected AS added, drift
            WHERE epoch(added.connected_at) > epoch(drift.earlier_at) - 7 * 86400)
        """
    }

    private static func values(of metrics: [SQL]) -> SQL {
        func sum(in snapshot: SQL) -> SQL {
            .list(metrics.map { "CAST(\(snapshot) ->> '\($0)' AS integer)" }, separator: " + ")
        }
        return "(SELECT \(sum(in: "earlier")) AS was, \(sum(in: "latest")) AS is_now, period FROM drift) AS metric"
    }

    // MARK: Changes

    /// Finds changes in the platforms' logs, with the severity that follows from what is usual for the person who made
    /// them (`actor_context`).
    ///
    /// - Parameters:
    ///   - types: The types of events.
    ///   - subject: The expression that tells findings apart. Changes in which all is usual are a finding for each
    ///     subject and day (UTC). All others of the subject are one finding, about the worst and newest of them.
    ///   - severity: The severity, if it is neither raised nor lowered.
    ///   - columns: Further columns, each followed by a comma.
    static func changes(
        _ types: SQL, of subject: SQL, severity: Severity, and columns: SQL = ""
    ) -> RuleQuery {
        """
        SELECT found.*, \(severity: severity, movedBy: "max(severity_step) OVER worst_first") AS severity,
            first_value(change_oddities) OVER worst_first AS oddities
        FROM (
            SELECT \(subject) || CASE WHEN change.severity_step = -1
                    THEN ':' || CAST(epoch(change.occurred_at) / 86400 AS text) ELSE '' END AS key,
                change.platform AS integration_platform, change.platform AS source, \(columns)
                everyone.id AS identity_id, everyone.email AS identity_email,
                COALESCE(everyone.display_name, change.actor, 'Someone') AS identity_name, change.occurred_at,
                change.severity_step, change.oddities AS change_oddities
            FROM actor_context AS change LEFT JOIN everyone ON everyone.id = change.identity_id
            WHERE change.event_type IN (\(types))) AS found
        WINDOW worst_first AS (PARTITION BY key ORDER BY severity_step DESC, epoch(occurred_at) DESC)
        ORDER BY severity_step DESC, epoch(occurred_at) DESC
        """
    }

    // MARK: Sign-ins

    /// The condition for rows of `account_holders` about people who sign in to the platform through the identity
    /// provider: it has a managed application of the platform with single sign-on, which the person may use, or the
    /// person has let the platform know their name and address, as with "Sign in with Google".
    static let signsInElsewhere: SQL = """
        (EXISTS (
            SELECT 1 FROM live_entitlements
                JOIN live_applications ON live_applications.id = live_entitlements.application_id
            WHERE live_entitlements.identity_id = account_holders.identity_id
                AND live_applications.is_managed AND live_applications.sso_enabled
                AND live_applications.name_folded LIKE replace(account_platform, '_', ' ') || '%')
        OR EXISTS (
            SELECT 1 FROM live_grants
                JOIN live_applications ON live_applications.id = live_grants.application_id
                JOIN idp ON idp.platform = live_grants.platform
            WHERE live_grants.identity_id = account_holders.identity_id AND live_grants.access = 'basic'
                AND live_applications.name_folded LIKE replace(account_platform, '_', ' ') || '%'))
        """

    // MARK: Applications

    /// Finds applications, and the people who gave them OAuth grants.
    ///
    /// - Parameter condition: The condition for a row of `app_use`.
    static func users(where condition: SQL) -> RuleQuery {
        """
        SELECT application_id AS key, application_id, application_name, identity_id, identity_name, identity_email,
            source, count(*) OVER (PARTITION BY application_id) AS affected_count
        FROM app_use
        WHERE \(condition)
        GROUP BY application_id, application_name, identity_id, identity_name, identity_email, source
        """
    }

    /// The condition for rows of `app_use` about people who have not left and applications with this policy.
    static func isInUse(despite policy: SQL) -> SQL {
        """
        status <> 'deprovisioned' AND application_id IN (
            SELECT live_applications.id FROM live_applications
                JOIN app_policies ON app_policies.app_name_folded = live_applications.name_folded
            WHERE app_policies.workspace_id = $1 AND app_policies.status = '\(policy)')
        """
    }

    /// Finds applications with many users, and lists at most a hundred of the users.
    ///
    /// - Parameters:
    ///   - condition: The condition for a row of `shadow_applications`.
    ///   - grant: The condition for a grant by which a person is a user.
    ///   - isMany: The condition for the number of users, `used.affected_count`.
    static func manyUsers(where condition: SQL, by grant: SQL = "true", if isMany: SQL) -> RuleQuery {
        """
        SELECT used.application_id AS key, used.application_id, live_applications.name AS application_name,
            \(person: "everyone"), live_applications.platform AS source, used.affected_count
        FROM (
            SELECT application_id, identity_id, count(*) OVER (PARTITION BY application_id) AS affected_count,
                row_number() OVER (PARTITION BY application_id ORDER BY identity_id) AS place
            FROM live_grants
            WHERE application_id IN (SELECT id FROM shadow_applications WHERE \(condition))
                AND identity_id IS NOT NULL AND \(grant)
                AND identity_id NOT IN (SELECT id FROM everyone WHERE status = 'deprovisioned')
            GROUP BY application_id, identity_id) AS used
            JOIN live_applications ON live_applications.id = used.application_id
            JOIN everyone ON everyone.id = used.identity_id
        WHERE (\(isMany)) AND used.place <= 100
        """
    }
}
