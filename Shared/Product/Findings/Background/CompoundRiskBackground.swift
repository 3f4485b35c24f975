extension Background {
    /// Returns the background of a rule about compound risks, by the name in its id; nil if there is none.
    static func compoundRisk(_ name: some StringProtocol) -> Background? {
        switch name {
        case "detection_on_admin_device":
            Background(
                "Malware on this machine can use the administrator's sessions without any password.",
                falsePositives: "Detections that were settled outside of the platform.",
                references: [.entraRoles, .ncscLogging],
                techniques: ["T1539", "T1078.004"])
        case "unencrypted_with_app_admin":
            Background(
                "A thief of this machine gets the sessions of an application's administrator.",
                falsePositives: "Machines that are encrypted by a tool that the platform does not know.",
                references: [.ncscDevices],
                techniques: ["T1005", "T1539"])
        case "jailbroken_with_admin":
            Background(
                "Any application on the device can act with an administrator's sessions.",
                falsePositives: "Test devices of developers.",
                references: [.nistMobileDevices, .entraRoles],
                techniques: ["T1539", "T1068"])
        case "admin_without_edr":
            Background(
                "An attacker on an administrator's machine becomes the administrator, and no agent sees it.",
                falsePositives: "Machines whose agent reports under another name or serial number.",
                references: [.entraRoles, .ncscDevices],
                techniques: ["T1539", "T1562.001"])
        case "stale_with_app_admin":
            Background(
                "The account has an administrator's rights and no user who would notice a sign-in.",
                falsePositives: "Administrators who use the application without the identity provider.",
                references: [.entraInactiveAccounts, .nistControls],
                techniques: ["T1078.004"])
        case "no_mfa_with_app_admin":
            Background(
                "One phished password is enough to administer the application.",
                falsePositives: "Applications that ask for a second factor of their own.",
                references: [.cisaMFA, .ncscIdentity],
                techniques: ["T1078.004", "T1110"])
        case "no_mfa_on_noncompliant_device":
            Background(
                "Neither the sign-in nor the machine is protected, so the weaker one decides.",
                falsePositives: "Machines that were offline while a policy changed and have not reported since.",
                references: [.cisaMFA, .intuneCompliance],
                techniques: ["T1078.004", "T1539"])
        case "brute_forced_without_mfa":
            Background(
                "Somebody is guessing this very password, and nothing else protects the account.",
                falsePositives: "A program with an old password that keeps trying.",
                references: [.cisaBruteForce, .owaspCredentialStuffing],
                techniques: ["T1110.001", "T1078.004"])
        case "shadow_admin_without_mfa":
            Background(
                "The identity provider shows a plain user, whose password opens several administrator accounts.",
                falsePositives: "Platforms that ask for a second factor of their own.",
                references: [.cisaMFA, .ncscIdentity],
                techniques: ["T1078.004", "T1098.003"])
        case "external_admin_without_mfa":
            Background(
                "The account belongs to another company's employee and opens with a password alone.",
                falsePositives: "Guests who are asked for the factor by their own company.",
                references: [.cisaMFA, .entraRoles],
                techniques: ["T1199", "T1078.004"])
        case "admin_with_ai_mail_access":
            Background(
                "Reset links, invitations and codes reach an administrator's mailbox, and the tool reads them.",
                falsePositives: "Tools with a contract that the product does not know; sanction them.",
                references: [.owaspLanguageModels, .microsoftConsent],
                techniques: ["T1114.002", "T1528"])
        case "offboarded_with_access_key":
            Background(
                "Keys work without a sign-in, so closing the account at the identity provider does not stop them.",
                falsePositives: "Keys that a program uses, which should belong to the program.",
                references: [.microsoftFormerEmployee, .awsAccessKeys, .owaspNonHumanIdentities],
                techniques: ["T1078.004", "T1552"])
        case "stale_with_key_in_use":
            Background(
                "The person does not sign in but the key works, so a program or somebody else has it.",
                falsePositives: "Keys that a program uses, which should belong to the program.",
                references: [.awsUnusedCredentials, .owaspNonHumanIdentities],
                techniques: ["T1078.004", "T1552"])
        case "leaver_soon_is_admin":
            Background(
                "Administrators who leave can lock others out, and their rights are often forgotten on the last day.",
                falsePositives: "Administrators who hand their work over until the last day, as agreed.",
                references: [.nistControls, .microsoftFormerEmployee],
                techniques: ["T1078", "T1531"])
        case "terminated_with_repository_write":
            Background(
                "A former employee can change the code that the company delivers.",
                falsePositives: "People who change from employee to contractor.",
                references: [.microsoftFormerEmployee, .nistControls],
                techniques: ["T1078", "T1195.002"])
        default: nil
        }
    }
}
