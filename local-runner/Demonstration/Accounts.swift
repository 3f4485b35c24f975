import Base

/// Creates the accounts on each platform.
extension Company {
    func openAccounts() {
        for person in people { openAccounts(of: person) }
        appointPlatformAdmins()
        for mailbox in ["support", "invoices", "careers", "press"] {
            let account = openLone(on: .googleWorkspace, kind: .shared, username: "\(mailbox)@\(Self.domain)")
            account.email = "\(mailbox)@\(Self.domain)"
        }
        for role in ["deploy-pipeline", "read-only-audit", "backup-vault", "cost-report"] {
            let account = openLone(on: .aws, kind: .service, username: role)
            account.metadata = ["kind": "role", "trusts": "account", "has_condition": "yes"]
        }
        let root = openLone(on: .aws, kind: .user, username: "root")
        root.metadata = ["kind": "root", "console": "yes"]
        root.mfa = true
        root.isAdmin = true
        root.lastLogin = ago(days: 310)
    }

    private func openAccounts(of person: Person) {
        switch person.kind {
        case .employee:
            for platform in [Platform.okta, .googleWorkspace, .slack, .bambooHR] { _ = open(person, on: platform) }
            let department = person.department ?? ""
            if department == "Engineering" && person.rank != .head || department == "Security" {
                _ = open(person, on: .github)
            }
            if ["Engineering", "Product", "Design", "Support", "Security", "IT"].contains(department) {
                _ = open(person, on: .jira)
            }
            if person.title == "Site Reliability Engineer" || department == "Security" {
                _ = open(person, on: .aws)
            }
            if department == "Security" { _ = open(person, on: .crowdStrike) }
            if department == "Sales", person.isActive { _ = open(person, on: .zoom) }
        case .contractor:
            _ = open(person, on: .okta)
            _ = open(person, on: .slack)
        case .service:
            _ = open(person, on: person.name.hasSuffix("bot") || person.name.hasPrefix("ci-") ? .github : .aws)
        case .guest: break
        }
    }

    @discardableResult
    func open(_ person: Person, on platform: Platform, kind: Account.Kind? = nil) -> Account {
        let kind = kind ?? (person.kind == .service ? .service : person.kind == .contractor ? .external : .user)
        let account = Account(
            id: newID(), platform: platform, externalID: externalID(on: platform), person: person, kind: kind,
            username: username(of: person, on: platform), displayName: person.name, createdAt: person.hiredAt)
        account.email = person.email
        account.status = person.status
        account.department = person.department
        account.managerEmail = person.manager?.email
        switch platform {
        case .okta, .googleWorkspace:
            account.mfa = person.mfa
            account.lastLogin = person.lastLogin
        case .bambooHR, .zoom:
            break
        case .aws:
            if person.kind == .service {
                account.metadata = ["kind": "user", "console": "no"]
            } else {
                account.metadata = ["kind": "user", "console": "yes"]
                account.mfa = true
                account.lastLogin = platformLogin(of: person)
            }
        case .slack, .jira, .github, .crowdStrike, .jamfPro:
            if person.kind != .service {
                account.mfa = true
                account.ssoEnforced = true
                account.lastLogin = platformLogin(of: person)
            }
        }
        person.accounts.append(account)
        return account
    }

    func openLone(on platform: Platform, kind: Account.Kind, username: String) -> Account {
        let account = Account(
            id: newID(), platform: platform, externalID: externalID(on: platform), person: nil, kind: kind,
            username: username, displayName: username, createdAt: midnight(daysAgo: number(300..<1200)))
        loneAccounts.append(account)
        return account
    }

    /// Makes the identity provider's admins administrators in their accounts there, and some of them on other platforms
    /// too.
    private func appointPlatformAdmins() {
        let admins = people.filter(\.isAdmin)
        for (index, person) in admins.enumerated() {
            appoint(
                person, on: .okta, [index % 6 == 0 ? "SUPER_ADMIN" : index % 2 == 0 ? "APP_ADMIN" : "HELP_DESK_ADMIN"])
            if index % 6 == 0 { appoint(person, on: .googleWorkspace, ["_SEED_ADMIN_ROLE"]) }
            if index % 5 == 1 { appoint(person, on: .slack, ["admin"]) }
            if index % 6 == 2 { appoint(person, on: .jira, ["jira-administrators"]) }
            if person.department == "Security" {
                if index % 2 == 0 { appoint(person, on: .github, ["owner"]) }
                if index % 2 == 1 { appoint(person, on: .aws, ["AdministratorAccess"]) }
                appoint(person, on: .crowdStrike, ["falcon_administrator"])
            }
        }
    }

    func appoint(_ person: Person, on platform: Platform, _ roles: [String]) {
        guard let account = person.account(on: platform) else { return }
        account.isAdmin = true
        account.adminRoles = roles
    }

    private func platformLogin(of person: Person) -> Timestamp? {
        person.isActive ? max(officeHours(daysAgo: number(1..<13)), person.hiredAt + .hours(1)) : person.lastLogin
    }

    private func username(of person: Person, on platform: Platform) -> String {
        switch platform {
        case .github: Names.local(person.name).replacing(".", with: "-") + (person.kind == .service ? "" : "-fw")
        case .aws, .slack: Names.local(person.name)
        default: person.email
        }
    }

    /// Returns a random identifier in the platform's own form.
    private func externalID(on platform: Platform) -> String {
        switch platform {
        case .okta: "00u" + code(17)
        case .googleWorkspace: "1" + code(20, of: "0123456789")
        case .github: code(9, of: "123456789")
        case .aws: "AIDA" + code(17)
        case .slack: "U0" + code(9)
        case .jira: "712020:" + newID().description
        case .bambooHR: code(10, of: "123456789")
        case .crowdStrike, .zoom, .jamfPro: newID().description
        }
    }
}
