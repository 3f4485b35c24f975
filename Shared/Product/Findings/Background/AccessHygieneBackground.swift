extension Background {
    /// Returns the background of a rule about access hygiene, by the name in its id; nil if there is none.
    static func accessHygiene(_ name: some StringProtocol) -> Background? {
        switch name {
        case "inactive_user_with_entitlements":
            Background(
                "Rights that wait for a suspended account come back with it, without any review.",
                falsePositives: "People on long leave who return to the same work.",
                references: [.microsoftFormerEmployee, .nistControls],
                techniques: ["T1078.004"])
        case "inactive_user_with_admin":
            Background(
                "Reactivating the account restores an administrator, and help desks are often tricked into that.",
                falsePositives: "Administrators on long leave.",
                references: [.microsoftFormerEmployee, .scatteredSpider],
                techniques: ["T1078.004", "T1098.003"])
        case "offboarded_but_active":
            Background(
                "Access ends at the identity provider, but accounts with their own password or session go on.",
                falsePositives: "An account that was handed over to a successor.",
                references: [.microsoftFormerEmployee, .ncscIdentity],
                techniques: ["T1078.004"])
        case "offboarded_admin_active":
            Background(
                "A former employee with an administrator's rights can change or delete everything on that platform.",
                falsePositives: "An account that was handed over to a successor under the old name.",
                references: [.microsoftFormerEmployee, .ncscIdentity],
                techniques: ["T1078.004", "T1485"])
        case "terminated_in_hr_but_active":
            Background(
                "The human resources system knows that the person has left, and the identity provider does not.",
                falsePositives: "People who change from employee to contractor.",
                references: [.microsoftFormerEmployee, .nistControls],
                techniques: ["T1078.004"])
        case "mover_keeps_access":
            Background(
                "Rights that stay from one job to the next add up, and nobody in the new department expects them.",
                falsePositives: "People who go on with the old tasks for some time.",
                references: [.nistControls, .ncscIdentity],
                techniques: ["T1078"])
        case "account_long_before_start":
            Background(
                "Before the first day no contract binds the person, and nobody looks after the account.",
                falsePositives: "People who prepare their work early, as HR knows.",
                references: [.nistControls],
                techniques: ["T1078"])
        case "gitlab_offboarded_active":
            Background(
                "A former employee can still copy the code, often by a token that single sign-on does not see.",
                falsePositives: "An account that was handed over to a successor.",
                references: [.gitlabPermissions, .microsoftFormerEmployee],
                techniques: ["T1078", "T1213.003"])
        case "aws_key_unused":
            Background(
                "A key that nobody uses can be removed without harm, and until then works for every finder of a copy.",
                falsePositives: "Keys of jobs that run less than once in 90 days.",
                references: [.awsUnusedCredentials, .awsAccessKeys],
                techniques: ["T1552.001", "T1078.004"])
        case "aws_key_old":
            Background(
                "Each year a key exists adds copies of it: on laptops, in pipelines, in backups.",
                falsePositives: "Programs outside AWS that can use neither roles nor short-lived credentials.",
                references: [.awsAccessKeys, .awsBestPractices],
                techniques: ["T1552.001", "T1078.004"])
        case "aws_multiple_active_keys":
            Background(
                "Two active keys are meant for the days of a rotation. The old one was forgotten.",
                falsePositives: "A program that uses both keys in two environments.",
                references: [.awsAccessKeys],
                techniques: ["T1098.001"])
        case "gitlab_token_without_expiry":
            Background(
                "A token without an end is valid until somebody finds out that it was copied.",
                falsePositives: "Tokens of self-managed instances that are rotated by other means.",
                references: [.gitlabTokens, .owaspNonHumanIdentities],
                techniques: ["T1528", "T1552.001"])
        case "github_token_without_expiry":
            Background(
                "A token without an end is valid until somebody finds out that it was copied.",
                falsePositives: "Tokens of programs that GitHub Apps can't replace.",
                references: [.githubTokens, .owaspNonHumanIdentities],
                techniques: ["T1528", "T1552.001"])
        case "access_key_without_owner":
            Background(
                "If nobody owns a key, nobody rotates it, and nobody is asked when it misbehaves.",
                falsePositives: "Keys of programs that the company knows by another name.",
                references: [.owaspNonHumanIdentities],
                techniques: ["T1528"])
        case "department_mismatch":
            Background(
                "Groups and rights often follow the department, so a wrong one gives wrong rights.",
                falsePositives: "Departments that have different names in both systems.",
                references: [.nistControls])
        case "manager_mismatch":
            Background(
                "Managers approve access, so the wrong one approves without knowing the work.",
                falsePositives: "Dotted-line managers and changes of the last days.",
                references: [.nistControls])
        case "manager_departed":
            Background(
                "Requests for access and reviews go to the manager, and nobody reads them.",
                falsePositives: "A manager who has a new account.",
                references: [.nistControls])
        case "ghost_employee":
            Background(
                "An account without an employee may be a leftover or a disguise.",
                falsePositives:
                    "Contractors and administrators' second accounts that the human resources system does not list.",
                references: [.nistControls, .ncscIdentity],
                techniques: ["T1136.003", "T1078.004"])
        case "new_hire_without_account":
            Background(
                "People without an account borrow those of others, which defeats every log.",
                falsePositives: "Starters whose work needs no account.",
                references: [.nistControls])
        case "account_without_idp_identity":
            Background(
                """
                The identity provider can only close accounts that it knows, so this one survives the person's \
                offboarding.
                """,
                falsePositives: """
                    Programs, and people whose address differs on the two platforms; a link or a mark as service \
                    account settles it.
                    """,
                references: [.ncscIdentity, .nistControls],
                techniques: ["T1078.004"])
        case "admin_account_without_idp_identity":
            Background(
                "An administrator that no offboarding reaches keeps unlimited rights on the platform.",
                falsePositives: "The platform's first account, which belongs to the company and has no person.",
                references: [.ncscIdentity, .nistControls],
                techniques: ["T1078.004", "T1136.003"])
        case "external_accounts_outside_idp":
            Background(
                "Guests and partners keep their accounts when the work ends, because nobody is responsible for them.",
                falsePositives: "Partners with a continuing contract.",
                references: [.ncscIdentity],
                techniques: ["T1199"])
        case "accounts_without_address":
            Background(
                "Accounts that can't be compared with the directory can't be part of offboarding either.",
                falsePositives: "Platforms that hide addresses by design, until single sign-on or SCIM is connected.",
                references: [.githubSAML],
                techniques: ["T1078"])
        case "aws_user_not_in_idp":
            Background(
                "An IAM user with a console password is outside of single sign-on and of offboarding.",
                falsePositives: "Users whose name has nothing in common with their address; a link settles it.",
                references: [.awsBestPractices],
                techniques: ["T1078.004"])
        case "aws_admin_not_in_idp":
            Background(
                "Nobody in the directory answers for an account that can do everything in AWS.",
                falsePositives: "An emergency account; mark it in the settings.",
                references: [.awsBestPractices, .awsRootUser],
                techniques: ["T1078.004"])
        case "github_owner_not_in_idp":
            Background(
                "An owner can delete repositories and remove the other owners.",
                falsePositives: "An owner whose address differs from that in the directory; a link settles it.",
                references: [.githubSAML],
                techniques: ["T1078", "T1485"])
        case "gitlab_maintainer_not_in_idp":
            Background(
                "A maintainer can change protected branches, and no offboarding reaches this account.",
                falsePositives: "A maintainer whose address differs from that in the directory.",
                references: [.gitlabPermissions],
                techniques: ["T1078", "T1195.002"])
        case "gitlab_developer_not_in_idp":
            Background(
                "A developer can push code, and no offboarding reaches this account.",
                falsePositives: "Developers of a partner with a contract.",
                references: [.gitlabPermissions],
                techniques: ["T1078", "T1195.002"])
        case "api_key_of_leaver":
            Background(
                """
                An API key belongs to the workspace, so it outlives the person who made it, and a copy on their machine \
                still reads the findings.
                """,
                falsePositives: "A key that only a program of the company has, whose maker never kept a copy.",
                references: [.microsoftFormerEmployee, .nistControls],
                techniques: ["T1078", "T1552.001"])
        case _ where name.hasSuffix("_offboarded_active"):
            Background(
                "Access ends at the identity provider, but accounts with their own password or session go on.",
                falsePositives: "An account that was handed over to a successor.",
                references: [.microsoftFormerEmployee, .ncscIdentity],
                techniques: ["T1078.004"])
        case _ where name.hasSuffix("_admin_not_in_idp"):
            Background(
                "An administrator that no offboarding reaches keeps unlimited rights on the platform.",
                falsePositives: "An account that belongs to the company and has no person.",
                references: [.ncscIdentity, .nistControls],
                techniques: ["T1078.004", "T1136.003"])
        case _ where name.hasSuffix("_user_not_in_idp"):
            Background(
                """
                The identity provider can only close accounts that it knows, so this one survives the person's \
                offboarding.
                """,
                falsePositives: "People whose address differs on the two platforms; a link settles it.",
                references: [.ncscIdentity, .nistControls],
                techniques: ["T1078.004"])
        default: nil
        }
    }
}
