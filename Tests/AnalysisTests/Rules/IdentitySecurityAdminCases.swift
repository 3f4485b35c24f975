import Base

extension IdentitySecurityTests {
    static let admins: [RuleCase] = [
        RuleCase(
            "identity_security::admin_without_mfa",
            "Ada Lovelace is an admin and has no second factor in Okta, so one stolen password opens everyone's account."
        ) { company in
            try company.person(type: "admin", mfa: false)
        } quiet: { company in
            try company.person(type: "admin", mfa: nil)
        } exempt: { company in
            try company.person(mfa: false)
            try company.set("okta", status: "paused", lastSync: company.ago(days: 40))
            try company.person("Alan Turing", type: "admin", mfa: false)
        },
        RuleCase(
            "identity_security::stale_admin",
            "Ada Lovelace is an admin but has not signed in to Okta for 30 days, so nobody would notice if someone else did."
        ) { company in
            try company.person(type: "admin", lastLogin: company.ago(days: 30))
        } quiet: { company in
            try company.person(type: "admin", lastLogin: company.ago(days: 30) + 1)
        } exempt: { company in
            try company.person(lastLogin: company.ago(days: 30))
            try company.person("Alan Turing", type: "admin", lastLogin: nil)
        },
        RuleCase(
            "identity_security::service_account_with_admin",
            "The service account ci-deploy is an admin of AWS and Figma, so one leaked key controls everything there."
        ) { company in
            let robot = try company.person("ci-deploy", type: "service_account")
            try company.account(of: robot, on: "aws", kind: "service_account", admin: true)
            try company.entitlement(of: robot, to: try company.application("Figma"), admin: true)
        } quiet: { company in
            let robot = try company.person("ci-deploy", type: "service_account")
            try company.account(of: robot, on: "aws", kind: "service_account")
            try company.entitlement(of: robot, to: try company.application("Figma"))
        } exempt: { company in
            try company.account(of: try company.person(), on: "aws", admin: true)
            try company.account(
                on: "aws", username: "deploy", kind: "service_account", admin: true, metadata: ["kind": "role"])
            let retired = try company.person("retired", type: "service_account", status: "deprovisioned")
            try company.account(of: retired, on: "aws", kind: "service_account", admin: true)
        },
        RuleCase(
            "identity_security::external_admin",
            "Ada Lovelace is external to the company but an admin of Figma and Jira, so an outsider decides who gets in there and what they see."
        ) { company in
            let ada = try company.person(type: "external")
            try company.entitlement(of: ada, to: try company.application("Figma"), admin: true)
            try company.account(of: ada, on: "jira", admin: true)
        } quiet: { company in
            let ada = try company.person(type: "external")
            try company.entitlement(of: ada, to: try company.application("Figma"))
            try company.account(of: ada, on: "jira")
        } exempt: { company in
            let ada = try company.person(type: "external", status: "suspended")
            try company.account(of: ada, on: "jira", admin: true)
            let guest = try company.person("Grace Hopper", type: "external", idp: false)
            try company.account(of: guest, on: "jira", admin: true)
        },
        RuleCase(
            "identity_security::admin_share_too_high",
            "6 of 59 people (10 per cent) are admins in Okta, so a stolen password is likely to be an admin's."
        ) { company in
            for number in 1...59 { try company.person("Person \(number)", type: number <= 6 ? "admin" : "user") }
        } quiet: { company in
            for number in 1...60 { try company.person("Person \(number)", type: number <= 6 ? "admin" : "user") }
        } exempt: { company in
            for number in 1...23 { try company.person("Person \(number)", type: number <= 5 ? "admin" : "user") }
        },
        RuleCase(
            "identity_security::too_many_super_admins", severity: .medium,
            "Okta has 5 super admins, Admin 1, Admin 2, Admin 3, Admin 4 and Admin 5, and any of their passwords opens the whole company."
        ) { company in
            for number in 1...5 { try company.person("Admin \(number)", type: "admin", idpRoles: ["SUPER_ADMIN"]) }
        } quiet: { company in
            for number in 1...4 { try company.person("Admin \(number)", type: "admin", idpRoles: ["SUPER_ADMIN"]) }
            try company.person(type: "admin", idpRoles: ["APP_ADMIN"])
        } exempt: { company in
            for number in 1...5 {
                try company.person(
                    "Admin \(number)", type: "admin", idpStatus: number == 1 ? "suspended" : nil,
                    idpRoles: ["SUPER_ADMIN"])
            }
        },
        RuleCase(
            "identity_security::too_many_super_admins", severity: .high,
            "Okta has 9 super admins, Admin 1, Admin 2, Admin 3, Admin 4 and 5 others, and any of their passwords opens the whole company."
        ) { company in
            for number in 1...9 { try company.person("Admin \(number)", type: "admin", idpRoles: ["SUPER_ADMIN"]) }
        } quiet: { company in
            for number in 1...4 { try company.person("Admin \(number)", type: "admin", idpRoles: ["SUPER_ADMIN"]) }
        },
        RuleCase(
            "identity_security::single_super_admin",
            "Ada Lovelace is the only super admin of Okta, so if that account is lost, nobody can repair anything."
        ) { company in
            try company.person(type: "admin", idpRoles: ["SUPER_ADMIN"])
        } quiet: { company in
            try company.person(type: "admin", idpRoles: ["SUPER_ADMIN"])
            try company.person("Alan Turing", type: "admin", idpRoles: ["SUPER_ADMIN", "APP_ADMIN"])
        } exempt: { company in
            try company.person(type: "admin", idpRoles: ["APP_ADMIN"])
        },
        RuleCase(
            "identity_security::platform_admin_without_mfa",
            "Ada Lovelace administers Jira and Slack without a second factor there, so whoever learns the password has an admin's rights."
        ) { company in
            let ada = try company.person()
            try company.account(of: ada, on: "slack", admin: true, mfa: false)
            try company.account(of: ada, on: "jira", admin: true, mfa: false)
        } quiet: { company in
            let ada = try company.person()
            try company.account(of: ada, on: "slack", admin: true, mfa: nil)
            try company.account(of: ada, on: "jira", mfa: false)
            // Slack knows no second factor of a person who signs in there through Okta.
            let bob = try company.person("Bob")
            try company.account(of: bob, on: "slack", admin: true, mfa: false)
            try company.entitlement(of: bob, to: company.application("Slack"))
            // Carol signs in there with her account, which tells Slack her name and address.
            let carol = try company.person("Carol")
            try company.account(of: carol, on: "slack", admin: true, mfa: false)
            try company.grant(of: carol, to: company.application("Slack", managed: false, sso: nil), access: "basic")
        } exempt: { company in
            let ada = try company.person(type: "admin", mfa: false)
            try company.account(of: ada, on: "aws", admin: true, mfa: false)
            try company.account(of: ada, on: "gitlab", admin: true, mfa: false)
            try company.account(on: "slack", username: "bot", kind: "service_account", admin: true, mfa: false)
            let former = try company.person("Grace Hopper", status: "deprovisioned")
            try company.account(of: former, on: "slack", admin: true, mfa: false)
        },
        RuleCase(
            "identity_security::platform_admin_without_mfa",
            "Ada Lovelace administers Slack without a second factor there, so whoever learns the password has an admin's rights."
        ) { company in
            // Slack may read Ada's files. That says nothing about how she signs in there.
            let ada = try company.person()
            try company.account(of: ada, on: "slack", admin: true, mfa: false)
            try company.grant(of: ada, to: company.application("Slack", managed: false, sso: nil), access: "read")
        } quiet: { company in
            try company.person()
        },
        RuleCase(
            "identity_security::gitlab_maintainer_without_mfa",
            "Ada Lovelace can change protected branches and settings in GitLab without a second factor, so whoever learns the password can change what the company ships."
        ) { company in
            try company.account(of: try company.person(), on: "gitlab", mfa: false, metadata: ["role": "maintainer"])
        } quiet: { company in
            try company.account(of: try company.person(), on: "gitlab", mfa: false, metadata: ["role": "developer"])
        } exempt: { company in
            try company.account(of: try company.person(), on: "gitlab", mfa: nil, metadata: ["role": "maintainer"])
            try company.account(
                on: "gitlab", username: "bot", kind: "service_account", mfa: false, metadata: ["role": "maintainer"])
            // GitLab knows no second factor of a person who signs in there through Okta.
            let bob = try company.person("Bob")
            try company.account(of: bob, on: "gitlab", mfa: false, metadata: ["role": "owner"])
            try company.entitlement(of: bob, to: company.application("GitLab"))
        },
    ]
}
