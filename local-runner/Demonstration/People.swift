import Base

/// Creates the people, from the chief executive down, then external people and the service accounts.
extension Company {
    func hire() {
        let chiefs = Department.chiefs.map { title in
            employ(title: title, department: "Executive", rank: .chief, manager: people.first)
        }
        let above = [1, 1, 1, 5, 4, 2, 2, 4, 3, 4, 0]
        for (department, chief) in zip(Department.all, above) {
            let head = employ(
                title: department.head, department: department.name, rank: .head, manager: chiefs[chief])
            let managers = (0..<department.size / 9).map { _ in
                employ(
                    title: "\(department.name) Manager", department: department.name, rank: .manager, manager: head)
            }
            for index in 0..<department.size - 1 - managers.count {
                _ = employ(
                    title: pick(department.titles), department: department.name, rank: .member,
                    manager: managers.isEmpty ? head : managers[index % managers.count])
            }
        }
        offboard(18)
        contract(30)
        addServiceAccounts()
        // Six people in Security and all but two in IT are admins of the identity provider.
        let admins = people.filter {
            $0.isActive && ($0.department == "IT" || $0.department == "Security") && $0.rank != .chief
        }
        for person in admins.filter({ $0.department == "IT" }).prefix(12) { person.isAdmin = true }
        for person in admins.filter({ $0.department == "Security" }).prefix(6) { person.isAdmin = true }
    }

    private func employ(title: String, department: String, rank: Person.Rank, manager: Person?) -> Person {
        let name = newName()
        let tenure = chance(3) ? number(8..<28) : number(70..<2600)
        let person = Person(
            id: newID(), kind: .employee, name: name, email: "\(Names.local(name))@\(Self.domain)",
            hiredAt: midnight(daysAgo: tenure) + .hours(8))
        person.rank = rank
        person.title = title
        person.department = department
        person.manager = manager
        person.mfa = true
        person.hrStatus = "active"
        person.lastLogin = lately()
        person.country = chance(75) ? "NL" : pick(["DE", "BE", "GB"])
        people.append(person)
        return person
    }

    /// Lets `count` people leave. The access of each ended on the day of leaving.
    private func offboard(_ count: Int) {
        let candidates = people.filter {
            $0.rank == .member && $0.department != "IT" && $0.department != "Security"
                && days(since: $0.hiredAt) > 400
        }.shuffled(using: &random)
        for (index, person) in candidates.prefix(count).enumerated() {
            // A third of them left within the last month.
            let left = index % 3 == 0 ? number(4..<28) : number(35..<300)
            let terminated = midnight(daysAgo: left) + .hours(15)
            person.status = .deprovisioned
            person.hrStatus = "terminated"
            person.terminatedAt = terminated
            person.deprovisionedAt = terminated + number(.hours(1)..<Int.hours(6))
            person.lastLogin = terminated - number(.hours(1)..<Int.hours(5))
        }
    }

    private func contract(_ count: Int) {
        let sponsors = people.filter { $0.rank == .manager }
        for _ in 0..<count {
            let name = newName()
            let person = Person(
                id: newID(), kind: .contractor, name: name, email: "\(Names.local(name)).ext@\(Self.domain)",
                hiredAt: midnight(daysAgo: number(40..<500)) + .hours(8))
            let sponsor = pick(sponsors)
            person.title = "Contractor"
            person.manager = sponsor
            person.department = sponsor.department
            person.mfa = true
            person.lastLogin = lately()
            people.append(person)
        }
    }

    private func addServiceAccounts() {
        let jobs = [
            "ci-build", "ci-deploy", "terraform", "backup-runner", "log-shipper", "metrics-exporter", "okta-sync",
            "hr-feed", "billing-export", "release-bot", "dependency-bot", "docs-publisher", "data-warehouse",
            "incident-bot", "status-page", "license-audit", "mail-relay", "printer-gateway",
        ]
        for job in jobs {
            let person = Person(
                id: newID(), kind: .service, name: job, email: "svc-\(job)@\(Self.domain)",
                hiredAt: midnight(daysAgo: number(200..<1500)))
            person.lastLogin = nil
            people.append(person)
        }
    }

    /// Returns a name that is not in use yet.
    func newName() -> String {
        while true {
            let name = pick(Names.first) + " " + pick(Names.last)
            if !people.contains(where: { $0.name == name }) { return name }
        }
    }

    /// Adds a person from outside who is in no identity provider, with one account.
    func addGuest(name: String, email: String, on platform: Platform) -> (person: Person, account: Account) {
        let person = Person(
            id: newID(), kind: .guest, name: name, email: email, hiredAt: midnight(daysAgo: number(60..<400)))
        person.lastLogin = lately()
        people.append(person)
        let account = open(person, on: platform, kind: .external)
        account.lastLogin = person.lastLogin
        return (person, account)
    }
}
