import Base

/// The reason why the company could not be created.
enum DemonstrationError: Error {
    /// No person or record is left that fits a part in the story.
    case nothingLeft(String)
    /// A finding names a rule that is not in the catalogue.
    case unknownRule(String)
}

/// The fictional company: everything that its platforms would report, generated from one seed, and the problems planted
/// in it. Everything else is in order. Every time is relative to `now`, and the same `now` gives the same company.
final class Company {
    static let name = "Fernwood Instruments"
    static let domain = "fernwood.example"

    let now: Timestamp
    var random = SplitMix64(seed: 0x5EED_F00D)
    var people: [Person] = []
    /// Accounts without a person: shared mailboxes, AWS roles, the AWS root user, and AWS users without an owner.
    var loneAccounts: [Account] = []
    var applications: [Application] = []
    var devices: [Device] = []
    var keys: [AccessKey] = []
    var events: [Event] = []
    var planted: [Planted] = []
    var members: [Membership] = []
    /// Problems of the past that have been solved.
    var solved: [Planted] = []

    init(now: Timestamp) throws {
        self.now = now
        hire()
        openAccounts()
        addApplications()
        handOutDevices()
        giveAccess()
        try chooseMembers()
        try plantIdentityProblems()
        try plantAdminProblems()
        try plantLeavers()
        try plantStrangers()
        try plantKeyProblems()
        try plantShadowIT()
        try plantAITools()
        try plantDeviceProblems()
        try plantLicenseWaste()
        try plantAccessRisks()
        try plantAttacks()
        try plantAnomalies()
        topUp()
        recordActivity()
        try correlate()
        decide()
        try plantDrift()
    }

    // MARK: Identifiers and chance

    func newID() -> Identifier { .random(using: &random) }

    func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

    func chance(_ percent: Int) -> Bool { number(0..<100) < percent }

    func pick<Element>(_ choices: [Element]) -> Element { choices[number(0..<choices.count)] }

    /// Returns a random string of `length` characters, like the identifiers of platforms.
    func code(_ length: Int, of alphabet: String = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ") -> String {
        let bytes = Array(alphabet.utf8)
        return String(decoding: (0..<length).map { _ in pick(bytes) }, as: UTF8.self)
    }

    /// Takes a random person who matches `fits` and has no part in the story yet. The person is then no longer
    /// available for other parts. Throws `nothingLeft` if there is none.
    func take(_ part: String, where fits: (Person) -> Bool = { $0.isPlain }) throws -> Person {
        guard let person = people.filter({ !$0.isTaken && fits($0) }).randomElement(using: &random) else {
            throw DemonstrationError.nothingLeft(part)
        }
        person.isTaken = true
        return person
    }

    /// Takes `count` people who match `fits` and have no part in the story yet.
    func take(_ count: Int, _ part: String, where fits: (Person) -> Bool = { $0.isPlain }) throws -> [Person] {
        try (0..<count).map { _ in try take(part, where: fits) }
    }

    /// Returns the application with this name. Throws `nothingLeft` if there is none.
    func application(_ name: String) throws -> Application {
        guard let application = applications.first(where: { $0.name == name }) else {
            throw DemonstrationError.nothingLeft(name)
        }
        return application
    }

    // MARK: Time

    /// Returns the midnight (UTC) at which the day `days` days ago began.
    func midnight(daysAgo days: Int) -> Timestamp {
        Timestamp(seconds: (now.daysSinceEpoch - days) * .days(1))
    }

    /// Returns a random time between 08:00 and 18:00 UTC, `days` days ago, which must be at least one.
    func officeHours(daysAgo days: Int) -> Timestamp {
        midnight(daysAgo: days) + .hours(8) + number(0..<Int.hours(10))
    }

    /// Returns true if the day `days` days ago was a Monday to Friday.
    func isWorkday(daysAgo days: Int) -> Bool {
        // 1970-01-01 was a Thursday.
        (now.daysSinceEpoch - days + 3) % 7 < 5
    }

    /// Returns a random time in office hours on a working day of the last five days.
    func lately() -> Timestamp {
        officeHours(daysAgo: pick((1...5).filter { isWorkday(daysAgo: $0) }))
    }

    /// Returns a random time that is `days` days and one to eight hours ago.
    func ago(days: Int) -> Timestamp { now - .days(days) - number(Int.hours(1)..<Int.hours(8)) }

    /// Returns the number of whole days since a time.
    func days(since moment: Timestamp) -> Int { (now.seconds - moment.seconds) / .days(1) }
}
