import Base
import Connectors
import Integrations

/// The history of an integration's lists in the syncs that were applied (`integrations.lists`): for each list the
/// number of entries, and the times since which it could not be read or has come back much shorter.
struct ListHistory {
    /// The lists, by name.
    private(set) var lists: [String: ListState]

    /// Creates the history that is stored with an integration.
    init(_ lists: [String: ListState] = [:]) { self.lists = lists }

    /// The number of entries up to which a list counts as small. A small list is never considered to have shrunk.
    static let smallList = 20
    /// The time, in seconds, for which the deletions of a list are held back while it comes back much shorter. The
    /// first sync after this time carries them out.
    static let holdingTime = 1_800

    /// Returns the lists whose deletions are held back, with a sentence that gives the reason.
    ///
    /// A list that comes back with less than half of its entries may have been cut short by a fault or a filter at the
    /// provider. The shorter list is accepted if it still has less than half in a sync at least half an hour later.
    /// Lists of events and lists of at most `smallList` entries are never held back.
    func heldBack(_ lists: [RecordCollection], ended: [String: Int], now: Timestamp) -> [String: String] {
        var held: [String: String] = [:]
        for list in lists where list.kinds != [.auditEvent] {
            guard let entries = ended[list.name], let before = self.lists[list.name]?.entries,
                Self.hasShrunk(entries, before)
            else { continue }
            if let since = self.lists[list.name]?.shrunkAt, since + Self.holdingTime <= now { continue }
            held[list.name] =
                "The list of \(list.name) came back with \(entries) of \(before) entries. "
                + "Missing entries are kept until a later sync confirms that they are gone."
        }
        return held
    }

    private static func hasShrunk(_ entries: Int, _ before: Int) -> Bool {
        before > smallList && entries * 2 < before
    }

    /// The times from which events are wanted, by list, for lists that could not be read before.
    var olderEvents: [String: Timestamp] { lists.compactMapValues(\.eventsSince) }

    /// Notes the state of the lists in a sync that was applied.
    mutating func add(_ read: ReadLists, eventsSince: Timestamp, now: Timestamp) {
        let old = lists
        for (name, state) in old where read.ended[name] == nil {
            // If a list was not read to its end, only its number of entries is kept. A part of a list has none, and is
            // dropped.
            lists[name] = state.entries.map { ListState(entries: $0) }
        }
        for (name, entries) in read.ended {
            if let before = old[name]?.entries, read.heldBack[name] != nil {
                lists[name] = ListState(entries: before, shrunkAt: old[name]?.shrunkAt ?? now)
            } else {
                lists[name] = ListState(entries: entries)
            }
        }
        for (name, reason) in read.leftOut.merging(read.heldBack, uniquingKeysWith: { $1 }) {
            var state = lists[name] ?? ListState()
            state.reason = reason
            state.leftOutAt = old[name]?.leftOutAt ?? now
            if read.ended[name] == nil { state.eventsSince = old[name]?.eventsSince ?? eventsSince }
            lists[name] = state
        }
    }
}
