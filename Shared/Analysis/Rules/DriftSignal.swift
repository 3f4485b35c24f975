import Findings

extension Rule {
    /// What is getting worse: the latest snapshot against that of a week before, unless the rule says otherwise.
    static let driftSignal: [Rule] = [
        Rule(
            .driftSignal, "mfa_coverage_down", .medium, on: .workspace, "MFA coverage down 5 points",
            recommend: "Find out who lost their second factor and why.", action: .createTicket),
        Rule(
            .driftSignal, "mfa_coverage_collapsed", .high, on: .workspace, "MFA coverage down 15 points",
            recommend: "Look for a changed MFA policy and restore it.", action: .createTicket),
        // By three applications or more.
        Rule(
            .driftSignal, "shadow_it_up", .medium, on: .workspace, "Shadow IT up",
            recommend: "Review the applications that are new this week.", action: .createTicket),
        // By two points or more.
        Rule(
            .driftSignal, "compliance_down", .medium, on: .workspace, "Device compliance down",
            recommend: "Find out what changed on the devices that fell out of compliance.",
            action: .createTicket),
        Rule(
            .driftSignal, "findings_surge", .high, on: .workspace, "Findings up by half in a week",
            recommend: "Work through this week's new findings, the critical ones first.",
            action: .createTicket),
        Rule(
            .driftSignal, "critical_findings_doubled", .high, on: .workspace,
            "Critical findings doubled in a week",
            recommend: "Put other work aside until the critical findings are dealt with.",
            action: .createTicket),
        // The mean time from HR's last day to the end of access, over those who left within 30 days.
        Rule(
            .driftSignal, "termination_lag", .high, on: .workspace, "Termination lag over two days",
            recommend: "Let HR's termination trigger the offboarding.", action: .createTicket),
        // By two points or more.
        Rule(
            .driftSignal, "admin_share_up", .medium, on: .workspace, "Share of admins up",
            recommend: "Review the admin roles that were granted this week.", action: .createAccessReview),
        // By five points or more.
        Rule(
            .driftSignal, "sso_coverage_down", .medium, on: .workspace, "SSO coverage down",
            recommend: "Put this week's new applications behind single sign-on.", action: .createTicket),
        // By half.
        Rule(
            .driftSignal, "remediation_slower", .medium, on: .workspace, "Remediation slower",
            recommend: "Find out where findings wait and give them owners.", action: .createTicket),
        Rule(
            .driftSignal, "integration_in_error", .medium, on: .integration, "Integration in error",
            recommend: "Reconnect the integration with credentials that work.", action: .createTicket),
        // Connected, and no sync for 10 hours.
        Rule(
            .driftSignal, "integration_degraded", .medium, on: .integration,
            "Integration without sync for 10 hours",
            recommend: "Trigger a sync and look at what stopped the automatic one.", action: .createTicket),
    ]
}
