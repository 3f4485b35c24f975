public import Base

/// The state of a list of a platform, or of a part of one, after the last sync: an entry of `integrations.lists`.
public struct ListState: Equatable, Sendable {
    /// The number of entries when it was last read to its end.
    public var entries: Int?
    /// The time at which it first came back with far fewer entries.
    public var shrunkAt: Timestamp?
    /// The reason why it can't be read.
    public var reason: String?
    /// The time at which it first could not be read.
    public var leftOutAt: Timestamp?
    /// The time since which its events have not been read.
    public var eventsSince: Timestamp?

    /// The state of a list that was read to its end, with the number of its entries; nil if it was not.
    public init(entries: Int? = nil, shrunkAt: Timestamp? = nil) {
        self.entries = entries
        self.shrunkAt = shrunkAt
    }

    private init(_ json: JSON) {
        func moment(_ name: String) -> Timestamp? { json[name]?.string.flatMap { Timestamp($0) } }
        // The limit keeps arithmetic on it from overflowing.
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

    /// The lists in the column's value, by name.
    static func all(in json: JSON?) -> [String: ListState] { (json?.object ?? [:]).mapValues { ListState($0) } }

    /// The column's value.
    static func json(_ lists: [String: ListState]) -> JSON { .object(lists.mapValues(\.json)) }
}
