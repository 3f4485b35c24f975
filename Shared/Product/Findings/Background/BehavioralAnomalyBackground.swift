extension Background {
    /// Returns the background of a rule about unusual behaviour, by the name in its id; nil if there is none.
    static func behavioralAnomaly(_ name: some StringProtocol) -> Background? {
        switch name {
        case "repeated_mfa_failures":
            Background(
                "Somebody who fails the second factor has already passed the password.",
                falsePositives: "A new phone, or a clock that is wrong.",
                references: [.scatteredSpider, .cisaPhishingResistance],
                techniques: ["T1621", "T1110"])
        case "brute_force":
            Background(
                "Failures from several unknown networks show that others try this password.",
                falsePositives: "A person with an old password in programs on several networks.",
                references: [.cisaBruteForce, .owaspCredentialStuffing],
                techniques: ["T1110.001", "T1110.004"])
        case "success_after_brute_force":
            Background(
                "After many failures from an address, a success from there means that the guess was right.",
                falsePositives: "A person who remembers the password after many tries on an unknown network.",
                references: [.cisaBruteForce, .microsoftPasswordSpray],
                techniques: ["T1110", "T1078.004"])
        case "password_spray":
            Background(
                "One address tries many people with few passwords each, to stay below the lock-out.",
                falsePositives: "A network address that many people share after a changed password policy.",
                references: [.microsoftPasswordSpray, .cisaBruteForce],
                techniques: ["T1110.003"])
        case "mfa_factor_disabled":
            Background(
                "Attackers who tricked the help desk remove the factor first.",
                falsePositives: "A help desk that removes a lost phone and adds the new one later.",
                references: [.scatteredSpider, .oktaEvents],
                techniques: ["T1556.006"])
        case "suspicious_activity_reported":
            Background(
                "The person knows best if a sign-in was theirs.",
                falsePositives: "A click on the wrong button of the mail.",
                references: [.oktaEvents],
                techniques: ["T1078.004"])
        case "high_risk_sign_in":
            Background(
                "The identity provider compares many signs, such as the device, network and behaviour.",
                falsePositives: "Travel and new devices.",
                references: [.entraRisks, .oktaEvents],
                techniques: ["T1078.004"])
        case "off_hours_sign_in":
            Background(
                "Stolen passwords are used when it suits the thief.",
                falsePositives: "Travel and changes of working hours.",
                references: [.entraRisks, .ncscLogging],
                techniques: ["T1078.004"])
        case "impossible_travel":
            Background(
                "Nobody is in two countries within two hours, so one of the sign-ins was another person's.",
                falsePositives: "Mobile networks and proxies whose exit is in another country.",
                references: [.entraRisks],
                techniques: ["T1078.004"])
        case "dormant_account_awakened":
            Background(
                "An account that was unused for long and wakes up may have been bought or guessed.",
                falsePositives: "People who come back from long leave.",
                references: [.entraInactiveAccounts],
                techniques: ["T1078.004"])
        case "repeated_password_resets":
            Background(
                "Resets are a way to take an account over by the help desk or by a stolen mailbox.",
                falsePositives: "People who forget the new password.",
                references: [.scatteredSpider],
                techniques: ["T1098", "T1531"])
        case "unusual_downloads":
            Background(
                "A copy of many files is how people take data along, and how thieves do.",
                falsePositives: "Backups, migrations and the first synchronization of a new machine.",
                references: [.ncscLogging],
                techniques: ["T1530", "T1567"])
        case "mass_deletion":
            Background(
                "Deletion destroys work and evidence.",
                falsePositives: "Cleaning up, and the end of a project.",
                references: [.ncscLogging],
                techniques: ["T1485"])
        case "admin_grant_burst":
            Background(
                "Intruders give administrator roles to several accounts, so that the loss of one does not stop them.",
                falsePositives: "A new team of administrators.",
                references: [.entraRoles, .oktaEvents],
                techniques: ["T1098.003"])
        case "audit_logging_disabled":
            Background(
                "Intruders switch off the log before they begin.",
                falsePositives: "A trail that is replaced by another one.",
                references: [.awsCloudTrail, .ncscLogging],
                techniques: ["T1562.008"])
        case "sign_on_policy_weakened":
            Background(
                "A rule that is switched off opens the door for every account it covered.",
                falsePositives: "A planned change of policies.",
                references: [.oktaEvents, .ncscIdentity],
                techniques: ["T1556"])
        default: nil
        }
    }
}
