extension Background {
    /// Returns the background of a rule about the correlation of findings, by the name in its id; nil if there is none.
    static func findingCorrelation(_ name: some StringProtocol) -> Background? {
        switch name {
        case "person_with_many_high_findings":
            Background(
                "Several serious problems of one person are more than their sum, because an attacker needs only one.",
                falsePositives: "Findings that share one cause.",
                references: [.ncscIdentity],
                techniques: ["T1078.004"])
        case "exposed_admin":
            Background(
                "A thief of this machine needs no password and meets no second factor.",
                falsePositives: "Machines that are encrypted by a tool that the platform does not know.",
                references: [.entraRoles, .ncscDevices],
                techniques: ["T1005", "T1078.004"])
        case "departing_with_downloads":
            Background(
                "People who leave sometimes take data along, mostly in their last weeks.",
                falsePositives: "A handover to a successor.",
                references: [.ncscLogging],
                techniques: ["T1530", "T1567"])
        case "account_takeover_likely":
            Background(
                "A guessed password followed by a removed factor is how accounts are taken over.",
                falsePositives: "A person who forgot the password on a new phone.",
                references: [.scatteredSpider, .cisaBruteForce],
                techniques: ["T1110", "T1556.006"])
        case "app_with_many_findings":
            Background(
                "Several problems with one application show that nobody is responsible for it.",
                falsePositives: "Findings that share one cause.",
                references: [.ncscShadowIT],
                techniques: ["T1528"])
        case "device_with_many_findings":
            Background(
                "Several serious problems of one machine make it a likely way in.",
                falsePositives: "Findings that share one cause.",
                references: [.ncscDevices])
        case "unmatched_admins_on_several_platforms":
            Background(
                """
                Offboarding does not reach administrators on several platforms, so the process is missing, not a \
                single account.
                """,
                falsePositives: "A directory whose addresses differ from those on the platforms.",
                references: [.ncscIdentity, .nistControls],
                techniques: ["T1078.004"])
        default: nil
        }
    }
}
