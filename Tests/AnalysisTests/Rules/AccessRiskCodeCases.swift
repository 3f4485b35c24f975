import Base

extension AccessRiskTests {
    static let code: [RuleCase] =
        [
            RuleCase(
                "access_risk::github_outside_collaborator_with_write",
                "Dana Whitfield is not an employee but can push to the firmware repository, so code that no employee wrote can ship."
            ) { company in
                try collaborator(company, "Dana Whitfield", permission: "write")
            } quiet: { company in
                try collaborator(company, "Dana Whitfield", permission: "read")
            } exempt: { company in
                try company.account(
                    of: try company.person(), on: "github", metadata: ["permission": "write", "repository": "firmware"])
            },
            RuleCase(
                "access_risk::github_many_outside_collaborators",
                "GitHub has 11 outside collaborators, whose access the company's offboarding does not end."
            ) { company in
                for number in 1...11 { try collaborator(company, "Guest \(number)", permission: "read") }
            } quiet: { company in
                for number in 1...10 { try collaborator(company, "Guest \(number)", permission: "read") }
            } exempt: { company in
                for number in 1...11 { try company.account(on: "github", username: "member-\(number)") }
            },
            RuleCase(
                "access_risk::github_open_secret_alert",
                "2 leaked secrets (aws_access_key_id and slack_api_token) have been readable in the cloud-api repository for 8 days, and the alerts are still open."
            ) { company in
                try alert(company, 7, "create", daysAgo: 8, "aws_access_key_id")
                try alert(company, 8, "create", daysAgo: 9, "npm_access_token")
                try alert(company, 8, "resolve", daysAgo: 6)
                try alert(company, 9, "create", daysAgo: 7, "slack_api_token")
                try alert(company, 9, "resolve", daysAgo: 6)
                try alert(company, 9, "reopen", daysAgo: 5, "slack_api_token")
            } quiet: { company in
                try alert(company, 7, "create", daysAgo: 8, "aws_access_key_id")
                try alert(company, 7, "resolve", daysAgo: 7)
            },
            RuleCase(
                "access_risk::github_open_secret_alert",
                "1 leaked secret (aws_access_key_id) has been readable in the cloud-api repository for 300 days, and the alert is still open."
            ) { company in
                try alert(company, 7, "create", daysAgo: 300, "aws_access_key_id")
            } quiet: { company in
                try alert(company, 7, "create", daysAgo: 300, "aws_access_key_id")
                try alert(company, 7, "resolve", daysAgo: 200)
            },
            RuleCase(
                "access_risk::github_push_protection_bypassed",
                "Ada Lovelace bypassed GitHub's push protection 2 times in the last 30 days, so there may be secrets in calibration and firmware."
            ) { company in
                let ada = try company.person()
                try bypass(company, ada, "calibration", at: company.ago(days: 30))
                try bypass(company, ada, "firmware", at: company.ago(days: 4))
            } quiet: { company in
                let ada = try company.person()
                try bypass(company, ada, "calibration", at: company.ago(days: 30) - 1)
                try bypass(company, ada, "firmware", at: company.ago(days: 4))
            } exempt: { company in
                try bypass(company, try company.person(), "firmware", at: company.ago(days: 4))
                try bypass(company, try company.person("Alan Turing"), "firmware", at: company.ago(days: 4))
            },
            RuleCase(
                "access_risk::gitlab_external_elevated",
                "Ada Lovelace is external to the company but has the role maintainer in GitLab, so an outsider can change protected branches and let others in."
            ) { company in
                try company.account(
                    of: try company.person(type: "external"), on: "gitlab", metadata: ["role": "maintainer"])
            } quiet: { company in
                try company.account(
                    of: try company.person(type: "external"), on: "gitlab", kind: "external",
                    metadata: ["role": "developer"])
            } exempt: { company in
                try company.account(of: try company.person(), on: "gitlab", metadata: ["role": "maintainer"])
            },
        ]
        + [("github", "GitHub"), ("gitlab", "GitLab")].map { platform, name in
            RuleCase(
                "access_risk::\(platform)_write_deploy_key",
                "The \(name) deploy key cloud-api has write access, so anyone with a copy can change the code anonymously."
            ) { company in
                try company.key("cloud-api", on: platform, kind: "deploy_key", canWrite: true)
            } quiet: { company in
                try company.key("cloud-api", on: platform, kind: "deploy_key", canWrite: false)
            } exempt: { company in
                try company.key("cloud-api", on: platform, kind: "deploy_key", active: false, canWrite: true)
                try company.key("token", on: platform, kind: "access_token", canWrite: true)
            }
        }

    private static func collaborator(_ company: TestCompany, _ name: String, permission: String) throws {
        let person = try company.person(name, type: "external", idp: false)
        try company.account(
            of: person, on: "github", kind: "external",
            metadata: ["permission": .string(permission), "repository": "firmware"])
    }

    private static func alert(
        _ company: TestCompany, _ number: Int, _ change: String, daysAgo days: Int, _ secret: String? = nil
    ) throws {
        var details: [String: JSON] = ["number": .integer(number)]
        details["secret_type"] = secret.map(JSON.string)
        try company.event(
            "secret_scanning_alert." + change, on: "github", at: company.ago(days: days), target: "cloud-api", details)
    }

    private static func bypass(
        _ company: TestCompany, _ person: TestCompany.Person, _ repository: String, at moment: Timestamp
    ) throws {
        try company.event(
            "secret_scanning_push_protection.bypass", of: person, on: "github", at: moment, target: repository)
    }
}
