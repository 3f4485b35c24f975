import Base
import TestSupport

/// Events that attackers and unusual users leave in a company's logs.
extension TestCompany {
    /// Adds failed sign-ins of a person, one per minute, the first at `moment`, alternately from this number of
    /// addresses: 203.0.113.1, 203.0.113.2 and so on.
    func failSignIns(of person: Person, _ count: Int, from addresses: Int, at moment: Timestamp? = nil) throws {
        let start = moment ?? ago(days: 2)
        for attempt in 0..<count {
            try event(
                "user.session.start", of: person, at: start + attempt * 60, failed: true,
                address: "203.0.113.\(attempt % addresses + 1)")
        }
    }

    /// Adds failures of a second factor, the last three days ago.
    func failMFA(of person: Person, _ count: Int, every seconds: Int) throws {
        for attempt in 0..<count {
            try event(
                "user.authentication.auth_via_mfa", of: person, at: ago(days: 3) - attempt * seconds, failed: true)
        }
    }

    /// Adds one failed sign-in for each of `count` people from 198.51.100.7, one per minute, the last at `last`.
    func spray(people count: Int, lastAt last: Timestamp = TestStore.now - .days(2)) throws {
        for number in 0..<count {
            try event(
                "user.session.start", of: person("Victim \(number)"), at: last - number * 60, failed: true,
                address: "198.51.100.7")
        }
    }

    /// Adds a sign-in at 01:30 UTC on each of the days.
    func signInAtNight(_ person: Person, daysAgo days: [Int]) throws {
        for day in days { try event("user.session.start", of: person, at: ago(days: day - 1, hours: 11)) }
    }

    /// Adds a sign-in in each of two countries, this number of hours and seconds apart.
    func travel(
        _ person: Person, from origin: String = "NL", to destination: String = "BR", hours: Int, seconds: Int = 0,
        arrival: Timestamp = TestStore.now - .days(7)
    ) throws {
        try event("user.session.start", of: person, at: arrival - .hours(hours) - seconds, ["country": .string(origin)])
        try event("user.session.start", of: person, at: arrival, ["country": .string(destination)])
    }

    /// Adds the same event of a person `count` times, a minute apart.
    func repeatEvent(_ type: String, of person: Person, _ count: Int, lastAt last: Timestamp) throws {
        for number in 0..<count { try event(type, of: person, at: last - number * 60) }
    }

    /// Adds events about `count` files, one every 40 seconds.
    func touchFiles(
        _ type: String, by person: Person, _ count: Int, lastAt last: Timestamp = TestStore.now - .days(3)
    ) throws {
        for number in 0..<count {
            try event(
                type, of: person, on: "google_workspace", at: last - number * 40, target: "file-\(number)")
        }
    }
}
