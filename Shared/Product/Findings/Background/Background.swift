public import Base

/// The reasons for a rule, for the readers of its findings.
///
/// Backgrounds are apart from the rules, so that the functions that show findings need not link the rules' queries, and
/// they are made on demand: a `switch` by name costs nothing at start.
public struct Background: Sendable {
    /// The reason why the problem matters, in a sentence or two.
    public let rationale: String
    /// The situations in which a finding is no problem.
    public let falsePositives: String
    /// Documents about the problem.
    public let references: [Reference]
    /// The ids of the techniques of MITRE ATT&CK (attack.mitre.org) that the problem helps or shows, such as `T1078.004`.
    public let techniques: [String]

    init(_ rationale: String, falsePositives: String, references: [Reference], techniques: [String] = []) {
        self.rationale = rationale
        self.falsePositives = falsePositives
        self.references = references
        self.techniques = techniques
    }

    /// Returns the background of a rule with an id, `category::name`; nil if there is none.
    public static func ofRule(_ id: String) -> Background? {
        let parts = id.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let category = Category(rawValue: String(parts[0])), parts[1].hasPrefix(":") else {
            return nil
        }
        let name = parts[1].dropFirst()
        return switch category {
        case .identitySecurity: identitySecurity(name)
        case .accessHygiene: accessHygiene(name)
        case .shadowIT: shadowIT(name)
        case .devicePosture: devicePosture(name)
        case .licenseWaste: licenseWaste(name)
        case .compoundRisk: compoundRisk(name)
        case .driftSignal: driftSignal(name)
        case .behavioralAnomaly: behavioralAnomaly(name)
        case .accessRisk: accessRisk(name)
        case .findingCorrelation: findingCorrelation(name)
        }
    }

    /// The members of a rule's background in the answers of operations.
    public static var members: [JSONSchema.Member] {
        [
            .field("rationale", .string, "The reason why the problem matters."),
            .field("false_positives", .string, "Situations in which a finding is no problem."),
            .field("references", .array(of: .string), "Addresses of documents about the problem."),
            .field(
                "techniques", .array(of: .string),
                "The ids of the MITRE ATT&CK techniques that the problem helps or shows."),
        ]
    }

    /// Writes the members into an object.
    public func writeMembers(to json: inout JSONWriter) {
        json.field("rationale", rationale)
        json.field("false_positives", falsePositives)
        json.field("references", references.map(\.url))
        json.field("techniques", techniques)
    }
}
