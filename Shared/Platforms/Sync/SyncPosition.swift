import Base
import Connectors

/// The progress of a sync: the data that another process needs to continue it.
struct SyncPosition: Equatable {
    /// The time from which the sync asks for events of lists that are not in `olderEvents`; the same for all pages.
    let eventsSince: Timestamp
    /// Earlier times from which the sync asks for events, for lists that could not be read before.
    let olderEvents: [String: Timestamp]
    /// The name of the collection that is being read; nil on the first page of the first one, and after the last one.
    var collection: String?
    /// The cursor of that collection's next page; nil is the first page.
    var cursor: JSON?
    /// The guard against a list without an end.
    var pages = PageGuard()
    /// True if all lists are finished, and only applying is left.
    var isPulled = false
    /// The state of the lists.
    var lists = ReadLists()
    /// The records and bytes that the sync has brought so far, which count against the quota.
    var usage = SyncQuota.Usage()

    init(eventsSince: Timestamp, olderEvents: [String: Timestamp] = [:]) {
        self.eventsSince = eventsSince
        self.olderEvents = olderEvents
    }

    /// Moves to the first page of the list that is being read.
    mutating func beginListAgain() {
        cursor = nil
        pages = PageGuard()
        lists.beginAgain()
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
