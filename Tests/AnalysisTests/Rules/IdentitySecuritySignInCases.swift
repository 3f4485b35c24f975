import Base

extension IdentitySecurityTests {
    static let cloudAccounts: [RuleCase] = [
        RuleCase(
            "identity_security::aws_console_user_without_mfa",
            "Ada Lovelace can sign in to the AWS console without a second factor, so a stolen password is enough to get in."
        ) { company in
            try company.account(
                of: try company.person(), on: "aws", mfa: false, metadata: ["kind": "user", "console": "yes"])
        } quiet: { company in
            try company.account(
                of: try company.person(), on: "aws", mfa: false, metadata: ["kind": "user", "console": "no"])
        } exempt: { company in
            try company.account(
                of: try company.person(), on: "aws", mfa: nil, metadata: ["kind": "user", "console": "yes"])
            try company.account(
                on: "aws", username: "root", mfa: false, metadata: ["kind": "root", "console": "yes"])
        },
        RuleCase(
            "identity_security::aws_root_without_mfa",
            "The AWS root user has no MFA device, so its password alone can delete everything in the account."
        ) { company in
            try company.account(on: "aws", username: "root", admin: true, mfa: false, metadata: ["kind": "root"])
        } quiet: { company in
            try company.account(on: "aws", username: "root", admin: true, mfa: nil, metadata: ["kind": "root"])
        } exempt: { company in
            try company.set("aws", status: "paused", lastSync: company.ago(days: 40))
            try company.account(on: "aws", username: "root", admin: true, mfa: false, metadata: ["kind": "root"])
        },
        RuleCase(
            "identity_security::aws_root_used",
            "The AWS root user was used 30 days ago, which no policy can limit and no person answers for."
        ) { company in
            try company.account(
                on: "aws", username: "root", lastLogin: company.ago(days: 30), metadata: ["kind": "root"])
        } quiet: { company in
            try company.account(
                on: "aws", username: "root", lastLogin: company.ago(days: 30) - 1, metadata: ["kind": "root"])
        } exempt: { company in
            try company.account(on: "aws", username: "root", lastLogin: nil, metadata: ["kind": "root"])
            try company.account(of: try company.person(), on: "aws", metadata: ["kind": "user"])
            // The account is 30 days old, and its root user set it up.
            try company.account(
                on: "aws", username: "root", lastLogin: company.ago(days: 1), metadata: ["kind": "root"],
                created: company.ago(days: 31))
        },
        RuleCase(
            "identity_security::aws_stale_user",
            "Ada Lovelace has not used the AWS console for 45 days, but the password still works."
        ) { company in
            try company.account(
                of: try company.person(), on: "aws", lastLogin: company.ago(days: 45),
                metadata: ["kind": "user", "console": "yes"])
        } quiet: { company in
            try company.account(
                of: try company.person(), on: "aws", lastLogin: company.ago(days: 45) + 1,
                metadata: ["kind": "user", "console": "yes"])
        } exempt: { company in
            try company.account(
                of: try company.person(), on: "aws", lastLogin: company.ago(days: 45),
                metadata: ["kind": "user", "console": "no"])
            // A password that was never used counts from the user's creation.
            try company.account(
                on: "aws", lastLogin: nil, metadata: ["kind": "user", "console": "yes"],
                created: company.ago(days: 45) + 1)
        },
        RuleCase(
            "identity_security::aws_stale_user",
            "Ada Lovelace has not used the AWS console for 60 days, but the password still works; a key of the user was used 1 day ago."
        ) { company in
            let ada = try company.person()
            let user = try company.account(
                of: ada, on: "aws", lastLogin: nil, metadata: ["kind": "user", "console": "yes"],
                created: company.ago(days: 60))
            try company.key(of: ada, account: user)
        } quiet: { company in
            try company.account(
                of: company.person(), on: "aws", metadata: ["kind": "user", "console": "yes"])
        },
    ]

    static let signIns: [RuleCase] =
        [
            RuleCase(
                "identity_security::admin_direct_sign_in",
                "Ada Lovelace, who is an admin, signed in to Slack with a password 30 days ago, past Okta's second factor."
            ) { company in
                let ada = try company.person(type: "admin")
                try company.event(
                    "user.login", of: ada, on: "slack", at: company.ago(days: 30), ["method": "password"])
            } quiet: { company in
                let ada = try company.person(type: "admin")
                try company.event(
                    "user.login", of: ada, on: "slack", at: company.ago(days: 30) - 1, ["method": "password"])
            } exempt: { company in
                let ada = try company.person(type: "admin")
                try company.event("user.login", of: ada, on: "slack", at: company.ago(days: 3), ["method": "saml"])
                try company.event("user.login", of: ada, on: "slack", at: company.ago(days: 3))
                try company.event(
                    "user.login", of: ada, on: "slack", at: company.ago(days: 3), failed: true, ["method": "password"])
                try company.event(
                    "user.login", of: ada, on: "google_workspace", at: company.ago(days: 3), ["method": "password"])
                try company.event(
                    "user.login", of: try company.person("Grace Hopper"), on: "slack", at: company.ago(days: 3),
                    ["method": "password"])
            },
            RuleCase(
                "identity_security::executive_direct_sign_in",
                "Ada Lovelace, VP Sales, signed in to Slack with a password 30 days ago, past Okta's second factor."
            ) { company in
                let ada = try company.person(title: "VP Sales")
                try company.event(
                    "user.login", of: ada, on: "slack", at: company.ago(days: 30), ["method": "password"])
            } quiet: { company in
                let ada = try company.person(title: "VP Sales")
                try company.event(
                    "user.login", of: ada, on: "slack", at: company.ago(days: 30) - 1, ["method": "password"])
            } exempt: { company in
                let alan = try company.person("Alan Turing", type: "admin", title: "Chief Information Officer")
                let grace = try company.person("Grace Hopper", title: "Assistant to the Chief Executive")
                let joan = try company.person("Joan Clarke", title: "VPN Engineer")
                for person in [alan, grace, joan] {
                    try company.event(
                        "user.login", of: person, on: "slack", at: company.ago(days: 3), ["method": "password"])
                }
            },
            RuleCase(
                "identity_security::executive_direct_sign_in",
                "Ada Lovelace, vp, sales, signed in to Slack with a password 3 days ago, past Okta's second factor."
            ) { company in
                let ada = try company.person(title: "vp, sales")
                try company.event("user.login", of: ada, on: "slack", at: company.ago(days: 3), ["method": "password"])
            } quiet: { company in
                let ada = try company.person(title: "Presidential Aide")
                try company.event("user.login", of: ada, on: "slack", at: company.ago(days: 3), ["method": "password"])
            },
            RuleCase(
                "identity_security::offboarded_direct_sign_in",
                "Ada Lovelace left the company and signed in to Jira with a password 19 days ago, which Okta could not stop."
            ) { company in
                let ada = try company.person(status: "deprovisioned", deprovisioned: company.ago(days: 20))
                try company.event(
                    "user.login", of: ada, on: "jira", at: company.ago(days: 20) + 1, ["method": "password"])
            } quiet: { company in
                let ada = try company.person(status: "deprovisioned", deprovisioned: company.ago(days: 20))
                try company.event(
                    "user.login", of: ada, on: "jira", at: company.ago(days: 20), ["method": "password"])
            } exempt: { company in
                let ada = try company.person(status: "suspended")
                try company.event("user.login", of: ada, on: "jira", at: company.ago(days: 2), ["method": "password"])
            },
            RuleCase(
                "identity_security::most_sign_ins_bypass_sso",
                "60 per cent of Slack sign-ins in the last 30 days used a password instead of Okta, so Okta's rules do not apply there."
            ) { company in
                try signIns(to: company, 10, direct: 6)
            } quiet: { company in
                try signIns(to: company, 10, direct: 5)
            } exempt: { company in
                try signIns(to: company, 9, direct: 9)
            },
        ]
        + [("zoom", "Zoom"), ("box", "Box"), ("datadog", "Datadog"), ("salesforce", "Salesforce")].map {
            platform, name in
            RuleCase(
                "identity_security::\(platform)_sso_not_enforced",
                "2 of 3 accounts in \(name) can sign in with a password instead of single sign-on, so the identity provider's rules do not apply there."
            ) { company in
                for sso in [false, false, true] { try company.account(on: platform, sso: sso) }
            } quiet: { company in
                for sso in [false, true, true] { try company.account(on: platform, sso: sso) }
            } exempt: { company in
                for _ in 1...2 {
                    try company.account(on: platform, sso: nil)
                    try company.account(on: platform, kind: "service_account", sso: false)
                    try company.account(on: platform, status: "suspended", sso: false)
                }
            }
        }

    private static func signIns(to company: TestCompany, _ count: Int, direct: Int) throws {
        let ada = try company.person()
        for number in 1...count {
            try company.event(
                "user.login", of: ada, on: "slack", at: company.ago(days: number),
                ["method": number <= direct ? "password" : "saml"])
        }
    }
}
