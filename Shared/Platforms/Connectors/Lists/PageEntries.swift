public import Base

/// The result of reading one entry of a provider's list.
public enum EntryReading {
    /// The entry stands for these records.
    case read([SyncRecord])
    /// The entry does not belong in the inventory, for a reason such as "the application is inactive".
    case skipped(_ rule: StaticString)
    /// The entry can't be read. The stored data about its object stay unchanged.
    case unreadable

    /// Creates a reading with one record; nil means that the entry can't be read.
    public init(_ record: SyncRecord?) { self = record.map { .read([$0]) } ?? .unreadable }
}

/// A set of stored records that a sync must leave unchanged, because the provider did not show their present state.
public enum Kept: Hashable, Sendable {
    /// All records of a kind.
    case all(SyncRecord.Kind)
    /// One record and the records that belong to it: an account's entitlements, grants and keys, or an application's
    /// entitlements and grants.
    case record(SyncRecord.Kind, id: String)
    /// The records of a kind that belong to an account. For applications: those to which the account has granted
    /// access.
    case ofAccount(SyncRecord.Kind, account: String)
    /// The records of a kind that belong to an application.
    case ofApplication(SyncRecord.Kind, application: String)
    /// The records of a kind whose ids begin with a prefix, such as `token/`.
    case beginning(SyncRecord.Kind, with: String)
}

/// A list, or a part of one, that could not be read.
public struct LeftOut: Hashable, Sendable {
    /// The name of the collection, or of data that belong to its records, such as `factors`.
    public let name: String
    /// A sentence that gives the reason.
    public let reason: String

    public init(_ name: String, _ reason: String) {
        self.name = name
        self.reason = reason
    }
}

/// The entries of one or more answers. Every entry has a reading, so that none is lost.
///
///     try PageEntries(response.list(), of: .application) { app in
///         guard let id = app.text("id") else { return .unreadable }
///         guard app.text("status") == "ACTIVE" else { return .skipped("the application is inactive") }
///         return .read([.application(ApplicationRecord(externalID: id, name: id, isManaged: true))])
///     }
public struct PageEntries {
    /// The records of the entries that were read.
    public private(set) var records: [SyncRecord] = []
    /// The stored records that stay unchanged, because the provider did not show their present state.
    public private(set) var kept: Set<Kept> = []
    /// The lists, and parts of lists, that could not be read.
    public private(set) var leftOut: Set<LeftOut> = []
    /// The number of entries that the provider sent, or of records that were known without a list.
    public private(set) var count = 0

    public init() {}

    /// Creates entries from records that the connector knows without asking for a list, such as the platform itself as
    /// an application.
    public init(known records: [SyncRecord]) {
        self.records = records
        count = records.count
    }

    /// Reads the entries of a list.
    ///
    /// - Parameters:
    ///   - kind: The kind of the record with the id that `id` returns. An entry may stand for further records.
    ///   - id: Returns the `externalID` of an entry's record; nil if the entry has no id. If an entry can't be read,
    ///     the stored record with this id stays unchanged, or all records of the kind if there is no id.
    ///   - kept: The records that stay unchanged instead if an entry can't be read. Given for lists that belong to one
    ///     object, and for entries whose ids don't show the record.
    ///   - read: Reads one entry.
    public init<Item>(
        _ items: [Item], of kind: SyncRecord.Kind, id: (Item) -> String? = { _ in nil }, keeping kept: Kept? = nil,
        read: (Item) throws -> EntryReading
    ) rethrows {
        count = items.count
        for item in items {
            switch try read(item) {
            case .read(let records): self.records += records
            case .skipped: break
            case .unreadable: self.kept.insert(kept ?? id(item).map { .record(kind, id: $0) } ?? .all(kind))
            }
        }
    }

    /// Reads the entries of a list whose records have the entries' member `id` as their `externalID`.
    public init(
        _ items: [JSON], of kind: SyncRecord.Kind, keeping kept: Kept? = nil, read: (JSON) throws -> EntryReading
    ) rethrows {
        try self.init(items, of: kind, id: { $0.identifier("id") }, keeping: kept, read: read)
    }

    /// Adds the entries of another answer.
    public mutating func add(_ other: PageEntries) {
        records += other.records
        kept.formUnion(other.kept)
        leftOut.formUnion(other.leftOut)
        count += other.count
    }

    /// Notes that data could not be read, and the records that stay unchanged for that reason.
    public mutating func leaveOut(_ name: String, _ error: ConnectorError, keeping kept: Kept...) {
        leaveOut(name, error, keeping: kept)
    }

    /// Notes that data could not be read, and the records that stay unchanged for that reason.
    public mutating func leaveOut(_ name: String, _ error: ConnectorError, keeping kept: [Kept]) {
        leftOut.insert(LeftOut(name, error.sentence))
        self.kept.formUnion(kept)
    }

    /// Notes records that stay unchanged.
    public mutating func keep(_ kept: Kept...) { self.kept.formUnion(kept) }
}
