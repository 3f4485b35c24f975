import Base
import Connectors

// Problem. A sync removes rows that the provider no longer shows. If a list broke off, if an optional list was refused
// or if a provider's fault emptied it, rows would be removed that still exist, and people would seem to have left.
//
// Approach. The absence of a record proves something only if all lists that may contain it were read to their end.
// RecordCollection, PageEntries and ListEnd in Connectors say which lists ended and what unreadable entries protect.
// ReadLists collects this over all pages of a sync, and is saved with its position. Only ReadLists creates an
// Enumeration of a kind. Without it, InventoryTable selects no rows of the kind as gone, except those whose account or
// application is gone. ListHistory at first holds back the deletions of a list that came back with less than half of
// its entries.
//
// Why it is safe. Without a value of type Enumeration there is no statement that removes rows because they did not
// come. Anything unclear leaves a kind without an Enumeration.
//
// Cost. Rows that are really gone may stay for one or more syncs.

/// Proof that a sync has read the lists with records of a kind to their end, and that no deletions of the kind are held
/// back. A list that could not be read may be missing if its id prefix protects its records. `InventoryTable.unseen`
/// needs the proof to select the rows that the provider no longer shows. Only this file creates it, from the data that
/// `Pull` has noted in the position.
struct Enumeration {
    /// The kind of record.
    let kind: SyncRecord.Kind

    fileprivate init(_ kind: SyncRecord.Kind) { self.kind = kind }
}

/// The lists of a sync, with their state.
struct ReadLists: Equatable {
    /// The number of entries of each list that was read to its end.
    private(set) var ended: [String: Int] = [:]
    /// The number of entries so far of the list that is being read.
    private var entries = 0
    /// The reasons why lists or parts of lists could not be read, by name.
    private(set) var leftOut: [String: String] = [:]
    /// The names of the lists that were left out and have an id prefix, so that only records with the prefix stay
    /// unchanged.
    private var protected: Set<String> = []
    /// The reasons why deletions are held back, by the name of the list.
    private(set) var heldBack: [String: String] = [:]
    /// The kinds of records that must not be considered gone, even if they did not come.
    private var kept: Set<String> = []
    /// The kinds of which records that did not come and are not protected are gone; nil until all lists are finished.
    private var enumerated: Set<String>?

    /// Creates the state in which no list has been read.
    init() {}

    /// If `leftOut` has this number of names, pages add no more to it.
    private static let mostNames = 100

    /// Notes a page of the list that is being read.
    mutating func add(_ page: RecordPage) {
        entries = page.beginsAgain ? 0 : entries + page.entries.count
        for leftOut in page.entries.leftOut where self.leftOut.count < Self.mostNames {
            self.leftOut[leftOut.name] = self.leftOut[leftOut.name] ?? leftOut.reason
        }
        keep(page.entries.kept)
        if let end = page.end {
            ended[end.name] = entries
            entries = 0
        }
    }

    /// Notes that the list that is being read begins again.
    mutating func beginAgain() { entries = 0 }

    /// Leaves out the list that is being read. The protections in `list.kept` must be staged as well.
    mutating func leaveOut(_ list: RecordCollection, _ error: ConnectorError) {
        leftOut[list.name] = error.sentence
        if list.idPrefix != nil { protected.insert(list.name) }
        keep(list.kept)
        entries = 0
    }

    private mutating func keep(_ kept: Set<Kept>) {
        for case .all(let kind) in kept { self.kept.insert(kind.rawValue) }
    }

    /// Notes that all lists are finished.
    ///
    /// - Parameter heldBack: The reasons why deletions are held back, by the name of the list.
    mutating func close(_ lists: [RecordCollection], heldBack: [String: String]) {
        self.heldBack = heldBack
        let kinds = lists.reduce(into: Set<SyncRecord.Kind>()) { $0.formUnion($1.kinds) }
        let open = lists.filter { list in
            heldBack[list.name] != nil || ended[list.name] == nil && !protected.contains(list.name)
        }.reduce(into: Set<SyncRecord.Kind>()) { $0.formUnion($1.kinds) }
        enumerated = Set(kinds.subtracting(open).map(\.rawValue)).subtracting(kept)
    }

    /// Returns the proof that records of a kind that did not come are gone; nil if there is none.
    func enumeration(of kind: SyncRecord.Kind) -> Enumeration? {
        enumerated?.contains(kind.rawValue) == true ? Enumeration(kind) : nil
    }
}

extension ReadLists {
    init(_ json: JSON?) {
        let json = json ?? [:]
        ended = json["ended"]?.object?.compactMapValues { $0.integer.map(Self.bounded) } ?? [:]
        entries = Self.bounded(json["entries"]?.integer ?? 0)
        leftOut = json["left_out"]?.object?.compactMapValues(\.string) ?? [:]
        protected = Set(json["protected"]?.array?.compactMap(\.string) ?? [])
        heldBack = json["held_back"]?.object?.compactMapValues(\.string) ?? [:]
        kept = Set(json["kept"]?.array?.compactMap(\.string) ?? [])
        enumerated = json["enumerated"]?.array.map { Set($0.compactMap(\.string)) }
    }

    /// Limits a count, so that arithmetic on it can't overflow.
    private static func bounded(_ count: Int) -> Int { max(0, min(count, 1 << 48)) }

    var json: JSON {
        func list(_ names: Set<String>) -> JSON { .array(names.sorted().map(JSON.string)) }
        return [
            "ended": .object(ended.mapValues(JSON.integer)), "entries": .integer(entries),
            "left_out": .object(leftOut.mapValues(JSON.string)), "protected": list(protected),
            "held_back": .object(heldBack.mapValues(JSON.string)),
            "kept": list(kept), "enumerated": enumerated.map(list) ?? .null,
        ]
    }
}
