import Base

/// Plants people without a second factor, unused accounts, and sign-ins that bypass the identity provider.
extension Company {
    func plantIdentityProblems() throws {
        try plantMissingFactors()
        try plantStaleAccounts()
        try plantStaleAccess()
        try plantDirectSignIns()
        let mailbox = loneAccounts.first { $0.kind == .shared }
        if let mailbox {
            mailbox.lastLogin = ago(days: 3)
            try plant(
                "identity_security::shared_mailbox_sign_in", on: .account(mailbox), from: [.googleWorkspace],
                since: ago(days: 2),
                "The shared mailbox \(mailbox.username) signed in 3 days ago, so nobody can tell who read or sent its mail."
            )
        }
        for age in [19, 26] {
            let person = try take("never signed in") { $0.isPlain && $0.account(on: .github) == nil }
            removeAccess(of: person)
            person.hiredAt = ago(days: age)
            person.mfa = nil
            setLastLogin(nil, of: person)
            for account in person.accounts {
                account.createdAt = person.hiredAt
                account.mfa = nil
            }
            try plant(
                "identity_security::never_signed_in", on: .person(person), from: [.okta],
                "\(person.name) has had an account in Google Workspace and Okta for \(age) days and never signed in, so its first password is still waiting for whoever finds it."
            )
        }
    }

    /// Removes a person's second factor in both identity providers.
    func removeFactor(of person: Person) {
        person.mfa = false
        person.account(on: .okta)?.mfa = false
        person.account(on: .googleWorkspace)?.mfa = false
    }

    /// Changes the latest sign-in of a person, and of those accounts of the person that have one.
    func setLastLogin(_ moment: Timestamp?, of person: Person) {
        person.lastLogin = moment
        for account in person.accounts where account.lastLogin != nil { account.lastLogin = moment }
    }

    private func plantMissingFactors() throws {
        for _ in 0..<2 {
            let person = try take("user without MFA")
            removeFactor(of: person)
            try plant(
                "identity_security::user_without_mfa", on: .person(person), from: [.okta, .googleWorkspace],
                "\(person.name) has no second factor in Okta, so a stolen password opens \(person.entitlements.count) applications."
            )
        }
        let admin = try take("app admin without MFA")
        removeFactor(of: admin)
        makeAdmin(admin, of: try application("HubSpot"), role: "Super Admin")
        try plant(
            "compound_risk::no_mfa_with_app_admin", on: .person(admin), from: [.okta],
            "\(admin.name) administers HubSpot but signs in to Okta without a second factor, so one phished password hands over every customer contact."
        )
        let careless = try take("no MFA on a device out of compliance")
        removeFactor(of: careless)
        if let device = careless.devices.first {
            device.isCompliant = false
            try plant(
                "device_posture::noncompliant", on: .device(device), affecting: [careless], from: [.googleWorkspace],
                "\(device.hostname) of \(careless.name) is out of compliance, so the company's settings no longer protect what is on it."
            )
            try plant(
                "compound_risk::no_mfa_on_noncompliant_device", on: .person(careless), from: [.okta, .googleWorkspace],
                "\(careless.name) works on \(device.hostname), which is out of compliance, and has no second factor in Okta: malware there needs only the password."
            )
        }
    }

    /// Makes a person inactive: removes keys, entitlements and grants, and makes the latest sign-in to the identity
    /// provider and to each platform that has one `days` days old.
    private func makeStale(_ person: Person, days: Int) {
        keys.removeAll { $0.account?.person === person }
        removeAccess(of: person)
        setLastLogin(ago(days: days), of: person)
    }

    private func plantStaleAccounts() throws {
        for days in [33, 58, 121] {
            let person = try take("stale account") { $0.isPlain && $0.account(on: .aws) == nil }
            makeStale(person, days: days)
            try plantStale(person, days)
        }
        let admin = try take("stale admin") { $0.isAdmin && $0.rank == .member && $0.department == "IT" }
        makeStale(admin, days: 41)
        try plant(
            "identity_security::stale_admin", on: .person(admin), from: [.okta], since: ago(days: 11),
            "\(admin.name) is an admin but has not signed in to Okta for 41 days, so nobody would notice if someone else did."
        )
    }

    private func plantStale(_ person: Person, _ days: Int) throws {
        try plant(
            "identity_security::stale_account", on: .person(person), from: [.okta],
            since: ago(days: min(days - 30, 50)),
            "\(person.name) has not signed in to Okta for \(days) days, so nobody would notice if someone else used the account."
        )
    }

    private func plantStaleAccess() throws {
        let seller = try take("stale with Salesforce") { $0.isPlain && $0.department == "Sales" }
        makeStale(seller, days: 45)
        makeAdmin(
            seller, of: try application("Salesforce"), role: "System Administrator", lastUsed: ago(days: 46))
        try plant(
            "compound_risk::stale_with_app_admin", on: .person(seller), from: [.okta], since: ago(days: 15),
            "\(seller.name) has admin access to Salesforce but has not signed in to Okta for 45 days.")

        let engineer = try take("stale with key") { $0.isPlain && $0.account(on: .aws) != nil }
        makeStale(engineer, days: 50)
        addKey(.accessKey, on: engineer.account(on: .aws), age: 71, usedDaysAgo: 2)
        try plantStale(engineer, 50)
        try plant(
            "identity_security::aws_stale_user", on: .person(engineer), from: [.aws], since: ago(days: 5),
            "\(engineer.name) has not used the AWS console for 50 days, but the password still works.")
        try plant(
            "compound_risk::stale_with_key_in_use", on: .person(engineer), from: [.okta, .aws], since: ago(days: 21),
            "\(engineer.name) has not signed in to Okta for 50 days, yet an AWS access key of theirs was used 2 days ago, so someone else may hold it."
        )
    }

    private func plantDirectSignIns() throws {
        let admin = try take("admin signs in directly") { $0.isAdmin && $0.rank == .member && !$0.isTaken }
        let chief = try take("executive signs in directly") { $0.rank == .chief && $0.manager != nil }
        for (person, rule, days) in [(admin, "admin", 5), (chief, "executive", 9)] {
            let moment = officeHours(daysAgo: days)
            record("user.login", of: person, on: .slack, at: moment, ["method": "password"])
            try plant(
                "identity_security::\(rule)_direct_sign_in", on: .person(person), from: [.okta, .slack], since: moment,
                "\(person.name), \(rule == "admin" ? "who is an admin" : person.title ?? ""), signed in to Slack with a password \(self.days(since: moment)) days ago, past Okta's second factor."
            )
        }
        let users = people.filter {
            $0.isActive && !$0.isAdmin && !$0.isTaken && [.member, .manager].contains($0.rank)
                && $0.account(on: .jira) != nil && days(since: $0.hiredAt) > 60
        }
        let logins = 260
        var direct = 0
        for index in 0..<logins {
            let isDirect = index % 5 < 3
            if isDirect { direct += 1 }
            record(
                "user.login", of: pick(users), on: .jira, at: officeHours(daysAgo: number(1..<29)),
                ["method": isDirect ? "password" : "saml"])
        }
        try plant(
            "identity_security::most_sign_ins_bypass_sso", on: .platform(.jira, nil), from: [.okta, .jira],
            "\(direct * 100 / logins) per cent of Jira sign-ins in the last 30 days used a password instead of Okta, so Okta's rules do not apply there."
        )
    }
}
