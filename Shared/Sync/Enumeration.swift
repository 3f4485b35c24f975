import Base
import Connectors

/// Proof that a sync has read every list that records of a kind come from to its end, and that nothing of the kind as a
/// whole is held back. `Workspace.compare` takes it to note rows that the provider no longer shows as gone; only this file
/// makes it, from what `Pull` has noted in the position.
struct Enumeration {
    /// The kind of record.
    let kind: SyncRecord.Kind

    fileprivate init(_ kind: SyncRecord.Kind) { self.kind = kind }
}

/// How far the lists of a sync have been read.
struct ReadLists: Equatable {
    /// The number of entries of each list that was read to its end.
    private(set) var ended: [String: Int] = [:]
    /// The number of entries so far of the list that is being read.
    private var entries = 0
    /// The lists, and parts of lists, that could not be read, with the reason.
    private(set) var leftOut: [String: String] = [:]
    /// The lists that were left out whose records, and no others of their kinds, stay as they were.
    private var protected: Set<String> = []
    /// The lists of which the deletions are held back, with the reason.
    private(set) var heldBack: [String: String] = [:]
    /// The kinds of records of which nothing is gone, whatever did not come.
    private var kept: Set<String> = []
    /// Marks of the protections of single records that were staged, see `StagedRecord.protections`.
    private(set) var protections: Set<String> = []
    /// The kinds of which every list was read to its end; nil until all lists are done with.
    private var enumerated: Set<String>?

    /// No list has been read.
    init() {}

    /// The most names of lists that are kept.
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

    /// Begins the list that is being read anew.
    mutating func beginAgain() { entries = 0 }

    /// Leaves out the list that is being read. What it keeps must be staged as well.
    mutating func leaveOut(_ list: RecordCollection, _ error: ConnectorError) {
        leftOut[list.name] = error.sentence
        if list.idPrefix != nil { protected.insert(list.name) }
        keep(list.kept)
        entries = 0
    }

    private mutating func keep(_ kept: Set<Kept>) {
        for case .all(let kind) in kept { self.kept.insert(kind.rawValue) }
        protections.formUnion(kept.compactMap(\.mark))
    }

    /// Notes that all lists are done with.
    ///
    /// - Parameter heldBack: The lists of which the deletions are held back, with the reason.
    mutating func close(_ lists: [RecordCollection], heldBack: [String: String]) {
        self.heldBack = heldBack
        let kinds = lists.reduce(into: Set<SyncRecord.Kind>()) { $0.formUnion($1.kinds) }
        let open = lists.filter { list in
            heldBack[list.name] != nil || ended[list.name] == nil && !protected.contains(list.name)
        }.reduce(into: Set<SyncRecord.Kind>()) { $0.formUnion($1.kinds) }
        enumerated = Set(kinds.subtracting(open).map(\.rawValue)).subtracting(kept)
    }

    /// Proof that records of a kind that did not come are gone; nil if there is none.
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
        protections = Set(json["protections"]?.array?.compactMap(\.string) ?? [])
        enumerated = json["enumerated"]?.array.map { Set($0.compactMap(\.string)) }
    }

    /// A count within bounds that keep arithmetic on it from overflowing.
    private static func bounded(_ count: Int) -> Int { max(0, min(count, 1 << 48)) }

    var json: JSON {
        func list(_ names: Set<String>) -> JSON { .array(names.sorted().map(JSON.string)) }
        return [
            "ended": .object(ended.mapValues(JSON.integer)), "entries": .integer(entries),
            "left_out": .object(leftOut.mapValues(JSON.string)), "protected": list(protected),
            "held_back": .object(heldBack.mapValues(JSON.string)),
            "kept": list(kept), "protections": list(protections), "enumerated": enumerated.map(list) ?? .null,
        ]
    }
}
