import Base
import TestSupport

/// A person of the company, with the properties that platforms show.
struct CompanyPerson: Sendable {
    /// An office of the company.
    enum Site: Sendable {
        case amsterdam, sanFrancisco, sydney

        /// The country, as its code and as Okta writes it.
        var country: (code: String, name: String) {
            switch self {
            case .amsterdam: ("NL", "Netherlands")
            case .sanFrancisco: ("US", "United States")
            case .sydney: ("AU", "Australia")
            }
        }

        /// The office's address, which many people share.
        var address: String {
            switch self {
            case .amsterdam: "192.0.2.10"
            case .sanFrancisco: "192.0.2.20"
            case .sydney: "192.0.2.30"
            }
        }

        /// The hour, in UTC, at which people there begin to work.
        var morning: Int {
            switch self {
            case .amsterdam: 7
            case .sanFrancisco: 16
            case .sydney: 23
            }
        }
    }

    let number: Int
    let name: String
    let title: String
    let department: String
    let site: Site
    var traits: Set<CompanyTrait> = []
    /// The time at which the person's accounts were created.
    var created: Timestamp
    /// The time at which the person's accounts at identity providers were disabled or suspended.
    var ended: Timestamp?

    var id: String { "p\(number)" }
    var email: String { name.lowercased().split(separator: " ").joined(separator: ".") + "@company.example" }
    /// The address of the person's home, which no other person has.
    var home: String { "81.\(number / 250).\(number % 250).7" }

    func has(_ trait: CompanyTrait) -> Bool { traits.contains(trait) }

    /// Returns true if the person's accounts are disabled at a time.
    func isEnded(at moment: Timestamp) -> Bool { ended.map { $0 <= moment } ?? false }

    private static let firstNames = """
        Aiko Amara Anders Anna Arjun Bea Carlos Chloe Dara Diego Elif Emma Farah Femke Finn Grace Hana Hugo Ines Ivan Jan \
        Jonas Kai Kofi Lars Leila Lena Liam Lucia Maja Marco Mei Mila Nadia Noah Nora Omar Oscar Paula Priya Rafael Rosa \
        Sara Sofia Tara Tom Vera Wei Yara Zoe
        """.split(separator: " ")
    private static let lastNames: [String] = {
        let beginnings = "Al Ber Cal Dan Er Fal Gar Hol Ing Jan".split(separator: " ")
        let ends = "berg dorf field gren holm land man sen ton wood".split(separator: " ")
        return beginnings.flatMap { beginning in ends.map { String(beginning + $0) } }
    }()

    /// Returns a name that no other number below 5,000 has.
    static func name(_ number: Int) -> String {
        let first = firstNames[number % 50]
        return "\(first) \(lastNames[(number / 50 + number * 7) % 100])"
    }
}
