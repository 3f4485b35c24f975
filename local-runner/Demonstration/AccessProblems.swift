import Base

/// Plants access that is wider than people need, roles that strangers can assume, and leaked secrets.
extension Company {
    func plantAccessRisks() throws {
        let shadow = try take("shadow admin") { $0.isPlain && $0.department == "Finance" }
        let apps = try ["NetSuite", "Expensify", "Looker", "DocuSign"].map { try application($0) }
        for application in apps {
            makeAdmin(shadow, of: application)
        }
        try plant(
            "access_risk::shadow_admin", on: .person(shadow), from: [.okta],
            "\(shadow.name) is a standard user in Okta but administers \(Names.list(apps.map(\.name).sorted())), which no admin review shows."
        )
        let confluence = try application("Confluence")
        for person in try take(10, "Confluence admin") {
            makeAdmin(person, of: confluence)
        }
        let admins = confluence.entitlements.filter(\.isAdmin).compactMap(\.account.person)
        try plant(
            "access_risk::app_with_too_many_admins", on: .application(confluence), affecting: admins, from: [.okta],
            "Confluence has \(admins.count) admins, any of whom can change its settings and let others in.")
        let contractor = try take("external with many apps") { $0.kind == .contractor }
        for application in applications.filter({ $0.isManaged && !$0.isLicensed }).shuffled(using: &random)
        where contractor.entitlements.count < 12 && contractor.entitlement(to: application) == nil {
            entitle(contractor, to: application)
        }
        try plant(
            "access_risk::external_with_many_apps", on: .person(contractor), from: [.okta],
            "\(contractor.name) is external to the company and can use \(contractor.entitlements.count) applications, more than such work usually needs."
        )
        try plantRoles()
        try plantSecrets()
    }

    private func plantRoles() throws {
        let open = openLone(on: .aws, kind: .service, username: "data-export")
        open.metadata = ["kind": "role", "trusts": "anyone", "has_condition": "no"]
        try plant(
            "access_risk::aws_role_trusts_anyone", on: .platform(.aws, "data-export"), from: [.aws],
            "The AWS role data-export can be assumed by any AWS account in the world, so whatever it may do, a stranger may do."
        )
        let vendor = openLone(on: .aws, kind: .service, username: "vendor-monitoring")
        vendor.metadata = [
            "kind": "role", "trusts": "other_account", "trusted_account": "210987654321", "has_condition": "no",
        ]
        try plant(
            "access_risk::aws_cross_account_trust", on: .platform(.aws, "vendor-monitoring"), from: [.aws],
            "The AWS role vendor-monitoring trusts account 210987654321 without a condition, so any customer of that vendor may get in through it."
        )
    }

    private func plantSecrets() throws {
        let moment = officeHours(daysAgo: 8)
        let bypasser = try take("push protection bypassed") { $0.isPlain && $0.account(on: .github) != nil }
        for days in [13, 4] {
            record(
                "secret_scanning_push_protection.bypass", of: bypasser, on: .github, target: "calibration",
                at: officeHours(daysAgo: days))
        }
        try plant(
            "access_risk::github_push_protection_bypassed", on: .person(bypasser), from: [.github],
            since: officeHours(daysAgo: 3),
            "\(bypasser.name) bypassed GitHub's push protection 2 times in the last 30 days, so there may be secrets in calibration."
        )
        let committer = try take("secret alert") { $0.isPlain && $0.account(on: .github) != nil }
        record(
            "secret_scanning_alert.create", of: committer, on: .github, target: "cloud-api", at: moment,
            ["secret_type": "aws_access_key_id"])
        try plant(
            "access_risk::github_open_secret_alert", on: .platform(.github, "cloud-api"), affecting: [committer],
            from: [.github], since: moment,
            "1 leaked secret (aws_access_key_id) has been readable in the cloud-api repository for \(days(since: moment)) days, and the alert is still open."
        )
    }
}
