import Findings
import Integrations
import Store

extension Rule {
    /// Rules about metrics that get worse: they compare the latest snapshot with one that is at least a week older,
    /// unless a rule says otherwise.
    static let driftSignal: [Rule] = coverageDrift + findingsDrift + operationsDrift

    private static let coverageDrift: [Rule] = [
        // Covers a drop of 5 to 14 points, by three people or more who have been known for a week.
        Rule(
            .driftSignal, "mfa_coverage_down", .medium, on: .workspace, "MFA coverage down 5 points",
            needs: [.identityProvider],
            find: .drift(ofShare: "mfa_pct", of: "people_without_mfa", when: "was - is_now >= 5 AND was - is_now < 15"),
            say: """
                MFA coverage fell from {was} to {is_now} per cent in {period}, so more accounts open with a password \
                alone.
                """,
            recommend: "Find out who lost their second factor and why.", action: .createTicket),
        // Covers a drop of 15 points or more, by three people or more who have been known for a week.
        Rule(
            .driftSignal, "mfa_coverage_collapsed", .high, on: .workspace, "MFA coverage down 15 points",
            needs: [.identityProvider],
            find: .drift(ofShare: "mfa_pct", of: "people_without_mfa", when: "was - is_now >= 15"),
            say: """
                MFA coverage fell from {was} to {is_now} per cent in {period}, as happens when a policy that \
                requires a second factor is removed.
                """,
            recommend: "Look for a changed MFA policy and restore it.", action: .createTicket),
        // Covers a rise by three or more applications.
        Rule(
            .driftSignal, "shadow_it_up", .medium, on: .workspace, "Shadow IT up",
            needs: [.identityProvider],
            find: .drift(of: "shadow_it_count", when: "is_now - was >= 3"),
            say: """
                Unsanctioned applications rose from {was} to {is_now} in {period}, faster than they are reviewed.
                """,
            recommend: "Review the applications that are new this week.", action: .createTicket),
        // Covers a drop by two points or more, and by three devices or more.
        Rule(
            .driftSignal, "compliance_down", .medium, on: .workspace, "Device compliance down",
            needs: [.deviceManagement],
            find: .drift(ofShare: "device_compliance_pct", of: "noncompliant_devices", when: "was - is_now >= 2"),
            say: """
                Device compliance fell from {was} to {is_now} per cent in {period}, so fewer laptops keep to the \
                company's settings.
                """,
            recommend: "Find out what changed on the devices that fell out of compliance.",
            action: .createTicket),
        // Covers a rise by two points or more, and by three admins or more.
        Rule(
            .driftSignal, "admin_share_up", .medium, on: .workspace, "Share of admins up",
            needs: [.identityProvider],
            find: .drift(ofShare: "admin_pct", of: "admins", when: "is_now - was >= 2"),
            say: """
                The share of admins rose from {was} to {is_now} per cent in {period}, so more accounts can change \
                everyone else's.
                """,
            recommend: "Review the admin roles that were granted this week.", action: .createAccessReview),
        // Covers a drop by five points or more, and by three applications or more.
        Rule(
            .driftSignal, "sso_coverage_down", .medium, on: .workspace, "SSO coverage down",
            needs: [.identityProvider],
            find: .drift(ofShare: "sso_pct", of: "applications_without_sso", when: "was - is_now >= 5"),
            say: """
                Single sign-on fell from {was} to {is_now} per cent of the applications in {period}, so more passwords \
                outlive the accounts they belong to.
                """,
            recommend: "Put this week's new applications behind single sign-on.", action: .createTicket),
    ]

    // Rules about findings, which come from all connected platforms.
    private static let findingsDrift: [Rule] = [
        // Covers a rise by half and by ten findings or more.
        Rule(
            .driftSignal, "findings_surge", .high, on: .workspace, "Findings up by half in a week",
            find: .drift(
                ofFindings: ["critical", "high", "medium", "low"],
                when: "was > 0 AND is_now * 2 >= was * 3 AND is_now - was >= 10"),
            say: """
                Findings open or in progress rose from {was} to {is_now} in {period}, so problems come faster than \
                they are solved.
                """,
            recommend: "Work through this week's new findings, the critical ones first.",
            action: .createTicket),
        // Covers a rise to the double, by three findings or more.
        Rule(
            .driftSignal, "critical_findings_doubled", .high, on: .workspace,
            "Critical findings doubled in a week",
            find: .drift(ofFindings: ["critical"], when: "was > 0 AND is_now >= was * 2 AND is_now - was >= 3"),
            say: """
                Critical findings rose from {was} to {is_now} in {period}, and each of them is enough for a break-in.
                """,
            recommend: "Put other work aside until the critical findings are dealt with.",
            action: .createTicket),
        // Covers a rise by half or more.
        Rule(
            .driftSignal, "remediation_slower", .medium, on: .workspace, "Remediation slower",
            find: .drift(ofAll: "mean_time_to_remediate_hours", when: "was > 0 AND is_now * 2 >= was * 3"),
            say: """
                Solving a finding takes {is_now} hours on average, up from {was} in {period}, so attackers have longer \
                to use it.
                """,
            recommend: "Find out where findings wait and give them owners.", action: .createTicket),
    ]

    private static let operationsDrift: [Rule] = [
        // Computes the mean time from the end of a person's last day in HR to the end of their access, or to now if it
        // has not ended, for people who left in the last 30 days. Both platforms must have been connected then, since an
        // earlier end of an access counts from the first sync.
        Rule(
            .driftSignal, "termination_lag", .high, on: .workspace, "Termination lag over two days",
            needs: [.category("hr"), .identityProvider],
            find: """
                SELECT '' AS key, id AS identity_id, display_name AS identity_name, email AS identity_email,
                    leavers, leavers AS affected_count,
                    CAST(mean / 86400 AS text) || '.' || CAST(mean * 10 / 86400 % 10 AS text) AS days
                FROM (
                    SELECT id, display_name, email, count(*) OVER () AS leavers,
                        CAST(sum(lag) OVER () AS bigint) / count(*) OVER () AS mean
                    FROM (
                        SELECT id, display_name, email,
                            CASE WHEN deprovisioned_at IS NULL THEN epoch(\(daysAgo: 0)) - epoch(terminated_at)
                                WHEN deprovisioned_at < terminated_at THEN 0
                                ELSE epoch(deprovisioned_at) - epoch(terminated_at) END AS lag
                        FROM known
                        WHERE hr_status = 'terminated'
                            AND terminated_at >= \(daysAgo: 30) AND terminated_at <= \(daysAgo: 0)
                            AND terminated_at >= (
                                SELECT max(connected_at) FROM connected WHERE idp_role IS NOT NULL OR category = 'hr')
                            AND (status = 'active' OR deprovisioned_at IS NOT NULL)) AS left_lately) AS lagging
                WHERE mean > 2 * 86400
                """,
            say: """
                Access of the {leavers:person who/people who} left in the last 30 days ended {days} days late on \
                average, so former employees could still sign in.
                """,
            recommend: "Let HR's termination trigger the offboarding.", action: .createTicket),
        Rule(
            .driftSignal, "integration_in_error", .medium, on: .integration, "Integration in error",
            find: """
                SELECT platform AS key, platform AS integration_platform, platform AS source,
                    COALESCE(last_sync_at, connected_at, created_at) AS moment,
                    CASE WHEN last_sync_at IS NOT NULL THEN 'its last success' ELSE 'it was connected' END AS beginning,
                    CASE error_kind WHEN 'authentication_expired' THEN 'its credentials are refused'
                        WHEN 'configuration_invalid' THEN 'its settings are wrong'
                        WHEN 'rate_limited' THEN 'it limits the requests' ELSE 'it answers with errors' END AS reason
                FROM integrations WHERE workspace_id = $1 AND status = 'error'
                """,
            say: """
                {source:platform} has not synced since {beginning} {moment:ago}, because {reason}, so changes there \
                are not checked.
                """,
            recommend: "Reconnect the integration with credentials that work.", action: .createTicket),
        // Finds connected platforms without a sync for 10 hours.
        Rule(
            .driftSignal, "integration_degraded", .medium, on: .integration,
            "Integration without sync for 10 hours",
            find: """
                SELECT platform AS key, platform AS integration_platform, platform AS source,
                    COALESCE(last_sync_at, connected_at) AS moment
                FROM integrations
                WHERE workspace_id = $1 AND status = 'connected'
                    AND COALESCE(last_sync_at, connected_at) <= \(hoursAgo: 10)
                """,
            say: """
                {source:platform} is connected but last synced {moment:ago}, so changes since then are not checked.
                """,
            recommend: "Trigger a sync and look at what stopped the automatic one.", action: .createTicket),
    ]
}
