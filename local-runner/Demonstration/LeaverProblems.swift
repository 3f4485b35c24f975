import Base

/// Plants people who left, or should have, and still have access, and records that contradict each other.
extension Company {
    func plantLeavers() throws {
        try plantSuspended()
        try plantOffboarded()
        let person = try take("terminated in HR") { $0.isPlain && $0.account(on: .github) == nil }
        removeAccess(of: person)
        person.hrStatus = "terminated"
        person.lastLogin = officeHours(daysAgo: 4)
        person.terminatedAt = midnight(daysAgo: 9) + .hours(15)
        try plant(
            "access_hygiene::terminated_in_hr_but_active", on: .person(person), from: [.bambooHR, .okta],
            since: ago(days: 8),
            "\(person.name) left 9 days ago according to BambooHR, but the Okta account is active and was used 4 days ago."
        )
        try plantRecords()
    }

    private func plantSuspended() throws {
        for isAdmin in [false, true] {
            let person = try take("suspended") { $0.isPlain && $0.account(on: .github) == nil }
            let kept = Array(person.entitlements.prefix(4))
            removeAccess(of: person)
            for entitlement in kept {
                entitle(person, to: entitlement.application, isLicense: false, lastUsed: ago(days: 24))
            }
            person.status = .suspended
            person.hrStatus = "leave"
            setLastLogin(ago(days: 23), of: person)
            for account in person.accounts { account.status = .suspended }
            if isAdmin {
                makeAdmin(person, of: try application("NetSuite"), lastUsed: ago(days: 24))
                try plant(
                    "access_hygiene::inactive_user_with_admin", on: .person(person), from: [.okta],
                    since: ago(days: 22),
                    "\(person.name) is suspended in Okta but still an administrator of NetSuite, so one click makes them an admin again."
                )
            } else {
                try plant(
                    "access_hygiene::inactive_user_with_entitlements", on: .person(person), from: [.okta],
                    since: ago(days: 22),
                    "\(person.name) is suspended in Okta but keeps access to \(Names.list(kept.map(\.application.name))), which comes back if the account is reactivated."
                )
            }
        }
    }

    /// Takes a person who left more than a month ago, and gives the person active accounts on some platforms.
    private func revive(_ part: String, on platforms: [Platform]) throws -> Person {
        let person = try take(part) {
            $0.status == .deprovisioned && days(since: $0.deprovisionedAt ?? now) > 30
        }
        for platform in platforms {
            let account = person.account(on: platform) ?? open(person, on: platform)
            account.status = .active
        }
        return person
    }

    private func plantActive(_ person: Person, _ rule: String, on platforms: [Platform], _ end: String) throws {
        let since = days(since: person.deprovisionedAt ?? now)
        try plant(
            "access_hygiene::" + rule, on: .person(person), from: [.okta] + platforms,
            since: ago(days: min(since - 1, 45)),
            "\(person.name) was deprovisioned in Okta \(since) days ago but \(end) \(Names.list(platforms.map(\.name)))."
        )
    }

    private func plantOffboarded() throws {
        let talker = try revive("offboarded, Slack", on: [.slack])
        try plantActive(talker, "offboarded_but_active", on: [.slack], "can still sign in to")
        let tracker = try revive("offboarded, Slack and Jira", on: [.slack, .jira])
        try plantActive(tracker, "offboarded_but_active", on: [.slack, .jira], "can still sign in to")

        let direct = try revive("offboarded, signs in", on: [.jira])
        let moment = officeHours(daysAgo: 11)
        direct.account(on: .jira)?.lastLogin = moment
        record("user.login", of: direct, on: .jira, at: moment, ["method": "password"])
        try plantActive(direct, "offboarded_but_active", on: [.jira], "can still sign in to")
        try plant(
            "identity_security::offboarded_direct_sign_in", on: .person(direct), from: [.okta, .jira], since: moment,
            "\(direct.name) left the company and signed in to Jira with a password 11 days ago, which Okta could not stop."
        )

        let owner = try revive("offboarded GitHub owner", on: [.github])
        appoint(owner, on: .github, ["owner"])
        try plantActive(owner, "offboarded_admin_active", on: [.github], "is still an owner of")
        try plant(
            "compound_risk::terminated_with_repository_write", on: .person(owner), from: [.bambooHR, .github],
            "\(owner.name) left according to BambooHR but can still push code to GitHub, where nobody reviews an owner's changes."
        )

        let builder = try revive("offboarded with key", on: [.aws])
        builder.account(on: .aws)?.lastLogin = ago(days: 40)
        builder.account(on: .aws)?.mfa = true
        addKey(.accessKey, on: builder.account(on: .aws), age: 66, usedDaysAgo: 4)
        try plantActive(builder, "offboarded_but_active", on: [.aws], "can still sign in to")
        try plant(
            "compound_risk::offboarded_with_access_key", on: .person(builder), from: [.okta, .aws],
            "\(builder.name) was offboarded, but an AWS access key of theirs is active and was used 4 days ago.")

        let aiUser = try revive("terminated with AI tool", on: [.googleWorkspace])
        try plantActive(aiUser, "offboarded_but_active", on: [.googleWorkspace], "can still sign in to")
        grant(try application("Codefriend AI"), by: aiUser, .write, readsMailOrFiles: true, lastUsed: ago(days: 8))
        try plant(
            "shadow_it::terminated_with_ai_tool", on: .person(aiUser), from: [.googleWorkspace, .bambooHR],
            "\(aiUser.name) left the company, but Codefriend AI still holds a grant to their mail and files and used it 8 days ago."
        )
        let scheduler = try revive("offboarded with grants", on: [.googleWorkspace])
        try plantActive(scheduler, "offboarded_but_active", on: [.googleWorkspace], "can still sign in to")
        grant(try application("Meetwell"), by: scheduler, .write, lastUsed: ago(days: 14))
        try plant(
            "shadow_it::offboarded_with_grants", on: .person(scheduler), from: [.googleWorkspace, .okta],
            "\(scheduler.name) was offboarded, but Meetwell can still write to their calendar and did so 14 days ago.")
        let keeper = try revive("offboarded with device", on: [])
        let device = addDevice(.phone, of: keeper)
        try plant(
            "device_posture::offboarded_owner", on: .device(device), affecting: [keeper],
            from: [.googleWorkspace, .okta],
            "\(device.hostname) belongs to \(keeper.name), who left \(days(since: keeper.deprovisionedAt ?? now)) days ago, and still checks in with company data on it."
        )
    }

    private func plantRecords() throws {
        for department in ["Product", "Design"] {
            let person = try take("department mismatch") { $0.isPlain && $0.department != department }
            person.account(on: .bambooHR)?.department = department
            try plant(
                "access_hygiene::department_mismatch", on: .person(person), from: [.bambooHR, .okta],
                "\(person.name) is in \(department) according to BambooHR and in \(person.department ?? "") according to Okta, so access follows the wrong department."
            )
        }
        let moved = try take("manager mismatch")
        let manager = try take("the manager in HR") { $0.rank == .manager && $0 !== moved.manager }
        moved.account(on: .bambooHR)?.managerEmail = manager.email
        try plant(
            "access_hygiene::manager_mismatch", on: .person(moved), from: [.bambooHR, .okta],
            "\(moved.name) reports to \(manager.name) in BambooHR and to \(moved.manager?.name ?? "") in Okta, so the wrong person approves access."
        )
        let former = try take("a manager who left") { $0.status == .deprovisioned }
        let orphan = try take("manager departed")
        orphan.manager = former
        for account in orphan.accounts { account.managerEmail = former.email }
        try plant(
            "access_hygiene::manager_departed", on: .person(orphan), affecting: [former], from: [.okta],
            "\(orphan.name) reports to \(former.name), who left \(days(since: former.deprovisionedAt ?? now)) days ago, so access requests reach nobody."
        )
        let ghost = try take("ghost employee")
        ghost.hrStatus = nil
        ghost.accounts.removeAll { $0.platform == .bambooHR }
        try plant(
            "access_hygiene::ghost_employee", on: .person(ghost), from: [.bambooHR, .okta],
            "\(ghost.name) has an active Okta account with \(ghost.entitlements.count) applications, but BambooHR has no one with that name."
        )
        let newcomer = try take("new hire without account") { $0.isPlain && $0.account(on: .github) == nil }
        removeAccess(of: newcomer)
        newcomer.accounts.removeAll { $0.platform != .bambooHR }
        newcomer.hiredAt = midnight(daysAgo: 6) + .hours(8)
        newcomer.account(on: .bambooHR)?.createdAt = newcomer.hiredAt
        newcomer.mfa = nil
        newcomer.lastLogin = nil
        devices.removeAll { $0.owner === newcomer }
        newcomer.devices = []
        keys.removeAll { $0.account?.person === newcomer }
        try plant(
            "access_hygiene::new_hire_without_account", on: .person(newcomer), from: [.bambooHR, .okta],
            since: ago(days: 2),
            "\(newcomer.name) started 6 days ago according to BambooHR and has no account, so their work begins on borrowed accounts."
        )
    }
}
