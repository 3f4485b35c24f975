import Base

/// Gives people their intended access: entitlements, grants and keys.
extension Company {
    func giveAccess() {
        for person in people where person.isActive {
            switch person.kind {
            case .employee:
                for name in Self.commonApplications { entitle(person, to: name) }
                let own = Self.departmentApplications.first { $0.department == person.department }
                for name in own?.names ?? [] where person.rank != .member || chance(93) { entitle(person, to: name) }
            case .contractor:
                for name in ["Slack", "Zoom", "Confluence"] { entitle(person, to: name) }
                if chance(40) { entitle(person, to: "Jira") }
            case .service, .guest: break
            }
        }
        appointApplicationAdmins()
        giveGrants()
        giveKeys()
    }

    private func entitle(_ person: Person, to name: String) {
        if let application = applications.first(where: { $0.name == name }) { entitle(person, to: application) }
    }

    @discardableResult
    func entitle(
        _ person: Person, to application: Application, role: String = "Member", isAdmin: Bool = false,
        isLicense: Bool? = nil, lastUsed: Timestamp? = nil, account: Account? = nil
    ) -> Entitlement? {
        guard let account = account ?? person.account(on: .okta) ?? person.accounts.first else { return nil }
        let granted = max(person.hiredAt, midnight(daysAgo: number(100..<400)))
        let used = lastUsed ?? max(granted + .hours(1), officeHours(daysAgo: number(1..<22)))
        let entitlement = Entitlement(
            id: newID(), account: account, application: application, role: role, isAdmin: isAdmin,
            isLicense: isLicense ?? application.isLicensed,
            grantedAt: granted, lastUsed: used)
        person.entitlements.append(entitlement)
        application.entitlements.append(entitlement)
        return entitlement
    }

    /// Makes a person an administrator of an application, without a paid seat, in place of the role that the person has
    /// there.
    func makeAdmin(
        _ person: Person, of application: Application, role: String = "Administrator", lastUsed: Timestamp? = nil
    ) {
        if let own = person.entitlement(to: application) { remove(own, of: person) }
        entitle(person, to: application, role: role, isAdmin: true, isLicense: false, lastUsed: lastUsed)
    }

    /// Removes a person's entitlement.
    func remove(_ entitlement: Entitlement, of person: Person) {
        person.entitlements.removeAll { $0 === entitlement }
        entitlement.application.entitlements.removeAll { $0 === entitlement }
    }

    /// Removes all entitlements and grants of a person. Keys and accounts stay.
    func removeAccess(of person: Person) {
        for entitlement in person.entitlements { remove(entitlement, of: person) }
        for grant in person.grants { grant.application.grants.removeAll { $0.id == grant.id } }
        person.grants = []
    }

    /// Makes two of the identity provider's admins administrators of each managed application, and for every fourth
    /// application a manager too.
    private func appointApplicationAdmins() {
        let admins = people.filter(\.isAdmin)
        var managers = people.filter { $0.rank == .manager && !$0.isAdmin }.shuffled(using: &random)
        for (index, application) in applications.filter(\.isManaged).enumerated() {
            for admin in [admins[index % admins.count], admins[(index + 7) % admins.count]] {
                makeAdmin(admin, of: application)
            }
            if index % 4 == 0, let manager = managers.popLast() {
                makeAdmin(manager, of: application)
            }
        }
    }

    private func giveGrants() {
        let sanctioned = applications.filter { $0.policy == "sanctioned" }
        let undecided = applications.filter { $0.isShadowIT }
        for person in people where person.kind == .employee && person.isActive && !person.isAdmin {
            for application in sanctioned where chance(18) {
                grant(application, by: person, .write, readsMailOrFiles: application.isAITool)
            }
            if person.rank == .member, chance(6) { grant(pick(undecided), by: person, pick([.basic, .read])) }
        }
    }

    func grant(
        _ application: Application, by person: Person, _ access: Grant.Access, readsMailOrFiles: Bool = false,
        lastUsed: Timestamp? = nil
    ) {
        guard let account = person.account(on: .googleWorkspace) else { return }
        let earliest = max(person.hiredAt, application.firstSeen)
        let used = lastUsed ?? max(earliest + .hours(1), officeHours(daysAgo: number(1..<50)))
        let grant = Grant(
            id: newID(), account: account, application: application, access: access,
            readsMailOrFiles: readsMailOrFiles, grantedAt: min(used, earliest + number(0..<Int.days(2))),
            lastUsed: used)
        person.grants.append(grant)
        application.grants.append(grant)
    }

    private func giveKeys() {
        for person in people where person.isActive {
            if let account = person.account(on: .aws), person.kind == .service || chance(60) {
                addKey(.accessKey, on: account, age: number(5..<80), usedDaysAgo: number(0..<4))
            }
            if let account = person.account(on: .github), chance(25) {
                addKey(.accessToken, on: account, age: number(5..<80), usedDaysAgo: number(0..<4), expiresIn: 90)
            }
        }
        for repository in ["firmware", "cloud-api", "calibration", "website"] {
            addKey(
                .deployKey, on: nil, platform: .github, name: repository, canWrite: false, age: number(20..<300),
                usedDaysAgo: number(0..<5), expiresIn: nil)
        }
    }

    func addKey(
        _ kind: AccessKey.Kind, on account: Account?, platform: Platform = .aws, name: String? = nil,
        canWrite: Bool = true, age: Int, usedDaysAgo: Int, expiresIn: Int? = nil
    ) {
        let created = ago(days: age)
        keys.append(
            AccessKey(
                id: newID(), kind: kind, platform: account?.platform ?? platform, account: account,
                externalID: kind == .accessKey ? "AKIA" + code(16) : code(9, of: "123456789"), name: name,
                canWrite: canWrite, createdAt: created, lastUsed: ago(days: usedDaysAgo),
                expiresAt: expiresIn.map { created + .days($0) }))
    }

    /// Adds phones and entitlements of ordinary people until there are 380 machines and 4,000 entitlements.
    func topUp() {
        let ordinary = people.filter { $0.isPlain && days(since: $0.hiredAt) > 60 }
        for person in ordinary.shuffled(using: &random) where machines.count < 380 { addDevice(.phone, of: person) }
        let optional = applications.filter { $0.isManaged && !$0.isLicensed && $0.sso == true }
        var total = people.reduce(0) { $0 + $1.entitlements.count }
        while total < 4000 {
            let person = pick(ordinary)
            let application = pick(optional)
            guard person.entitlement(to: application) == nil else { continue }
            entitle(person, to: application)
            total += 1
        }
    }
}
