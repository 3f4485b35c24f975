extension Background {
    /// Returns the background of a rule about device posture, by the name in its id; nil if there is none.
    static func devicePosture(_ name: some StringProtocol) -> Background? {
        switch name {
        case "unencrypted":
            Background(
                "A lost or stolen machine without encryption gives away its files and saved sessions.",
                falsePositives: "Machines that are encrypted by a tool that the platform does not know.",
                references: [.ncscDevices, .nistMobileDevices],
                techniques: ["T1005"])
        case "unencrypted_admin":
            Background(
                "The finder of this machine gets an administrator's saved sessions.",
                falsePositives: "Machines that are encrypted by a tool that the platform does not know.",
                references: [.ncscDevices, .nistMobileDevices],
                techniques: ["T1005", "T1539"])
        case "noncompliant":
            Background(
                "The company has rules for safe machines, and this machine breaks one of them.",
                falsePositives: "Machines that were offline while a policy changed and have not reported since.",
                references: [.intuneCompliance])
        case "noncompliant_admin":
            Background(
                "An administrator's sessions are only as safe as the machine they are on.",
                falsePositives: "Machines that were offline while a policy changed and have not reported since.",
                references: [.intuneCompliance, .entraRoles],
                techniques: ["T1539"])
        case "os_end_of_life":
            Background(
                "Holes that are found from now on stay open, and attackers look for such systems.",
                falsePositives: "Systems with paid extended support.",
                references: [.nistPatching, .microsoftLifecycle, .appleUpdates],
                techniques: ["T1068"])
        case "jailbroken":
            Background(
                "The system's protection between applications is gone, so any application can read the others' data.",
                falsePositives: "Test devices of developers.",
                references: [.nistMobileDevices],
                techniques: ["T1068"])
        case "encryption_unknown":
            Background(
                "A machine that does not report its encryption may have none.",
                falsePositives: "Machines that were enrolled today.",
                references: [.ncscDevices],
                techniques: ["T1005"])
        case "compliance_below_target":
            Background(
                "If many machines break the rules, attackers find one that does.",
                falsePositives: "A new policy to which machines have not yet adapted.",
                references: [.intuneCompliance, .ncscDevices])
        case "no_edr_agent":
            Background(
                "Malware on a machine without the agent is neither seen nor stopped.",
                falsePositives: "Machines whose agent reports under another name or serial number.",
                references: [.ncscDevices],
                techniques: ["T1562.001"])
        case "open_edr_detection":
            Background(
                "The agent has found something, and nobody has looked at it.",
                falsePositives: "Detections that were settled outside of the platform.",
                references: [.ncscLogging],
                techniques: ["T1204"])
        case "contained_in_use":
            Background(
                "A contained machine is useless for its owner, and the investigation has not ended.",
                falsePositives: "Machines that are kept contained as evidence.",
                references: [.ncscLogging])
        case "no_check_in":
            Background(
                "A machine that does not report gets no updates and no policies, and nobody knows where it is.",
                falsePositives: "Spare machines in a drawer.",
                references: [.ncscAssets])
        case "user_without_device":
            Background(
                "Work that is done on unknown machines is protected by none of the company's settings.",
                falsePositives: "People who use only a virtual desktop.",
                references: [.ncscAssets, .ncscDevices],
                techniques: ["T1078.004"])
        case "users_without_device":
            Background(
                "So many people work on unknown machines that device rules can't be enforced.",
                falsePositives: "A device platform that is being introduced.",
                references: [.ncscAssets, .ncscDevices],
                techniques: ["T1078.004"])
        case "without_owner":
            Background(
                "Nobody would report this machine as lost, and nobody would get its warnings.",
                falsePositives: "Servers, kiosks and meeting rooms.",
                references: [.ncscAssets])
        case "offboarded_owner":
            Background(
                "A former employee's machine still has company data and still connects.",
                falsePositives: "Machines that were handed over without a new owner in the platform.",
                references: [.microsoftFormerEmployee, .ncscAssets],
                techniques: ["T1005"])
        case "duplicate_serial":
            Background(
                "Two records of one machine hide its real state.",
                falsePositives: "Machines with a placeholder instead of a serial number.",
                references: [.ncscAssets])
        case "too_many_devices":
            Background(
                "Machines that a person no longer uses are missed only after they are abused.",
                falsePositives: "Testers, and people who prepare machines for others.",
                references: [.ncscAssets])
        default: nil
        }
    }
}
