import Base

/// Plants admin rights that should not exist or lack protection, and an unused account.
extension Company {
    func plantAdminProblems() throws {
        func admin(_ part: String) throws -> Person { try take(part) { $0.isAdmin && $0.rank == .member } }
        let lax = try admin("admin without MFA")
        let worst = try admin("admin without MFA and encryption")
        for person in [lax, worst] {
            removeFactor(of: person)
            try plant(
                "identity_security::admin_without_mfa", on: .person(person), from: [.okta, .googleWorkspace],
                "\(person.name) is an admin and has no second factor in Okta, so one stolen password opens everyone's account."
            )
        }
        if let device = worst.devices.first {
            device.isEncrypted = false
            device.isCompliant = false
            try plant(
                "device_posture::unencrypted_admin", on: .device(device), affecting: [worst],
                from: [.googleWorkspace, .okta],
                "\(device.hostname) of Okta admin \(worst.name) is not encrypted, so whoever finds it has an admin's sessions."
            )
        }
        let slackAdmin = try admin("platform admin without MFA")
        appoint(slackAdmin, on: .slack, ["admin"])
        slackAdmin.account(on: .slack)?.mfa = false
        // People who may use Slack through Okta sign in there with Okta's second factor.
        for entitlement in slackAdmin.entitlements where entitlement.application.name == "Slack" {
            remove(entitlement, of: slackAdmin)
        }
        try plant(
            "identity_security::platform_admin_without_mfa", on: .person(slackAdmin), from: [.slack],
            "\(slackAdmin.name) administers Slack without a second factor there, so whoever learns the password has an admin's rights."
        )
        let careless = try admin("admin's device out of compliance")
        if let device = careless.devices.first {
            device.isCompliant = false
            try plant(
                "device_posture::noncompliant_admin", on: .device(device), affecting: [careless],
                from: [.googleWorkspace, .okta],
                "\(device.hostname) of Okta admin \(careless.name) is out of compliance, so admin sessions run on a device that can't be trusted."
            )
        }
        let contractor = try take("external admin") { $0.kind == .contractor }
        open(contractor, on: .jira)
        appoint(contractor, on: .jira, ["jira-administrators"])
        try plant(
            "identity_security::external_admin", on: .person(contractor), from: [.okta, .jira],
            "\(contractor.name) is external to the company but an admin of Jira, so an outsider decides who gets in there and what they see."
        )
        let service = try take("service account with admin") { $0.kind == .service && $0.account(on: .aws) != nil }
        appoint(service, on: .aws, ["AdministratorAccess"])
        try plant(
            "identity_security::service_account_with_admin", on: .person(service), from: [.aws],
            "The service account \(service.name) is an admin of AWS, so one leaked key controls everything there."
        )
        try plantAWSAccounts()
    }

    private func plantAWSAccounts() throws {
        let user = try take("AWS console user without MFA") { $0.isPlain && $0.account(on: .aws) != nil }
        user.account(on: .aws)?.mfa = false
        try plant(
            "identity_security::aws_console_user_without_mfa", on: .person(user), from: [.aws],
            "\(user.name) can sign in to the AWS console without a second factor, so a stolen password is enough to get in."
        )
        let idle = try take("stale AWS user") { $0.isPlain && $0.account(on: .aws) != nil }
        keys.removeAll { $0.account?.person === idle && $0.platform == .aws }
        idle.account(on: .aws)?.lastLogin = ago(days: 95)
        try plant(
            "identity_security::aws_stale_user", on: .person(idle), from: [.aws], since: ago(days: 5),
            "\(idle.name) has not used the AWS console for 95 days, but the password still works.")
        guard let root = loneAccounts.first(where: { $0.metadata["kind"] == "root" }) else { return }
        root.mfa = false
        root.lastLogin = officeHours(daysAgo: 6)
        try plant(
            "identity_security::aws_root_without_mfa", on: .platform(.aws, "root"), from: [.aws],
            "The AWS root user has no MFA device, so its password alone can delete everything in the account.")
        try plant(
            "identity_security::aws_root_used", on: .platform(.aws, "root"), from: [.aws],
            since: officeHours(daysAgo: 5),
            "The AWS root user signed in \(days(since: root.lastLogin ?? now)) days ago, which no policy can limit and no person answers for."
        )
        events.append(
            Event(
                id: newID(), platform: .aws, person: nil, type: "ConsoleLogin", succeeded: true, actor: "root",
                target: nil, address: "203.0.113.77", details: ["mfa_used": "No"],
                time: root.lastLogin ?? now))
    }
}
