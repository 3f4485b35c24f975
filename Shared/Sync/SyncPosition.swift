import Base
import Store

/// How far a sync has come: what another process needs to go on with it.
struct SyncPosition: Equatable {
    /// From when on it asks for events; the same on every page.
    let eventsSince: Timestamp
    /// The collection that it is in; nil at the beginning, and after the last one.
    var collection: String?
    /// The next page of that; nil is the first.
    var cursor: JSON?
    /// Whether all has been pulled, and only applying it is left.
    var isPulled = false
    /// What the provider does not let us have, as pages name it.
    var leftOut: [String] = []
    /// The kinds of records that have not come for that, and are not gone.
    var kept: Set<String> = []

    init(eventsSince: Timestamp) { self.eventsSince = eventsSince }

    init?(_ json: JSON) {
        guard let since = json["events_since"]?.string.flatMap({ Timestamp($0) }) else { return nil }
        eventsSince = since
        collection = json["collection"]?.string
        cursor = json["cursor"].flatMap { $0 == .null ? nil : $0 }
        isPulled = json["is_pulled"]?.bool ?? false
        leftOut = json["left_out"]?.array?.compactMap(\.string) ?? []
        kept = Set(json["kept"]?.array?.compactMap(\.string) ?? [])
    }

    var json: JSON {
        [
            "events_since": .string(eventsSince.description), "collection": collection.map(JSON.string) ?? .null,
            "cursor": cursor ?? .null, "is_pulled": .bool(isPulled),
            "left_out": .array(leftOut.map(JSON.string)), "kept": .array(kept.sorted().map(JSON.string)),
        ]
    }
}
