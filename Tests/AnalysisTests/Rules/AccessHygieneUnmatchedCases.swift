import Base
import TestSupport
import Testing

@Suite(.usesStore) struct UnmatchedAccountTests {
    private static let general: [RuleCase] = [
        RuleCase(
            "access_hygiene::account_without_idp_identity",
            "Viktor has an account on Slack that matches nobody in Okta, so nothing closes it when the person leaves."
        ) { company in
            try company.account(on: "slack", username: "Viktor")
        } quiet: { company in
            // The platform tells no address of one account, and knows the other as a guest's.
            try company.account(on: "slack", username: "Hidden", email: nil)
            try company.account(on: "slack", username: "Guest", kind: "external")
            try company.account(of: company.person(), on: "slack")
            try company.account(on: "slack", username: "Viktor", status: "suspended")
            try company.account(on: "slack", username: "Carla", admin: true)
        } exempt: { company in
            try company.account(on: "slack", username: "support", kind: "shared")
            try company.account(on: "slack", username: "bot", kind: "service_account")
            try company.account(on: "google_workspace", username: "Viktor")
            try company.account(on: "bamboohr", username: "Viktor")
            try company.account(on: "github", username: "Viktor", kind: "external")
            try company.account(on: "gitlab", username: "Viktor", metadata: ["role": "developer"])
            try company.account(on: "aws", username: "viktor")
            for platform in ["zoom", "box", "datadog", "salesforce"] {
                try company.account(on: platform, username: "Viktor")
            }
            let former = try company.person(status: "deprovisioned", idp: false)
            try company.account(of: former, on: "slack")
        },
        RuleCase(
            "access_hygiene::account_without_idp_identity",
            """
            Ada Lovelace has an account on GitHub, GitLab and Jira that matches nobody in Okta, so nothing closes it \
            when the person leaves.
            """
        ) { company in
            let person = try company.person(idp: false)
            try company.account(of: person, on: "jira")
            try company.account(of: person, on: "github")
            try company.account(of: person, on: "gitlab", metadata: ["role": "reporter"])
        } quiet: { company in
            let person = try company.person(idp: false)
            try company.account(of: person, on: "google_workspace", status: "suspended")
            try company.account(of: person, on: "jira")
        } exempt: { company in
            // An identity provider whose sync failed still knows its people.
            let person = try company.person(idp: false)
            try company.account(of: person, on: "google_workspace")
            try company.account(of: person, on: "jira")
            try company.set("google_workspace", status: "error", lastSync: company.ago(hours: 30))
        },
        RuleCase(
            "access_hygiene::account_without_idp_identity",
            "Ada Lovelace has an account on Jira that matches nobody in Okta, so nothing closes it when the person leaves."
        ) { company in
            let person = try company.person(idp: false)
            try company.account(of: person, on: "google_workspace")
            try company.account(of: person, on: "jira")
            try company.set("google_workspace", status: "disconnected", lastSync: company.ago(hours: 30))
        } quiet: { company in
            let person = try company.person(idp: false)
            try company.account(of: person, on: "google_workspace")
            try company.account(of: person, on: "jira")
            try company.set("google_workspace", status: "paused", lastSync: company.ago(hours: 30))
        },
        RuleCase(
            "access_hygiene::admin_account_without_idp_identity",
            "Ada Lovelace is an admin of Jira whom Okta does not know, so no offboarding will ever remove them."
        ) { company in
            try company.account(of: company.person(idp: false), on: "jira", admin: true)
        } quiet: { company in
            try company.account(of: company.person(idp: false), on: "jira")
            try company.account(of: company.person("Grace Hopper"), on: "jira", admin: true)
        } exempt: { company in
            for platform in ["aws", "github", "gitlab", "zoom", "box", "datadog", "salesforce"] {
                try company.account(on: platform, username: "Viktor", admin: true)
            }
            try company.account(on: "slack", username: "bot", kind: "service_account", admin: true)
            let robot = try company.person("ci-build", type: "service_account", idp: false)
            try company.account(of: robot, on: "jira", admin: true)
        },
    ]

    private static let groups: [RuleCase] = [
        RuleCase(
            "access_hygiene::external_accounts_outside_idp",
            "Slack has 2 external accounts that match nobody in Okta, so nothing closes them when the work together ends."
        ) { company in
            try company.account(on: "slack", username: "Guest 1", kind: "external")
            try company.account(on: "slack", username: "Guest 2", email: nil, kind: "external")
        } quiet: { company in
            try company.account(on: "slack", username: "Viktor")
            try company.account(on: "github", username: "Guest", kind: "external")
            try company.account(of: company.person(type: "external"), on: "slack", kind: "external")
        },
        RuleCase(
            "access_hygiene::accounts_without_address",
            "GitHub tells no address of 2 accounts, so nobody can tell if their owners still work here."
        ) { company in
            try company.account(on: "github", username: "dev1", email: nil)
            try company.account(on: "github", username: "dev2", email: nil, admin: true)
        } quiet: { company in
            try company.account(on: "github", username: "dev1")
            try company.account(of: company.person(), on: "github", email: nil)
            try company.account(on: "aws", username: "deploy", email: nil, metadata: ["kind": "user"])
            try company.account(on: "github", username: "bot", email: nil, kind: "service_account")
        },
    ]

    private static let cloudAndCode: [RuleCase] = [
        RuleCase(
            "access_hygiene::aws_user_not_in_idp",
            "The IAM user jvdberg-old signed in to the AWS console 12 days ago and matches nobody in Okta."
        ) { company in
            try company.account(
                on: "aws", username: "jvdberg-old", lastLogin: company.ago(days: 12), metadata: ["kind": "user"])
        } quiet: { company in
            try company.account(of: company.person(), on: "aws", metadata: ["kind": "user"])
            try company.account(on: "aws", username: "old", status: "suspended", metadata: ["kind": "user"])
            try company.account(on: "aws", username: "admin", admin: true, metadata: ["kind": "user"])
        } exempt: { company in
            try company.account(on: "aws", username: "root", metadata: ["kind": "root"])
            try company.account(on: "aws", username: "deploy", kind: "service_account", metadata: ["kind": "role"])
        },
        RuleCase(
            "access_hygiene::aws_user_not_in_idp",
            "The IAM user jvdberg-old matches nobody in Okta."
        ) { company in
            try company.account(on: "aws", username: "jvdberg-old", lastLogin: nil, metadata: ["kind": "user"])
        } quiet: { company in
            try company.account(of: company.person(), on: "aws", lastLogin: nil, metadata: ["kind": "user"])
        },
        RuleCase(
            "access_hygiene::aws_admin_not_in_idp",
            """
            The IAM user platform-admin has administrator rights in AWS and signed in 12 days ago, but matches nobody \
            in Okta.
            """
        ) { company in
            try company.account(
                on: "aws", username: "platform-admin", admin: true, lastLogin: company.ago(days: 12),
                metadata: ["kind": "user"])
        } quiet: { company in
            try company.account(on: "aws", username: "user", metadata: ["kind": "user"])
            try company.account(of: company.person(), on: "aws", admin: true, metadata: ["kind": "user"])
        } exempt: { company in
            try company.account(on: "aws", username: "root", admin: true, metadata: ["kind": "root"])
            try company.account(on: "aws", username: "terraform", kind: "service_account", admin: true)
        },
        RuleCase(
            "access_hygiene::github_owner_not_in_idp",
            """
            joost owns the GitHub organization with an account that Okta does not know, so the code leaves with its \
            owner.
            """
        ) { company in
            try company.account(on: "github", username: "joost", admin: true)
        } quiet: { company in
            try company.account(on: "github", username: "joost")
            try company.account(of: company.person(), on: "github", admin: true)
        } exempt: { company in
            try company.account(of: company.person(status: "deprovisioned"), on: "github", admin: true)
        },
        RuleCase(
            "access_hygiene::gitlab_maintainer_not_in_idp",
            """
            joost is a GitLab maintainer whom Okta does not know, so an unknown person can change protected branches.
            """
        ) { company in
            try company.account(on: "gitlab", username: "joost", admin: true, metadata: ["role": "maintainer"])
        } quiet: { company in
            try company.account(on: "gitlab", username: "joost", metadata: ["role": "developer"])
            try company.account(of: company.person(), on: "gitlab", admin: true, metadata: ["role": "maintainer"])
        },
        RuleCase(
            "access_hygiene::gitlab_developer_not_in_idp",
            """
            joost is a GitLab developer whom Okta does not know, so someone that no offboarding reaches can push code.
            """
        ) { company in
            try company.account(on: "gitlab", username: "joost", metadata: ["role": "developer"])
        } quiet: { company in
            try company.account(on: "gitlab", username: "joost", metadata: ["role": "reporter"])
            try company.account(of: company.person(), on: "gitlab", metadata: ["role": "developer"])
        } exempt: { company in
            try company.account(on: "gitlab", username: "joost", admin: true, metadata: ["role": "maintainer"])
            try company.account(
                on: "gitlab", username: "bot", kind: "service_account", metadata: ["role": "developer"])
        },
    ]

    private static let business = [
        ("zoom", "Zoom"), ("box", "Box"), ("datadog", "Datadog"), ("salesforce", "Salesforce"),
    ].flatMap { platform, name in
        [
            RuleCase(
                "access_hygiene::\(platform)_admin_not_in_idp",
                "viktor is an admin of \(name) whom Okta does not know, so no offboarding will ever remove them."
            ) { company in
                try company.account(on: platform, username: "viktor", admin: true)
            } quiet: { company in
                try company.account(on: platform, username: "viktor")
                try company.account(of: company.person(), on: platform, admin: true)
            } exempt: { company in
                try company.account(on: platform, username: "bot", kind: "service_account", admin: true)
                try company.account(on: "slack", username: "viktor", admin: true)
            },
            RuleCase(
                "access_hygiene::\(platform)_user_not_in_idp",
                "viktor has an account on \(name) that matches nobody in Okta, so nothing closes it when the person leaves."
            ) { company in
                try company.account(on: platform, username: "viktor")
            } quiet: { company in
                try company.account(on: platform, username: "viktor", admin: true)
                try company.account(of: company.person(), on: platform)
            } exempt: { company in
                try company.account(on: platform, username: "room-3", kind: "shared")
                try company.account(on: "slack", username: "viktor")
            },
        ]
    }

    static let cases: [RuleCase] = general + groups + cloudAndCode + business

    @Test("The rule finds exactly the problem of its case", arguments: cases)
    func findsWhatItShould(_ ruleCase: RuleCase) throws { try ruleCase.check() }
}
