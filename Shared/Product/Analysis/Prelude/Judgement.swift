import Store

extension Prelude {
    // Tables for compound, drift and correlation rules:
    // - app_admins: the administrators of each application.
    // - administered: the applications and platforms, other than identity providers, that each person administers.
    // - open_findings: the findings that are open or in progress.
    // - drift: the metrics of the latest snapshot and of the newest one that is at least a week older, and the time
    //   between them. It has no row if there is no snapshot that old.
    static let judgement: [PreludeTable] = [
        PreludeTable(
            "app_admins",
            """
            SELECT live_entitlements.identity_id, live_applications.id AS application_id,
                live_applications.name AS application_name
            FROM live_entitlements JOIN live_applications ON live_applications.id = live_entitlements.application_id
            WHERE live_entitlements.is_admin
            """),
        PreludeTable(
            "administered",
            """
            SELECT DISTINCT identity_id, place FROM admin_places
            WHERE idp_role IS NULL AND identity_id IS NOT NULL
            """),
        PreludeTable(
            "open_findings",
            """
            SELECT finding_key, rule_id, category, severity, affected_identity_id AS identity_id,
                affected_application_id AS application_id, affected_device_id AS device_id
            FROM findings WHERE workspace_id = $1 AND status IN ('open', 'in_progress')
            """),
        PreludeTable(
            "drift",
            """
            SELECT latest.metrics AS latest, earlier.metrics AS earlier, earlier.taken_at AS earlier_at,
                CASE WHEN epoch(latest.taken_at) - epoch(earlier.taken_at) < 8 * 86400 THEN 'a week'
                    ELSE CAST((epoch(latest.taken_at) - epoch(earlier.taken_at)) / 86400 AS text) || ' days'
                    END AS period
            FROM (
                SELECT metrics, taken_at FROM drift_snapshots WHERE workspace_id = $1
                ORDER BY taken_at DESC LIMIT 1) AS latest
            JOIN (
                SELECT metrics, taken_at FROM drift_snapshots
                WHERE workspace_id = $1 AND epoch(taken_at) <= (
                    SELECT epoch(max(taken_at)) FROM drift_snapshots WHERE workspace_id = $1) - 7 * 86400
                ORDER BY taken_at DESC LIMIT 1) AS earlier ON epoch(earlier.taken_at) < epoch(latest.taken_at)
            """),
    ]
}
