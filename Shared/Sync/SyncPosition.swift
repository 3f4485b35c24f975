import Base
import Connectors
import Store

/// How far a sync has come: what another process needs to go on with it.
struct SyncPosition: Equatable {
    /// From when on it asks for events; the same on every page.
    let eventsSince: Timestamp
    /// From when on it asks for the events of lists that could not be read before, where that is longer ago.
    let olderEvents: [String: Timestamp]
    /// The collection that it is in; nil at the beginning, and after the last one.
    var collection: String?
    /// The next page of that; nil is the first.
    var cursor: JSON?
    /// The guard against a list without an end.
    var pages = PageGuard()
    /// Whether all has been pulled, and only applying it is left.
    var isPulled = false
    /// How far the lists have been read.
    var lists = ReadLists()
    /// The records and bytes that it has brought so far, which count against the quota.
    var usage = SyncQuota.Usage()

    init(eventsSince: Timestamp, olderEvents: [String: Timestamp] = [:]) {
        self.eventsSince = eventsSince
        self.olderEvents = olderEvents
    }

    init?(_ json: JSON) {
        guard let since = json["events_since"]?.string.flatMap({ Timestamp($0) }) else { return nil }
        eventsSince = since
        olderEvents = json["older_events"]?.object?.compactMapValues { $0.string.flatMap { Timestamp($0) } } ?? [:]
        collection = json["collection"]?.string
        cursor = json["cursor"].flatMap { $0 == .null ? nil : $0 }
        isPulled = json["is_pulled"]?.bool ?? false
        lists = ReadLists(json["lists"])
        pages = PageGuard(json["pages"])
        usage.rows = max(0, json["rows"]?.integer ?? 0)
        usage.bytes = max(0, json["bytes"]?.integer ?? 0)
    }

    var json: JSON {
        [
            "events_since": .string(eventsSince.description),
            "older_events": .object(olderEvents.mapValues { .string($0.description) }),
            "collection": collection.map(JSON.string) ?? .null,
            "cursor": cursor ?? .null, "is_pulled": .bool(isPulled),
            "lists": lists.json, "pages": pages.json, "rows": .integer(usage.rows), "bytes": .integer(usage.bytes),
        ]
    }
}
