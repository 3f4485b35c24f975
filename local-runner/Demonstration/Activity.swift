import Base

/// Records thirty days of ordinary work in the platforms' logs.
extension Company {
    func record(
        _ type: String, of person: Person, on platform: Platform = .okta, target: String? = nil,
        from address: String? = nil, at time: Timestamp, failed: Bool = false, _ details: [String: JSON] = [:]
    ) {
        var details = details
        if details["country"] == nil { details["country"] = .string(person.country) }
        events.append(
            Event(
                id: newID(), platform: platform, person: person, type: type, succeeded: !failed, actor: person.email,
                target: target, address: address ?? home(of: person), details: details, time: time))
    }

    /// Returns the IP address of a person's events for which no other is given (in the prefix that RFC 3849 reserves).
    private func home(of person: Person) -> String {
        "2001:db8:" + person.id.description.prefix(4) + ":" + person.id.description.dropFirst(4).prefix(4) + "::1"
    }

    func recordActivity() {
        for person in people where person.isActive && person.account(on: .okta) != nil {
            guard let last = person.lastLogin, days(since: last) < 30 else { continue }
            recordSignIns(of: person, until: last)
            if person.kind == .employee, chance(35) {
                for _ in 0..<number(1..<5) {
                    record(
                        "download", of: person, on: .googleWorkspace, target: "document-" + code(6),
                        at: workingHours(of: person))
                }
            }
            if person.account(on: .slack) != nil, person.kind == .employee, chance(40) {
                record("user.login", of: person, on: .slack, at: workingHours(of: person), ["method": "saml"])
            }
            if person.account(on: .github) != nil, chance(60) {
                record(
                    "git.push", of: person, on: .github,
                    target: pick(["firmware", "cloud-api", "calibration", "website"]),
                    at: workingHours(of: person))
            }
            if let account = person.account(on: .aws), let moment = account.lastLogin, days(since: moment) < 30 {
                record(
                    "ConsoleLogin", of: person, on: .aws, at: moment, ["mfa_used": account.mfa == true ? "Yes" : "No"])
            }
        }
    }

    /// Records a sign-in on most of the working days of the last month before `last`, sometimes after a mistyped
    /// password, and one at `last`.
    private func recordSignIns(of person: Person, until last: Timestamp) {
        let lastDay = now.daysSinceEpoch - last.daysSinceEpoch
        for day in (lastDay + 1)..<max(lastDay + 2, 30) where isWorkday(daysAgo: day) && chance(60) {
            let moment = officeHours(daysAgo: day)
            guard moment > person.hiredAt else { continue }
            if chance(2) {
                record(
                    "user.session.start", of: person, at: moment - 40, failed: true, ["reason": "INVALID_CREDENTIALS"])
            }
            record("user.session.start", of: person, at: moment)
        }
        record("user.session.start", of: person, at: last)
    }

    private func workingHours(of person: Person) -> Timestamp {
        let day = number(1..<29)
        let moment = officeHours(
            daysAgo: isWorkday(daysAgo: day) ? day : isWorkday(daysAgo: day + 1) ? day + 1 : day + 2)
        return max(moment, person.hiredAt + .hours(2))
    }
}
