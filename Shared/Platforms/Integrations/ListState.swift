public import Base

/// The state of a platform's list, or of a part of one, after the last applied sync: an entry of `integrations.lists`.
public struct ListState: Equatable, Sendable {
    /// The number of entries when the list was last read to its end. While deletions of a list that has shrunk are held
    /// back, it is the number before.
    public var entries: Int?
    /// The time at which the list first came back with far fewer entries. Nil unless its deletions are held back.
    public var shrunkAt: Timestamp?
    /// The reason why the list could not be read, or why its deletions are held back. Nil if there is neither.
    public var reason: String?
    /// The time since which there has been a `reason`.
    public var leftOutAt: Timestamp?
    /// The time since which the events in the list have not been read.
    public var eventsSince: Timestamp?

    /// Creates the state of a list. `entries` is nil if the list was never read to its end.
    public init(entries: Int? = nil, shrunkAt: Timestamp? = nil) {
        self.entries = entries
        self.shrunkAt = shrunkAt
    }

    private init(_ json: JSON) {
        func moment(_ name: String) -> Timestamp? { json[name]?.string.flatMap { Timestamp($0) } }
        // The limit prevents arithmetic on the number from overflowing.
        entries = json["entries"]?.integer.map { max(0, min($0, 1 << 48)) }
        shrunkAt = moment("shrunk_at")
        reason = json["reason"]?.string
        leftOutAt = moment("left_out_at")
        eventsSince = moment("events_since")
    }

    private var json: JSON {
        var members: [String: JSON] = [:]
        members["entries"] = entries.map(JSON.integer)
        members["reason"] = reason.map(JSON.string)
        for (name, moment) in [("shrunk_at", shrunkAt), ("left_out_at", leftOutAt), ("events_since", eventsSince)] {
            members[name] = moment.map { .string($0.description) }
        }
        return .object(members)
    }

    /// Reads the column's value: the lists by name.
    static func all(in json: JSON?) -> [String: ListState] { (json?.object ?? [:]).mapValues { ListState($0) } }

    /// Returns the column's value for lists by name.
    static func json(_ lists: [String: ListState]) -> JSON { .object(lists.mapValues(\.json)) }
}
