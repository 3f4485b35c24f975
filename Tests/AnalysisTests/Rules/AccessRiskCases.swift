import Base
import TestSupport
import Testing

@Suite(.usesStore) struct AccessRiskTests {
    private static let access: [RuleCase] = [
        RuleCase(
            "access_risk::shadow_admin",
            "Ada Lovelace is a standard user in Okta but administers Figma, Jira and Slack, which no admin review shows."
        ) { company in
            let ada = try company.person()
            try company.entitlement(of: ada, to: try company.application("Figma"), admin: true)
            for platform in ["jira", "slack"] { try company.account(of: ada, on: platform, admin: true) }
        } quiet: { company in
            // Jira counts once, although both Okta and Jira itself report the admin access.
            let ada = try company.person()
            for name in ["Figma", "Jira"] {
                try company.entitlement(of: ada, to: try company.application(name), admin: true)
            }
            try company.account(of: ada, on: "jira", admin: true)
        } exempt: { company in
            let admin = try company.person("Alan Turing", type: "admin")
            for platform in ["jira", "slack", "zoom"] { try company.account(of: admin, on: platform, admin: true) }
            let ada = try company.person()
            for platform in ["jira", "slack"] { try company.account(of: ada, on: platform, admin: true) }
            try company.account(of: ada, on: "zoom", status: "suspended", admin: true)
        },
        RuleCase(
            "access_risk::admin_of_many_apps",
            "Ada Lovelace administers 12 applications, App 10, App 11, App 12, App 13 and 8 others, so whoever takes over this one account controls them all."
        ) { company in
            try administrate(company, 12, as: try company.person(type: "admin"))
        } quiet: { company in
            try administrate(company, 11, as: try company.person(type: "admin"))
        } exempt: { company in
            try administrate(company, 12, as: try company.person("ci-deploy", type: "service_account"))
        },
        RuleCase(
            "access_risk::app_with_too_many_admins",
            "Figma has 11 admins, any of whom can change its settings and let others in."
        ) { company in
            let figma = try company.application("Figma")
            for number in 1...11 {
                try company.entitlement(of: try company.person("Admin \(number)"), to: figma, admin: true)
            }
        } quiet: { company in
            let figma = try company.application("Figma")
            for number in 1...10 {
                let person = try company.person("Admin \(number)")
                try company.entitlement(of: person, to: figma, admin: true)
                try company.entitlement(of: person, to: figma, role: "Billing Admin", admin: true)
            }
        } exempt: { company in
            let figma = try company.application("Figma")
            for number in 1...11 { try company.entitlement(of: try company.person("User \(number)"), to: figma) }
        },
        RuleCase(
            "access_risk::external_with_many_apps",
            "Ada Lovelace is external to the company and can use 10 applications, more than such work usually needs."
        ) { company in
            let ada = try company.person(type: "external")
            for number in 1...10 { try company.entitlement(of: ada, to: try company.application("App \(number)")) }
        } quiet: { company in
            let ada = try company.person(type: "external")
            for number in 1...9 {
                let application = try company.application("App \(number)")
                try company.entitlement(of: ada, to: application)
                try company.entitlement(of: ada, to: application, role: "Viewer")
            }
        } exempt: { company in
            let ada = try company.person()
            for number in 1...10 { try company.entitlement(of: ada, to: try company.application("App \(number)")) }
        },
    ]

    private static let cloudAndCustomers: [RuleCase] = [
        RuleCase(
            "access_risk::aws_role_trusts_anyone",
            "The AWS role data-export can be assumed by any AWS account in the world, so whatever it may do, a stranger may do."
        ) { company in
            try role(company, "data-export", trusts: "anyone", condition: "no")
        } quiet: { company in
            try role(company, "data-export", trusts: "anyone", condition: "yes")
        } exempt: { company in
            try role(company, "deploy", trusts: "account", condition: "no")
            try role(company, "vendor", trusts: "other_account", condition: "no")
        },
        RuleCase(
            "access_risk::aws_role_trusts_anyone",
            "The AWS role deploy can be assumed by any user of GitHub Actions in the world, so whatever it may do, a stranger may do."
        ) { company in
            try role(company, "deploy", trusts: "anyone", provider: "GitHub Actions", condition: "no")
        } quiet: { company in
            try role(company, "deploy", trusts: "identity_provider", condition: "yes")
            try role(company, "saml", trusts: "identity_provider", condition: "no")
            try role(company, "lambda", trusts: "service", condition: "no")
        },
        RuleCase(
            "access_risk::aws_cross_account_trust",
            "The AWS role vendor trusts account 210987654321 without a condition, so if a vendor owns it, any customer of that vendor may get in."
        ) { company in
            try role(company, "vendor", trusts: "other_account", condition: "no")
        } quiet: { company in
            try role(company, "vendor", trusts: "other_account", condition: "yes")
        } exempt: { company in
            try role(company, "vendor", trusts: "other_account", condition: nil)
            try role(company, "data-export", trusts: "anyone", condition: "no")
        },
        RuleCase(
            "access_risk::salesforce_modify_all_data",
            "Ada Lovelace is not a Salesforce admin but can modify all data, so one mistake or one stolen session can overwrite every customer record."
        ) { company in
            try company.account(of: try company.person(), on: "salesforce", metadata: ["modify_all_data": "yes"])
        } quiet: { company in
            try company.account(of: try company.person(), on: "salesforce", metadata: ["modify_all_data": "no"])
        } exempt: { company in
            try company.account(
                of: try company.person(), on: "salesforce", admin: true, metadata: ["modify_all_data": "yes"])
        },
        RuleCase(
            "access_risk::salesforce_view_all_data",
            "Ada Lovelace is not a Salesforce admin but can view all data, so one stolen session is enough to read every customer record."
        ) { company in
            try company.account(of: try company.person(), on: "salesforce", metadata: ["view_all_data": "yes"])
        } quiet: { company in
            try company.account(of: try company.person(), on: "salesforce", metadata: ["view_all_data": "no"])
        } exempt: { company in
            try company.account(
                of: try company.person(), on: "salesforce",
                metadata: ["view_all_data": "yes", "modify_all_data": "yes"])
            try company.account(on: "salesforce", admin: true, metadata: ["view_all_data": "yes"])
        },
        RuleCase(
            "access_risk::salesforce_bulk_export",
            "Ada Lovelace exported Salesforce data in bulk 3 days ago, 2 times in the last 30 days, so a copy of customer records is outside of Salesforce."
        ) { company in
            let ada = try company.person()
            try company.event("DataExport", of: ada, on: "salesforce", at: company.ago(days: 30))
            try company.event("BulkApiResultEvent", of: ada, on: "salesforce", at: company.ago(days: 3))
        } quiet: { company in
            let ada = try company.person()
            try company.event("DataExport", of: ada, on: "salesforce", at: company.ago(days: 30) - 1)
        } exempt: { company in
            let robot = try company.person("data-warehouse", type: "service_account")
            try company.event("BulkApiResultEvent", of: robot, on: "salesforce", at: company.ago(days: 3))
            let ada = try company.person()
            try company.event("DataExport", of: ada, on: "salesforce", at: company.ago(days: 3), failed: true)
        },
    ]

    private static func administrate(_ company: TestCompany, _ count: Int, as person: TestCompany.Person) throws {
        for number in 10..<(10 + count) {
            try company.entitlement(of: person, to: try company.application("App \(number)"), admin: true)
        }
    }

    private static func role(
        _ company: TestCompany, _ name: String, trusts: String, provider: String? = nil, condition: String?
    ) throws {
        var metadata: [String: JSON] = [
            "kind": "role", "trusts": .string(trusts), "trusted_account": "210987654321",
        ]
        metadata["trusted_provider"] = provider.map(JSON.string)
        metadata["has_condition"] = condition.map(JSON.string)
        try company.account(on: "aws", username: name, kind: "service_account", metadata: metadata)
    }

    static let cases: [RuleCase] = access + cloudAndCustomers + code

    @Test("The rule finds exactly the problem of its case", arguments: cases)
    func findsWhatItShould(_ ruleCase: RuleCase) throws { try ruleCase.check() }
}
