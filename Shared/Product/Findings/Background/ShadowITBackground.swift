extension Background {
    /// Returns the background of a rule about shadow IT, by the name in its id; nil if there is none.
    static func shadowIT(_ name: some StringProtocol) -> Background? {
        switch name {
        case "unsanctioned_app_used_by_many":
            Background(
                "So many people depend on the application that its break-in would be the company's.",
                falsePositives: "Applications that were reviewed outside of this product; set their policy.",
                references: [.ncscShadowIT, .googleAppAccess],
                techniques: ["T1528", "T1199"])
        case "new_unsanctioned_app":
            Background(
                "A decision is easy in an application's first days, before work depends on it.",
                falsePositives: "Applications that IT is trying out.",
                references: [.ncscShadowIT],
                techniques: ["T1528"])
        case "unknown_publisher":
            Background(
                "Nobody answers for an application whose maker is unknown, and names are easy to imitate.",
                falsePositives: "Internal applications and small makers that have not verified their name.",
                references: [.microsoftConsent],
                techniques: ["T1528", "T1566"])
        case "dormant_app_with_grants":
            Background(
                "A grant outlives the use of an application, and the next owner of its domain inherits it.",
                falsePositives: "Applications that are used once a year.",
                references: [.microsoftConsent, .googleAppAccess],
                techniques: ["T1528", "T1550.001"])
        case "sign_in_only_apps":
            Background(
                "People give these sites nothing but their name and address, but company data may follow.",
                falsePositives: "Sites that people use without company data.",
                references: [.ncscShadowIT, .googleScopes])
        case "unauthorized_app_in_use":
            Background(
                "The company has decided against the application, and people use it all the same.",
                falsePositives: "People who only have not yet removed the grant.",
                references: [.ncscShadowIT, .googleAppAccess],
                techniques: ["T1528"])
        case "blocked_app_in_use":
            Background(
                "The block is a decision in this product; the platform still accepts the application's tokens.",
                falsePositives: "Grants that the platform has voided but still lists.",
                references: [.googleAppAccess, .microsoftConsent],
                techniques: ["T1528", "T1550.001"])
        case "managed_app_without_sso":
            Background(
                "Passwords of the application's own survive offboarding and escape the second factor.",
                falsePositives: "Applications that do not support single sign-on.",
                references: [.ncscIdentity],
                techniques: ["T1078"])
        case "broad_write_scope":
            Background(
                "The application can change or delete everything that the person can, at any time.",
                falsePositives: "Applications that need such rights for their purpose, such as backups; sanction them.",
                references: [.microsoftConsent, .googleScopes],
                techniques: ["T1528", "T1550.001"])
        case "admin_with_unsanctioned_grants":
            Background(
                "An application with access to an administrator's data can read reset links and invitations.",
                falsePositives: "Administrators who try out applications for the company.",
                references: [.microsoftConsent, .googleAdmins],
                techniques: ["T1528", "T1098"])
        case "executive_with_broad_grant":
            Background(
                "An executive's mail and files are worth more than others', and the application can change them.",
                falsePositives: "Assistants' tools that were approved by word of mouth; sanction them.",
                references: [.microsoftConsent],
                techniques: ["T1528", "T1114.002"])
        case "offboarded_with_grants":
            Background(
                "Tokens of applications often outlive the password and the session of the person who gave them.",
                falsePositives: "Applications that move the data of people who leave.",
                references: [.microsoftFormerEmployee, .microsoftConsent],
                techniques: ["T1550.001"])
        case "ai_tool_reads_mail_or_files":
            Background(
                """
                The tool sends the mail and files that it reads to its maker, who may store them and train models \
                on them.
                """,
                falsePositives: "Tools with a contract that the product does not know; sanction them.",
                references: [.owaspLanguageModels, .ncscShadowIT],
                techniques: ["T1528", "T1114.002"])
        case "ai_tool_widely_used":
            Background(
                "People paste company data into tools that help them, so a decision is needed.",
                falsePositives: "Tools with a contract that the product does not know; sanction them.",
                references: [.owaspLanguageModels, .ncscShadowIT])
        case "terminated_with_ai_tool":
            Background(
                "The tool keeps access to data of a person who is no longer there to end it.",
                falsePositives: "Grants that the platform has voided but still lists.",
                references: [.microsoftFormerEmployee, .owaspLanguageModels],
                techniques: ["T1550.001"])
        default: nil
        }
    }
}
