extension Background {
    /// Returns the background of a rule about identity security, by the name in its id; nil if there is none.
    static func identitySecurity(_ name: some StringProtocol) -> Background? {
        switch name {
        case "user_without_mfa":
            Background(
                """
                Phished, reused and guessed passwords open most accounts that are broken into; a second factor \
                stops almost all of these sign-ins.
                """,
                falsePositives: """
                    People who sign in with a passkey, or through another identity provider that asks for the factor, \
                    look as if they had none.
                    """,
                references: [.entraMFA, .cisaMFA],
                techniques: ["T1078.004", "T1110"])
        case "mfa_gap_over_half":
            Background(
                """
                If most accounts open with a password alone, one campaign of phishing or password spraying is sure \
                to find one.
                """,
                falsePositives: """
                    A company that asks for the factor at another identity provider, which is not connected, appears to \
                    have a gap.
                    """,
                references: [.cisaMFA, .ncscIdentity],
                techniques: ["T1078.004", "T1110.003"])
        case "stale_account":
            Background(
                "Attackers prefer accounts that nobody uses, because nobody sees the sign-ins.",
                falsePositives: "People on long leave, and people who keep a session open for more than 30 days.",
                references: [.entraInactiveAccounts, .ncscIdentity],
                techniques: ["T1078.004"])
        case "never_signed_in":
            Background(
                """
                An account with an initial password that was sent by mail or told to somebody can be taken by the \
                first reader.
                """,
                falsePositives: "Rooms, resources and starters whose first day is far in the future.",
                references: [.entraInactiveAccounts],
                techniques: ["T1078.001"])
        case "shared_mailbox_sign_in":
            Background(
                """
                A shared mailbox needs no password of its own. If it has one, several people know it and no second \
                factor protects it.
                """,
                falsePositives: "Mailboxes that a program reads with a password, until the program is changed.",
                references: [.microsoftSharedMailboxes],
                techniques: ["T1078", "T1114.002"])
        case "new_hire_outside_idp":
            Background(
                "Accounts outside the identity provider get neither its second factor nor its offboarding.",
                falsePositives: "People whose account at the identity provider has a different address.",
                references: [.ncscIdentity],
                techniques: ["T1078"])
        case "gitlab_stale_user":
            Background(
                "An unused account keeps its access tokens and its rights to copy the code.",
                falsePositives:
                    "People who use GitLab only by git over SSH, if GitLab does not count this as activity.",
                references: [.gitlabPermissions],
                techniques: ["T1078", "T1213.003"])
        case "admin_without_mfa":
            Background(
                "An administrator can reset everybody else's password, so this one password is worth all others.",
                falsePositives:
                    "Administrators who sign in with a passkey that the platform does not count as a second factor.",
                references: [.entraRoles, .googleAdmins, .cisaPhishingResistance],
                techniques: ["T1078.004", "T1098"])
        case "stale_admin":
            Background(
                "An unused administrator account has the rights that an attacker wants and no user who would notice.",
                falsePositives: "Accounts for emergencies, which are unused on purpose; mark them in the settings.",
                references: [.entraRoles, .entraInactiveAccounts],
                techniques: ["T1078.004"])
        case "service_account_with_admin":
            Background(
                "Programs sign in with keys that are stored in many places, and no second factor protects them.",
                falsePositives: "Programs that administer the platform by design, such as a provisioning tool.",
                references: [.owaspNonHumanIdentities],
                techniques: ["T1078.004", "T1552"])
        case "external_admin":
            Background(
                "The company can't see if another company's employee has left, changed jobs or lost a laptop.",
                falsePositives: "Managed service providers with a contract for administration.",
                references: [.entraRoles, .googleAdmins],
                techniques: ["T1199", "T1078.004"])
        case "admin_share_too_high":
            Background(
                "Each administrator is one more account that opens everything, so few people should have the role.",
                falsePositives: "Small companies of IT professionals.",
                references: [.entraRoles, .ncscIdentity],
                techniques: ["T1078.004", "T1098.003"])
        case "too_many_super_admins":
            Background(
                "Microsoft, Google and Okta advise two to four accounts with unlimited rights.",
                falsePositives: "Emergency accounts count as well, until they are marked in the settings.",
                references: [.entraRoles, .googleAdmins],
                techniques: ["T1078.004", "T1098.003"])
        case "single_super_admin":
            Background(
                """
                If the only account with unlimited rights is lost or locked, only the provider's support can help, \
                after days.
                """,
                falsePositives: "Companies with emergency accounts at a second identity provider.",
                references: [.googleAdmins, .entraEmergencyAccess],
                techniques: ["T1531"])
        case "platform_admin_without_mfa":
            Background(
                """
                Administrators of a platform can invite others and export data, and a password alone may open their \
                account there.
                """,
                falsePositives: "Platforms that ask for the factor through single sign-on but do not report it.",
                references: [.cisaMFA, .ncscIdentity],
                techniques: ["T1078.004"])
        case "gitlab_maintainer_without_mfa":
            Background(
                """
                A maintainer can change protected branches, so this password decides about the code that is \
                delivered.
                """,
                falsePositives: "Groups that enforce two-factor authentication through single sign-on.",
                references: [.gitlabMFA, .gitlabPermissions],
                techniques: ["T1078", "T1195.002"])
        case "aws_console_user_without_mfa":
            Background(
                """
                IAM users with a console password are outside of single sign-on, so only their own MFA device \
                protects them.
                """,
                falsePositives: "Users whose policies deny everything without MFA.",
                references: [.awsMFA, .awsBestPractices],
                techniques: ["T1078.004"])
        case "aws_root_without_mfa":
            Background(
                "No policy limits the root user, which can close the account and delete all data.",
                falsePositives: "Member accounts of an organization that has removed the root user's credentials.",
                references: [.awsRootUser, .awsMFA],
                techniques: ["T1078.004", "T1485"])
        case "aws_root_used":
            Background(
                """
                The root user is meant for a few account settings only. Any other use means that its password or \
                key is in daily use.
                """,
                falsePositives: "Changes that only the root user can make, such as closing the account.",
                references: [.awsRootUser],
                techniques: ["T1078.004"])
        case "aws_stale_user":
            Background(
                "A console password that nobody uses is a way in that nobody watches.",
                falsePositives: "Users who sign in once a year, for example for an audit.",
                references: [.awsUnusedCredentials, .awsBestPractices],
                techniques: ["T1078.004"])
        case "admin_direct_sign_in":
            Background(
                """
                A sign-in with the platform's own password passes neither the identity provider's second factor nor \
                its device rules.
                """,
                falsePositives: "Emergency access while single sign-on is out of order.",
                references: [.ncscIdentity, .cisaMFA],
                techniques: ["T1078.004", "T1556"])
        case "executive_direct_sign_in":
            Background(
                """
                Executives are targets of choice, and their direct passwords escape the rules of the identity \
                provider.
                """,
                falsePositives: "A first sign-in before single sign-on was set up.",
                references: [.ncscIdentity],
                techniques: ["T1078.004"])
        case "offboarded_direct_sign_in":
            Background(
                """
                The person left, but a password of the platform's own still worked, so offboarding did not reach \
                this account.
                """,
                falsePositives: "Another person took over the account and kept its name.",
                references: [.microsoftFormerEmployee, .ncscIdentity],
                techniques: ["T1078.004"])
        case "most_sign_ins_bypass_sso":
            Background(
                """
                If most people use a password of the platform's own, the identity provider's rules do not apply \
                there.
                """,
                falsePositives: "A platform in the middle of its move to single sign-on.",
                references: [.ncscIdentity],
                techniques: ["T1078.004"])
        case _ where name.hasSuffix("_sso_not_enforced"):
            Background(
                """
                If people may also sign in with a password of the platform's own, offboarding and the second factor \
                can be passed by.
                """,
                falsePositives: "Emergency accounts that keep a password on purpose.",
                references: [.ncscIdentity, .nistControls],
                techniques: ["T1078.004"])
        default: nil
        }
    }
}
