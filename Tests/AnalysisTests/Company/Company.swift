import Base
import TestSupport
import Testing

/// A company without problems beyond those that Company.md declares: ordinary people on ordinary platforms, with the
/// properties of `CompanyTrait`.
///
/// `CompanyTenants` shows it as the platforms' APIs would, at a time that moves, and the connectors read it from there.
/// All of it follows from the company's size, so that every run gives the same findings.
struct Company: Sendable, CustomTestStringConvertible {
    /// The platforms that a company uses.
    enum Stack: String, Sendable {
        /// Google Workspace, GitHub and Slack.
        case google
        /// Okta, with Google Workspace behind it, and Slack, GitHub, AWS, Jamf Pro, CrowdStrike, Zoom and BambooHR.
        case okta
        /// Entra, with Intune, CrowdStrike, Slack, AWS and BambooHR.
        case entra

        var platforms: [String] {
            switch self {
            case .google: ["google_workspace", "github", "slack"]
            case .okta:
                ["okta", "google_workspace", "slack", "github", "aws", "jamf_pro", "crowdstrike", "zoom", "bamboohr"]
            case .entra: ["microsoft_entra", "microsoft_intune", "crowdstrike", "slack", "aws", "bamboohr"]
            }
        }
    }

    /// The time of the last analysis, a Wednesday at noon.
    static let now = TestStore.now

    let stack: Stack
    /// The situation that the company is in; nil for a company with the properties of `CompanyTrait`.
    let situation: Situation?
    let people: [CompanyPerson]
    let events: [CompanyEvent]

    /// The name by which Company.md calls the company.
    var name: String { "\(stack.rawValue) \(people.count)" }
    var testDescription: String { name }

    static let three = Company(.google, size: 3)
    static let forty = Company(.okta, size: 40)
    static let fortyAtEntra = Company(.entra, size: 40)
    static let fiveThousand = Company(.entra, size: 5_000)

    init(_ stack: Stack, size: Int, in situation: Situation? = nil) {
        self.stack = stack
        self.situation = situation
        people = (0..<size).map { number in
            if situation != nil { return Self.employee(number, number == 1 || number == 2 ? .superAdmin : nil) }
            return stack == .google && number < 3 ? Self.founder(number) : Self.employee(number, Self.cast[number])
        }
        events = CompanyEvent.all(of: people, stack)
    }

    /// The traits of the people with these numbers. All others have none.
    private static let cast: [Int: CompanyTrait] = [
        1: .superAdmin, 2: .superAdmin, 3: .readOnlyAdmin, 4: .helpDesk, 5: .helpDesk, 6: .starterBeforeDayOne,
        7: .starterOnDayOne, 8: .onLeave, 9: .leaverDisabled, 10: .leaverWithAccess, 11: .oldPasswordOnPhone,
        12: .newPhone, 13: .vpnExit, 14: .otherTimeZone, 15: .otherTimeZone, 16: .chromebook, 17: .chromebook,
        18: .deviceInDrawer, 20: .blockedByPolicy, 21: .vpnExit, 22: .vpnExit, 23: .vpnExit, 24: .vpnExit,
        25: .vpnExit, 26: .vpnExit, 27: .vpnExit, 28: .otherWorkAddress, 29: .preferredName, 30: .hiredAgain,
        32: .preferredName, 34: .hiredAgain, 35: .leavesSoon,
    ]

    private static func employee(_ number: Int, _ trait: CompanyTrait?) -> CompanyPerson {
        let titles = ["Engineer", "Account Manager", "Designer", "Analyst", "Support Specialist"]
        let departments = ["Engineering", "Sales", "Design", "Finance", "Support"]
        let sites: [CompanyPerson.Site] = [.amsterdam, .amsterdam, .sanFrancisco, .amsterdam, .sydney]
        // The two people who come back from a holiday work far from Greenwich, and all who switch networks in Amsterdam.
        let site =
            number == 14 ? .sanFrancisco : number == 15 ? .sydney : trait == .vpnExit ? .amsterdam : sites[number % 5]
        var person = CompanyPerson(
            number: number, name: CompanyPerson.name(number),
            title: number == 0 ? "Chief Executive Officer" : titles[number % 5],
            department: number == 0 ? "Board" : departments[number % 5], site: site,
            created: now - .days(700 - number % 400))
        if let trait { person.traits.insert(trait) }
        switch trait {
        case .starterBeforeDayOne: person.created = now - .days(4)
        case .starterOnDayOne: person.created = now - .hours(3)
        case .onLeave: person.ended = now - .days(5)
        case .leaverDisabled, .leaverWithAccess: person.ended = now - .days(30)
        default: break
        }
        return person
    }

    /// Returns one of the people of a company of three. The third one began two days ago.
    private static func founder(_ number: Int) -> CompanyPerson {
        var person = CompanyPerson(
            number: number, name: CompanyPerson.name(number),
            title: ["Chief Executive Officer", "Chief Technology Officer", "Engineer"][number],
            department: "Everything", site: .amsterdam,
            created: now - (number < 2 ? .days(500) : .days(2)))
        person.traits = number < 2 ? [.superAdmin] : [.starterOnDayOne, .chromebook]
        return person
    }
}
