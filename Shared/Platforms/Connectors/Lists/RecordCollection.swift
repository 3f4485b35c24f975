public import Base

/// One list that a sync reads page by page. A cursor is all that is needed to ask for a page again, even in another
/// process.
///
/// **The problem.** Deleting an account, or declaring that a person has left, is the most harmful thing that a sync can
/// do, and the easiest to do wrongly. If a list breaks off, if a page can't be read, or if a parser drops an entry, the
/// result looks as if people had left.
///
/// **The approach.** A collection declares which kinds of records it contains. A row that did not come is removed only
/// if the sync holds a `ListEnd` from every collection that declares its kind; a collection with an `idPrefix` may be
/// missing, and then protects the rows with its prefix. Only this file creates a `ListEnd`, and only for a page that
/// the provider says is the last. A connector that gives all of the provider's entries to `PageEntries` can't drop one
/// silently: each gets a reading, and `kept` lists the records that an unreadable entry protects.
///
/// **Why it is safe.** The usual mistake in a connector keeps a record in the inventory that no longer exists at the
/// provider; it does not remove one that exists. The exception is a collection that fails to declare one of its kinds.
/// The contract tests compare the declared kinds with the records that arrive.
///
/// **What it costs.** If a list has even one unreadable entry without an id, no record of that kind is removed in that
/// sync.
public struct RecordCollection {
    /// The effect on a sync if the list can't be read.
    public enum Need: Sendable {
        /// The sync fails, and the inventory stays as it was.
        case required
        /// The sync continues without the list, and the records known from it stay unchanged.
        case optional
    }

    /// The name. It identifies the list when a sync is resumed, and customers see it.
    public let name: String
    /// The kinds of records that the list contains.
    public let kinds: Set<SyncRecord.Kind>
    /// The effect on a sync if the list can't be read.
    public private(set) var need: Need
    /// The prefix of the ids of this list's records, if no other list has records of the same kinds with this prefix;
    /// nil if there is no such prefix.
    public private(set) var idPrefix: String?
    private var ask: (JSON?) throws -> RecordPage

    /// Creates a list. `page` asks for the page at a cursor; nil is the first page.
    public init(
        _ name: String, of kinds: SyncRecord.Kind..., need: Need = .required,
        page: @escaping (JSON?) throws -> RecordPage
    ) {
        self.init(name, of: Set(kinds), need: need, page: page)
    }

    /// Creates a list with a set of kinds.
    public init(
        _ name: String, of kinds: Set<SyncRecord.Kind>, need: Need, page: @escaping (JSON?) throws -> RecordPage
    ) {
        self.name = name
        self.kinds = kinds
        self.need = need
        ask = page
    }

    /// Asks for the page at a cursor; nil is the first page.
    public func page(_ cursor: JSON?) throws -> RecordPage {
        var page = try ask(cursor)
        page.end = page.next == nil ? ListEnd(name: name, kinds: kinds) : nil
        return page
    }

    /// Returns this list as one without which a sync can continue.
    public var optional: RecordCollection {
        var list = self
        list.need = .optional
        return list
    }

    /// Returns this list with a prefix that all of its records' ids have, and no other list's. If this list can't be
    /// read, only records with the prefix stay unchanged; the other lists of the same kinds still prove which records
    /// are gone.
    public func withIDs(beginning prefix: String) -> RecordCollection {
        var list = self
        list.idPrefix = prefix
        return list
    }

    /// Returns this list with another way to ask for its pages, which calls this list's `page`. All else stays the
    /// same.
    func asking(_ page: @escaping (JSON?) throws -> RecordPage) -> RecordCollection {
        var list = self
        list.ask = page
        return list
    }

    /// The records that stay unchanged if the list can't be read.
    public var kept: Set<Kept> {
        Set(kinds.map { kind in idPrefix.map { .beginning(kind, with: $0) } ?? .all(kind) })
    }
}

/// Proof that the provider has no further page of a list.
public struct ListEnd: Sendable {
    /// The collection's name.
    public let name: String
    /// The kinds of records that the collection contains.
    public let kinds: Set<SyncRecord.Kind>

    fileprivate init(name: String, kinds: Set<SyncRecord.Kind>) {
        self.name = name
        self.kinds = kinds
    }
}

/// One page of records.
public struct RecordPage {
    /// The page's entries. A provider may send an empty page.
    public var entries: PageEntries
    /// The cursor of the next page; nil if this is the last page.
    public var next: JSON?
    /// True if the next page is the list's first page again, because the list changed while it was read.
    public var beginsAgain = false
    /// True if the next page begins another part of the list. The guard against endless lists then starts again.
    public var beginsPart = false
    /// Proof that this is the last page. Only `RecordCollection` sets it.
    public fileprivate(set) var end: ListEnd?

    public init(_ entries: PageEntries, next: JSON? = nil) {
        self.entries = entries
        self.next = next
    }

    /// The records of the entries.
    public var records: [SyncRecord] { entries.records }
}
