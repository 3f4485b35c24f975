public import Base

/// The lists in which a finding names the entities that it affects (`affected_entities`): a JSON object with a list of each
/// kind that there is.
public enum AffectedEntities: String, CaseIterable, Sendable {
    case accounts, applications, devices, identities, integrations

    /// The largest number of entities of one kind that a finding lists. If it affects more, the others are left out.
    public static let most = 100

    /// The entities of this kind that a finding lists: objects with an `id`, a `name`, or both.
    public func list(in affectedEntities: JSON) -> [JSON] { affectedEntities[rawValue]?.array ?? [] }

    /// The lists in the form in which findings keep them.
    public static func json(_ lists: [AffectedEntities: [JSON]]) -> JSON {
        .object(Dictionary(lists.map { ($0.rawValue, .array($1)) }) { first, _ in first })
    }
}
