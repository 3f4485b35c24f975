extension Background {
    /// Returns the background of a rule about drift, by the name in its id; nil if there is none.
    static func driftSignal(_ name: some StringProtocol) -> Background? {
        switch name {
        case "mfa_coverage_down":
            Background(
                """
                A falling share shows that accounts are created without the factor, or that a policy has an \
                exception too many.
                """,
                falsePositives: "Many starters in one week.",
                references: [.cisaMFA],
                techniques: ["T1556.006"])
        case "mfa_coverage_collapsed":
            Background(
                "So many people do not lose their factor by accident: somebody has changed a policy.",
                falsePositives: "A move from one kind of factor to another.",
                references: [.cisaMFA, .ncscIdentity],
                techniques: ["T1556.006"])
        case "shadow_it_up":
            Background(
                "Applications appear faster than they are reviewed.",
                falsePositives: "A newly connected platform that reports applications which existed before.",
                references: [.ncscShadowIT])
        case "compliance_down":
            Background(
                "Machines lose the company's settings, often after an update or a changed policy.",
                falsePositives: "A stricter policy to which machines have not yet adapted.",
                references: [.intuneCompliance])
        case "admin_share_up":
            Background(
                "Administrator roles are given out and not taken back.",
                falsePositives: "A planned change of roles.",
                references: [.entraRoles],
                techniques: ["T1098.003"])
        case "sso_coverage_down":
            Background(
                "New applications are introduced without single sign-on.",
                falsePositives: "A newly connected platform that reports applications which existed before.",
                references: [.ncscIdentity])
        case "findings_surge":
            Background(
                "Problems come faster than they are solved, or something has changed for many people at once.",
                falsePositives: "A large group of starters.",
                references: [.ncscLogging])
        case "critical_findings_doubled":
            Background(
                "Critical findings are rare, so a jump often has one cause.",
                falsePositives: "A changed role that concerns several people.",
                references: [.ncscLogging])
        case "remediation_slower":
            Background(
                "The longer a problem is open, the more likely somebody uses it.",
                falsePositives: "Weeks with holidays.",
                references: [.nistControls])
        case "termination_lag":
            Background(
                "Most thefts by leavers happen in the days around their departure.",
                falsePositives: "People whose access was meant to continue for a handover.",
                references: [.microsoftFormerEmployee, .nistControls],
                techniques: ["T1078.004"])
        case "integration_in_error":
            Background(
                "Problems on a platform that is not read stay unseen.",
                falsePositives: "A platform that is being replaced; disconnect it.",
                references: [.ncscLogging])
        case "integration_degraded":
            Background(
                "Data that is old hides the changes of the last days.",
                falsePositives: "Outages of the provider.",
                references: [.ncscLogging])
        default: nil
        }
    }
}
