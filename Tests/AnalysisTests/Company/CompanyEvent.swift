import Base

/// An entry of the identity provider's log.
struct CompanyEvent: Sendable {
    enum Kind: Sendable {
        case signIn, wrongPassword, blockedByPolicy, factorRemoved, factorAdded
    }

    let number: Int
    let kind: Kind
    let person: Int
    let at: Timestamp
    let address: String
    let country: (code: String, name: String)

    /// The exit of the company's VPN, which is in Ireland.
    private static let exit = "192.0.2.200"

    /// Returns sixty days of ordinary events, in the order of their times.
    static func all(of people: [CompanyPerson], _ stack: Company.Stack) -> [CompanyEvent] {
        var events: [CompanyEvent] = []
        func add(
            _ kind: Kind, _ person: CompanyPerson, _ moment: Timestamp, from address: String,
            in country: (code: String, name: String)? = nil
        ) {
            guard moment >= person.created, moment <= Company.now, !person.isEnded(at: moment) else { return }
            events.append(
                CompanyEvent(
                    number: events.count, kind: kind, person: person.number, at: moment, address: address,
                    country: country ?? person.site.country))
        }
        let midnight = Timestamp(seconds: Company.now.seconds / 86_400 * 86_400)
        // In a large company, each person signs in about once a week.
        let stride = people.count > 100 ? 5 : 1
        for person in people {
            for day in 0...60 {
                let date = midnight - .days(day)
                // The first of January 1970 was a Thursday.
                let weekday = (date.seconds / 86_400 + 3) % 7
                guard weekday < 5, (day + person.number) % stride == 0 || person.number < 30 && day < 30 else {
                    continue
                }
                if person.has(.starterBeforeDayOne) { continue }
                // A holiday of two weeks, which ended a week ago.
                if person.has(.otherTimeZone), (8...24).contains(day) { continue }
                let morning = date + person.site.morning * 3_600 + (person.number * 37 + day * 11) % 2_400
                let isAtHome = weekday == 0 || weekday == 4
                add(.signIn, person, morning, from: isAtHome ? person.home : person.site.address)
                // Sessions end after seven hours, so that people in San Francisco sign in again in their afternoon.
                if person.site == .sanFrancisco, person.number < 30 {
                    add(.signIn, person, morning + 7 * 3_600, from: person.site.address)
                }
                if person.has(.vpnExit), weekday == 1 {
                    add(.signIn, person, morning + 2_400, from: exit, in: ("IE", "Ireland"))
                }
                if person.has(.oldPasswordOnPhone), day > 4 {
                    add(.signIn, person, morning + 9_000, from: "198.51.100.20")
                }
            }
            // The phone keeps the old password after a change, on a network whose addresses change.
            if person.has(.oldPasswordOnPhone) || person.has(.blockedByPolicy) && stack == .entra {
                let kind: Kind = person.has(.blockedByPolicy) ? .blockedByPolicy : .wrongPassword
                let start = midnight - .days(2) + 8 * 3_600
                let addresses = [person.home, person.site.address, "198.51.100.20", "198.51.100.21", "198.51.100.22"]
                for attempt in 0..<14 {
                    add(kind, person, start + attempt * 300, from: addresses[attempt % addresses.count])
                }
                add(.signIn, person, start + 5_400, from: "198.51.100.22")
            }
            if person.has(.newPhone) {
                let start = midnight - .days(6) + 9 * 3_600
                add(.factorRemoved, person, start, from: person.site.address)
                add(.factorAdded, person, start + 600, from: person.site.address)
            }
        }
        return events.sorted { ($0.at, $0.number) < ($1.at, $1.number) }
    }
}
