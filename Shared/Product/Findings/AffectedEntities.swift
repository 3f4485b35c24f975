public import Base

/// The kinds of entities that a finding lists in `affected_entities`: a JSON object with one list for each kind that
/// occurs.
public enum AffectedEntities: String, CaseIterable, Sendable {
    case accounts, applications, devices, identities, integrations

    /// The largest number of entities of one kind that a finding lists. If it affects more, the others are left out.
    public static let most = 100

    /// The schema of `affected_entities`.
    public static var schema: JSONSchema {
        let entity = JSONSchema.object(
            [
                .optional("id", .string, "The entity's id."),
                .optional("name", .string, "The entity's name."),
            ], isOpen: true)
        return .object(
            allCases.map { .optional($0.rawValue, .array(of: entity), "The affected \($0.rawValue), at most \(most).") }
        )
    }

    /// Returns the entities of this kind that a finding lists: objects with an `id`, a `name`, or both.
    public func list(in affectedEntities: JSON) -> [JSON] { affectedEntities[rawValue]?.array ?? [] }

    /// Returns the lists in the form in which findings store them.
    public static func json(_ lists: [AffectedEntities: [JSON]]) -> JSON {
        .object(Dictionary(lists.map { ($0.rawValue, .array($1)) }) { first, _ in first })
    }
}
