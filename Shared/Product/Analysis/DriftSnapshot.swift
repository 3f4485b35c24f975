import Auth
import Base
import Findings
import Store

extension Workspace {
    /// Stores a snapshot of the workspace's posture, with which later runs compare. The severity counts leave out
    /// findings of correlation rules, which repeat other findings, and of drift rules, since a reported drift would
    /// count as further drift.
    func takeDriftSnapshot(now: Timestamp) throws {
        let posture = try read(.posture)
        let counts = try rows(
            """
            SELECT severity, count(*) FROM findings
            WHERE workspace_id = $1 AND status IN ('open', 'in_progress')
                AND category NOT IN ('drift_signal', 'finding_correlation')
            GROUP BY severity
            """
        ) { row in (severity: try row[0] as Severity, count: try row[1] as Int) }
        // The number of rules tells releases with different rules apart, so that their counts aren't compared.
        var metrics: [String: JSON] = [
            "risk_score": .integer(posture.risk.score.value), "rules": .integer(Rule.all.count),
        ]
        for severity in Severity.allCases where severity != .info { metrics[severity.rawValue] = 0 }
        for (severity, count) in counts where severity != .info { metrics[severity.rawValue] = .integer(count) }
        metrics["mfa_pct"] = posture.mfaCoveragePercent.map(JSON.integer)
        metrics["admin_pct"] = posture.adminPercent.map(JSON.integer)
        metrics["sso_pct"] = posture.ssoCoveragePercent.map(JSON.integer)
        metrics["shadow_it_count"] = posture.shadowITCount.map(JSON.integer)
        if let devices = try compliantDevices() {
            metrics["device_compliance_pct"] = Self.percent(devices.compliant, of: devices.known).map(JSON.integer)
            metrics["noncompliant_devices"] = .integer(devices.known - devices.compliant)
        }
        if let numbers = try numbers(now: now) {
            metrics["people_without_mfa"] = .integer(numbers.peopleWithoutMFA)
            metrics["admins"] = .integer(numbers.admins)
            metrics["applications_without_sso"] = .integer(numbers.applicationsWithoutSSO)
        }
        metrics["mean_time_to_remediate_hours"] = try meanHoursToRemediate(now: now).map(JSON.integer)
        try execute(
            "INSERT INTO drift_snapshots (workspace_id, id, taken_at, metrics) VALUES ($1, $2, $3, $4)",
            Identifier.random(), now, JSON.object(metrics))
    }

    private func compliantDevices() throws -> (known: Int, compliant: Int)? {
        try first(
            """
            SELECT count(is_compliant), sum(CASE WHEN is_compliant THEN 1 ELSE 0 END) FROM devices
            WHERE workspace_id = $1 AND integration_id IN (
                SELECT id FROM integrations WHERE workspace_id = $1 AND status <> 'disconnected')
            """
        ) { row in (known: try row[0] as Int, compliant: try row[1] as Int? ?? 0) }
    }

    /// Returns the numbers without which a percentage says little in a small company. People without a second factor
    /// count from a week after they became known, since starters need some days to set it up.
    private func numbers(now: Timestamp) throws -> (peopleWithoutMFA: Int, admins: Int, applicationsWithoutSSO: Int)? {
        try first(
            """
            SELECT count(*) FILTER (WHERE NOT mfa_enabled AND NOT EXISTS (
                    SELECT 1 FROM accounts
                    WHERE accounts.workspace_id = $1 AND accounts.identity_id = identities.id
                        AND accounts.created_at > $2)),
                count(*) FILTER (WHERE identity_type = 'admin'),
                (SELECT count(*) FROM applications WHERE workspace_id = $1 AND NOT sso_enabled)
            FROM identities
            WHERE workspace_id = $1 AND status = 'active' AND identity_type <> 'service_account'
            """, now - .days(7)
        ) { row in (try row[0], try row[1], try row[2]) }
    }

    /// Returns the mean number of hours from the creation to the end of findings that were resolved in the last 90
    /// days; nil if there are none.
    private func meanHoursToRemediate(now: Timestamp) throws -> Int? {
        let resolved = try first(
            """
            SELECT count(*), sum(epoch(resolved_at) - epoch(created_at)) FROM findings
            WHERE workspace_id = $1 AND status = 'resolved' AND resolved_at > $2
            """, now - .days(90)
        ) { row in (count: try row[0] as Int, seconds: try row[1] as Int? ?? 0) }
        return resolved.flatMap { $0.count == 0 ? nil : $0.seconds / $0.count / 3_600 }
    }
}
