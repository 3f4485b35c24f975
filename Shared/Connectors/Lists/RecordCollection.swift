import Base

/// One list that a sync pulls, page by page. A page can be asked for again, by another process too, with nothing but its
/// cursor.
///
/// **The problem.** Deleting an account, or calling a person gone, is the most harmful thing that a sync can do, and the
/// easiest to do wrongly: a list that broke off, a page that can't be read and an entry that a parser dropped all look like
/// people who have left.
///
/// **The approach.** A collection declares which kinds of records come from it. The sync removes rows of a kind only if it
/// holds a `ListEnd` of every collection that declares the kind. A `ListEnd` is made in this file alone, for a page after
/// which the provider has no other. A connector can't drop an entry silently: `PageEntries` takes the provider's entries
/// and one reading for each, and notes in `kept` what an unreadable entry protects.
///
/// **Why it is safe.** A mistake in a connector leaves something in the inventory that is gone, until the next sync; it
/// can't remove anything that is there. The exception is a collection that declares a kind too few; the contract tests
/// compare the declared kinds with the records that come.
///
/// **What it costs.** A list with one entry that has no id removes nothing in that sync.
public struct RecordCollection {
    /// What becomes of a sync if the list can't be read.
    public enum Need: Sendable {
        /// The sync fails, and the inventory stays as it was.
        case required
        /// The list is left out: the sync goes on, and what is known from the list stays as it was.
        case optional
    }

    /// The name, which says after a restart which list was being pulled, and names the list to customers.
    public let name: String
    /// The kinds of records that come from the list.
    public let kinds: Set<SyncRecord.Kind>
    /// What becomes of a sync without it.
    public private(set) var need: Need
    /// The beginning of its records' ids, if no other list has records of the same kinds with such ids.
    public private(set) var idPrefix: String?
    private let ask: (JSON?) throws -> RecordPage

    /// A list of this name. `page` asks for the page at a cursor; nil is the first.
    public init(
        _ name: String, of kinds: SyncRecord.Kind..., need: Need = .required,
        page: @escaping (JSON?) throws -> RecordPage
    ) {
        self.init(name, of: Set(kinds), need: need, page: page)
    }

    /// A list of this name, of a set of kinds.
    public init(
        _ name: String, of kinds: Set<SyncRecord.Kind>, need: Need, page: @escaping (JSON?) throws -> RecordPage
    ) {
        self.name = name
        self.kinds = kinds
        self.need = need
        ask = page
    }

    /// Asks for the page at a cursor; nil is the first.
    public func page(_ cursor: JSON?) throws -> RecordPage {
        var page = try ask(cursor)
        page.end = page.next == nil ? ListEnd(name: name, kinds: kinds) : nil
        return page
    }

    /// The same list as one that a sync can do without.
    public var optional: RecordCollection {
        var list = self
        list.need = .optional
        return list
    }

    /// The same list, whose records alone have ids that begin so. If it can't be read, these stay as they were, and the
    /// other lists of the same kinds still prove what is gone.
    public func withIDs(beginning prefix: String) -> RecordCollection {
        var list = self
        list.idPrefix = prefix
        return list
    }

    /// The protections of what is known from the list, if it can't be read.
    public var kept: Set<Kept> {
        Set(kinds.map { kind in idPrefix.map { .beginning(kind, with: $0) } ?? .all(kind) })
    }
}

/// Proof that the provider has no page after the one that was read.
public struct ListEnd: Sendable {
    /// The collection.
    public let name: String
    /// The kinds of records that come from it.
    public let kinds: Set<SyncRecord.Kind>

    fileprivate init(name: String, kinds: Set<SyncRecord.Kind>) {
        self.name = name
        self.kinds = kinds
    }
}

/// One page of records.
public struct RecordPage {
    /// The page's entries; a provider's page may have none.
    public var entries: PageEntries
    /// Where the next page begins; nil if this was the last.
    public var next: JSON?
    /// Whether the list begins again with the next page, since it moved while it was read.
    public var beginsAgain = false
    /// Whether the next page is the first of another part of the list, so that the list goes on though this page may have
    /// been empty.
    public var beginsPart = false
    /// Proof that this was the last page; only `RecordCollection` makes it.
    public fileprivate(set) var end: ListEnd?

    /// A page with these entries.
    public init(_ entries: PageEntries, next: JSON? = nil) {
        self.entries = entries
        self.next = next
    }

    /// The records of the entries.
    public var records: [SyncRecord] { entries.records }
}
