import Base
import TestSupport

/// Events that attackers and unusual users leave in a company's logs.
extension TestCompany {
    /// Adds `count` failed sign-ins of a person, one per minute, the first at `moment` or else two days ago, from the
    /// addresses 203.0.113.1, 203.0.113.2 and so on in turn; `addresses` is the number of addresses.
    func failSignIns(of person: Person, _ count: Int, from addresses: Int, at moment: Timestamp? = nil) throws {
        let start = moment ?? ago(days: 2)
        for attempt in 0..<count {
            try event(
                "user.session.start", of: person, at: start + attempt * 60, failed: true,
                address: "203.0.113.\(attempt % addresses + 1)")
        }
    }

    /// Adds `count` failures of a person's second factor, `seconds` apart, the latest three days ago.
    func failMFA(of person: Person, _ count: Int, every seconds: Int) throws {
        for attempt in 0..<count {
            try event(
                "user.authentication.auth_via_mfa", of: person, at: ago(days: 3) - attempt * seconds, failed: true)
        }
    }

    /// Adds `count` people, each with one failed sign-in from 198.51.100.7. The sign-ins are a minute apart, the latest
    /// at `last`.
    func spray(people count: Int, lastAt last: Timestamp = TestStore.now - .days(2)) throws {
        for number in 0..<count {
            try event(
                "user.session.start", of: person("Victim \(number)"), at: last - number * 60, failed: true,
                address: "198.51.100.7")
        }
    }

    /// Adds a sign-in at 01:30 UTC for each number in `days`: 1 means today, and 2 means yesterday.
    func signInAtNight(_ person: Person, daysAgo days: [Int]) throws {
        for day in days { try event("user.session.start", of: person, at: ago(days: day - 1, hours: 11)) }
    }

    /// Adds a sign-in in `destination` at `arrival`, and one in `origin`, earlier by `hours` and `seconds`.
    func travel(
        _ person: Person, from origin: String = "NL", to destination: String = "BR", hours: Int, seconds: Int = 0,
        arrival: Timestamp = TestStore.now - .days(7)
    ) throws {
        try event("user.session.start", of: person, at: arrival - .hours(hours) - seconds, ["country": .string(origin)])
        try event("user.session.start", of: person, at: arrival, ["country": .string(destination)])
    }

    /// Adds the same event of a person `count` times, a minute apart, the latest at `last`.
    func repeatEvent(_ type: String, of person: Person, _ count: Int, lastAt last: Timestamp) throws {
        for number in 0..<count { try event(type, of: person, at: last - number * 60) }
    }

    /// Adds one event in Google Workspace about each of `count` files, 40 seconds apart, the latest at `last`.
    func touchFiles(
        _ type: String, by person: Person, _ count: Int, lastAt last: Timestamp = TestStore.now - .days(3)
    ) throws {
        for number in 0..<count {
            try event(
                type, of: person, on: "google_workspace", at: last - number * 40, target: "file-\(number)")
        }
    }
}
