extension Background {
    /// Returns the background of a rule about access risks, by the name in its id; nil if there is none.
    static func accessRisk(_ name: some StringProtocol) -> Background? {
        switch name {
        case "shadow_admin":
            Background(
                "Reviews of administrators look at the identity provider, so nobody sees this one.",
                falsePositives: "Owners of a single application who need the role for their work.",
                references: [.nistControls, .ncscIdentity],
                techniques: ["T1098.003", "T1078.004"])
        case "admin_of_many_apps":
            Background(
                "One account that administers so much is one password too important.",
                falsePositives: "Members of a small IT team.",
                references: [.nistControls],
                techniques: ["T1078.004"])
        case "app_with_too_many_admins":
            Background(
                "Each administrator can change the settings and let others in.",
                falsePositives: "Applications in which the role means little.",
                references: [.nistControls],
                techniques: ["T1098.003"])
        case "external_with_many_apps":
            Background(
                "Outside people should have what their work needs, and reviews rarely see them.",
                falsePositives: "Contractors who work like employees; mark them in the settings.",
                references: [.nistControls, .ncscIdentity],
                techniques: ["T1199"])
        case "aws_role_trusts_anyone":
            Background(
                "The role's trust policy accepts any AWS account, so knowing its name is enough.",
                falsePositives: "Roles with conditions that the product does not know.",
                references: [.awsConfusedDeputy, .awsBestPractices],
                techniques: ["T1199", "T1078.004"])
        case "aws_cross_account_trust":
            Background(
                """
                A vendor that serves many customers can be made to use the role for another customer if no external \
                id is asked for.
                """,
                falsePositives: "Accounts that belong to the company itself.",
                references: [.awsConfusedDeputy],
                techniques: ["T1199"])
        case "salesforce_modify_all_data":
            Background(
                "The permission ignores all sharing rules, for writing too.",
                falsePositives: "Integrations that need it.",
                references: [.salesforceAllData],
                techniques: ["T1213", "T1565.001"])
        case "salesforce_view_all_data":
            Background(
                "The permission ignores all sharing rules.",
                falsePositives: "Analysts and integrations that need it.",
                references: [.salesforceAllData],
                techniques: ["T1213"])
        case "salesforce_bulk_export":
            Background(
                """
                An export is a copy of the customer data outside of the company's control. The severity is fixed, \
                whatever is usual for the person.
                """,
                falsePositives: "Regular exports for reports and backups.",
                references: [.salesforceAllData],
                techniques: ["T1213", "T1567"])
        case "github_outside_collaborator_with_write":
            Background(
                "Code from people outside of the organization can get into the product.",
                falsePositives: "Contractors and maintainers of shared projects.",
                references: [.githubCollaborators],
                techniques: ["T1195.002", "T1199"])
        case "github_many_outside_collaborators":
            Background(
                "Collaborators outside of the organization are outside of its single sign-on and offboarding too.",
                falsePositives: "Public projects.",
                references: [.githubCollaborators],
                techniques: ["T1199"])
        case "github_open_secret_alert":
            Background(
                "A secret in a repository is readable for all who can read the code, and stays in its history.",
                falsePositives: "Secrets for tests and secrets that were revoked without closing the alert.",
                references: [.githubSecretScanning, .owaspNonHumanIdentities],
                techniques: ["T1552.001"])
        case "github_push_protection_bypassed":
            Background(
                """
                The person was warned that the push contains a secret and pushed it. The severity is fixed, whatever \
                is usual for the person.
                """,
                falsePositives: "Secrets for tests and examples.",
                references: [.githubPushProtection],
                techniques: ["T1552.001"])
        case "gitlab_external_elevated":
            Background(
                "An outside person can change protected branches and invite others.",
                falsePositives: "Contractors who maintain the project.",
                references: [.gitlabPermissions],
                techniques: ["T1199", "T1195.002"])
        case _ where name.hasSuffix("_write_deploy_key"):
            Background(
                "A deploy key belongs to a machine, has no second factor, and this one can change the code.",
                falsePositives: "Machines whose task is to push, such as a release pipeline.",
                references: [.owaspNonHumanIdentities, .githubTokens],
                techniques: ["T1195.002", "T1552"])
        default: nil
        }
    }
}
