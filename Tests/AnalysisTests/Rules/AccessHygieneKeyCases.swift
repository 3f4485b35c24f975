import Base
import TestSupport
import Testing

@Suite(.usesStore) struct AccessKeyTests {
    private static let awsKeys: [RuleCase] = [
        RuleCase(
            "access_hygiene::aws_key_unused",
            """
            Ada Lovelace has an AWS access key that has not been used for 90 days and still works for whoever finds it.
            """
        ) { company in
            try company.key(of: company.person(), created: company.ago(days: 150), lastUsed: company.ago(days: 90))
        } quiet: { company in
            let person = try company.person()
            try company.key(of: person, created: company.ago(days: 150), lastUsed: company.ago(days: 90) + 1)
            try company.key(of: person, created: company.ago(days: 89), lastUsed: nil)
            try company.key(of: person, created: nil, lastUsed: nil)
        } exempt: { company in
            let person = try company.person()
            try company.key(
                of: person, active: false, created: company.ago(days: 150), lastUsed: company.ago(days: 120))
            try company.key(created: company.ago(days: 150), lastUsed: company.ago(days: 120))
        },
        RuleCase(
            "access_hygiene::aws_key_unused",
            "old-robot has an AWS access key that has not been used for 91 days and still works for whoever finds it."
        ) { company in
            let account = try company.account(on: "aws", username: "old-robot")
            try company.key(account: account, created: company.ago(days: 91), lastUsed: nil)
        } quiet: { company in
            let account = try company.account(on: "aws", username: "old-robot")
            try company.key(account: account, created: company.ago(days: 91))
        },
        RuleCase(
            "access_hygiene::aws_key_old",
            """
            Ada Lovelace has used the same AWS access key for 90 days, so every copy ever made of it still works.
            """
        ) { company in
            try company.key(of: company.person(), created: company.ago(days: 90))
        } quiet: { company in
            try company.key(of: company.person(), created: company.ago(days: 90) + 1)
            try company.key(of: company.person("Grace Hopper"), created: nil)
        } exempt: { company in
            let person = try company.person()
            try company.key(of: person, created: company.ago(days: 200), lastUsed: company.ago(days: 90))
            try company.key(of: person, active: false, created: company.ago(days: 200))
        },
        RuleCase(
            "access_hygiene::aws_multiple_active_keys",
            "Ada Lovelace has 2 active AWS access keys, so the older one outlived its rotation."
        ) { company in
            let person = try company.person()
            let account = try company.account(of: person, on: "aws")
            try company.key("AKIA1", of: person, account: account)
            try company.key("AKIA2", of: person, account: account)
        } quiet: { company in
            let person = try company.person()
            let account = try company.account(of: person, on: "aws")
            try company.key("AKIA1", of: person, account: account)
            try company.key("AKIA2", of: person, account: account, active: false)
            // A rotation has begun less than two weeks ago.
            let bob = try company.person("Bob")
            let other = try company.account(of: bob, on: "aws")
            try company.key("AKIA3", of: bob, account: other)
            try company.key("AKIA4", of: bob, account: other, created: company.ago(days: 14) + 1)
        } exempt: { company in
            // Each of two IAM users has one key.
            let person = try company.person()
            try company.key("AKIA1", of: person, account: company.account(of: person, on: "aws"))
            try company.key("AKIA2", of: person, account: company.account(of: person, on: "aws"))
            try company.key("token 1", of: person, on: "github", kind: "access_token")
            try company.key("token 2", of: person, on: "github", kind: "access_token")
        },
        RuleCase(
            "access_hygiene::access_key_without_owner",
            """
            The AWS access key legacy-import was used 1 day ago and belongs to nobody, so nobody can say what it is for.
            """
        ) { company in
            try company.key("legacy-import")
        } quiet: { company in
            try company.key("AKIA1", of: company.person())
            try company.key("AKIA2", account: company.account(on: "aws", username: "jvdberg-old"))
        } exempt: { company in
            try company.key("firmware", on: "github", kind: "deploy_key")
            try company.key("AKIA3", active: false)
        },
        RuleCase(
            "access_hygiene::access_key_without_owner",
            "The GitHub access token legacy-import belongs to nobody, so nobody can say what it is for."
        ) { company in
            try company.key("legacy-import", on: "github", kind: "access_token", lastUsed: nil)
        } quiet: { company in
            try company.key("legacy-import", on: "slack", kind: "access_token")
            try company.set("slack", status: "disconnected", lastSync: company.ago(hours: 1))
        },
    ]

    private static let tokens = [("gitlab", "GitLab"), ("github", "GitHub")].map { platform, name in
        RuleCase(
            "access_hygiene::\(platform)_token_without_expiry",
            "Ada Lovelace has a \(name) token that never expires, so a copy of it works until someone notices."
        ) { company in
            try company.key("ci", of: company.person(), on: platform, kind: "access_token")
        } quiet: { company in
            let person = try company.person()
            try company.key(
                "ci", of: person, on: platform, kind: "access_token", expires: TestStore.now + .days(300))
            try company.key("old", of: person, on: platform, kind: "access_token", active: false)
        } exempt: { company in
            try company.key("website", of: company.person(), on: platform, kind: "deploy_key")
            try company.key("nobody's", on: platform, kind: "access_token")
        }
    }

    private static let ownKeys = [
        RuleCase(
            "access_hygiene::api_key_of_leaver",
            "Ada Lovelace was deprovisioned in Okta 9 days ago, but 1 API key of Thalian that they made (ci) still works for everyone who has a copy."
        ) { company in
            let ada = try company.person(status: "deprovisioned", deprovisioned: company.ago(days: 9))
            try company.apiKey(scope: "write", by: ada)
        } quiet: { company in
            try company.apiKey(scope: "write", by: company.person())
            let bob = try company.person("Bob", status: "deprovisioned", deprovisioned: company.ago(days: 9))
            try company.apiKey(scope: "write", by: bob, isRevoked: true)
        } exempt: { company in
            // A person on leave.
            try company.apiKey(by: company.person(status: "suspended", suspended: company.ago(days: 13)))
        },
        RuleCase(
            "access_hygiene::api_key_of_leaver", severity: .medium,
            "Ada Lovelace was suspended in Okta 14 days ago, but 2 API keys of Thalian that they made (ci and export) still work for everyone who has a copy."
        ) { company in
            // The keys were kept when the member was removed.
            let ada = try company.person(status: "suspended")
            try company.apiKey(by: ada, isMember: false)
            try company.apiKey("export", by: ada, isMember: false, created: company.ago(days: 50))
        } quiet: { company in
            try company.apiKey(by: company.person(), isMember: false)
            try company.person("Bob", status: "suspended")
        },
    ]

    static let cases: [RuleCase] = awsKeys + tokens + ownKeys

    @Test("The rule finds exactly the problem of its case", arguments: cases)
    func findsWhatItShould(_ ruleCase: RuleCase) throws { try ruleCase.check() }
}
