import Base

/// How a connector has read one entry of a provider's list.
public enum EntryReading {
    /// The entry is these records.
    case read([SyncRecord])
    /// The entry is not for the inventory, by a rule that is stated in a few words, such as "the application is inactive".
    case skipped(_ rule: StaticString)
    /// The entry can't be read. What is known of the object stays as it is.
    case unreadable

    /// The entry is this record; nil if it can't be read.
    public init(_ record: SyncRecord?) { self = record.map { .read([$0]) } ?? .unreadable }
}

/// What a sync must leave as it is, since the provider did not say how it stands.
public enum Kept: Hashable, Sendable {
    /// All records of a kind.
    case all(SyncRecord.Kind)
    /// One record, and what belongs to it: an account's entitlements, grants and keys, an application's entitlements and
    /// grants.
    case record(SyncRecord.Kind, id: String)
    /// The records of a kind that belong to an account; of applications, those that it has let in.
    case ofAccount(SyncRecord.Kind, account: String)
    /// The records of a kind that belong to an application.
    case ofApplication(SyncRecord.Kind, application: String)
    /// The records of a kind whose ids begin alike, such as `token/`.
    case beginning(SyncRecord.Kind, with: String)
}

/// A list, or a part of one, that could not be read.
public struct LeftOut: Hashable, Sendable {
    /// The collection's name, or the name of what belongs to its records, such as `factors`.
    public let name: String
    /// A sentence that says why.
    public let reason: String

    /// A list that could not be read for this reason.
    public init(_ name: String, _ reason: String) {
        self.name = name
        self.reason = reason
    }
}

/// The entries of one answer, all accounted for.
///
///     try PageEntries(response.list(), of: .application) { application in
///         guard application.text("status") == "ACTIVE" else { return .skipped("the application is inactive") }
///         return EntryReading(OktaRecords.application(application))
///     }
public struct PageEntries {
    /// The records of the entries that were read.
    public private(set) var records: [SyncRecord] = []
    /// What stays as it is, since it could not be read.
    public private(set) var kept: Set<Kept> = []
    /// The lists that could not be read.
    public private(set) var leftOut: Set<LeftOut> = []
    /// The number of entries that the provider sent.
    public private(set) var count = 0

    /// No entries.
    public init() {}

    /// Records that the connector knows without a list, such as the platform itself as an application.
    public init(known records: [SyncRecord]) {
        self.records = records
        count = records.count
    }

    /// Reads the entries of a list.
    ///
    /// - Parameters:
    ///   - kind: The kind of record that an entry is; of an entry that is several records, the one that has its id.
    ///   - id: The `externalID` of an entry's record; nil if the entry has none. An entry that has an id and can't be read
    ///     protects what is known of it; one without an id protects all records of the kind.
    ///   - kept: What an entry that can't be read protects instead, in a list that belongs to one object.
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

    /// Reads the entries of a list, whose records have the ids of the entries.
    public init(
        _ items: [JSON], of kind: SyncRecord.Kind, keeping kept: Kept? = nil, read: (JSON) throws -> EntryReading
    ) rethrows {
        try self.init(items, of: kind, id: { $0.identifier("id") }, keeping: kept, read: read)
    }

    /// Adds what another answer has brought.
    public mutating func add(_ other: PageEntries) {
        records += other.records
        kept.formUnion(other.kept)
        leftOut.formUnion(other.leftOut)
        count += other.count
    }

    /// Notes that something could not be read, and what stays as it is for that.
    public mutating func leaveOut(_ name: String, _ error: ConnectorError, keeping kept: Kept...) {
        leaveOut(name, error, keeping: kept)
    }

    /// Notes that something could not be read, and what stays as it is for that.
    public mutating func leaveOut(_ name: String, _ error: ConnectorError, keeping kept: [Kept]) {
        leftOut.insert(LeftOut(name, error.sentence))
        self.kept.formUnion(kept)
    }

    /// Notes what stays as it is.
    public mutating func keep(_ kept: Kept...) { self.kept.formUnion(kept) }
}
