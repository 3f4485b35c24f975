import Base

/// Copies all data of one database into another one, which may use another engine. Counters are not copied.
public struct StoreCopy {
    private let source: any Database
    private let target: any Database

    /// The reason why a copy can't be made or is not complete.
    public enum Failure: Error, Equatable, CustomStringConvertible {
        /// The source's schema is not the one that this build expects.
        case sourceIsNotCurrent
        /// The target already contains workspaces.
        case targetIsNotEmpty
        /// A table of the target has another number of rows than the source's.
        case missingRows(table: String)

        public var description: String {
            switch self {
            case .sourceIsNotCurrent: "the source's schema is not the one that this build expects"
            case .targetIsNotEmpty: "the target already contains workspaces"
            case .missingRows(let table): "the table \(table) has a different number of rows in the copy"
            }
        }
    }

    /// The progress of a copy.
    public struct Progress: Sendable {
        /// The name of the table that is being copied.
        public let table: String
        /// The number of its rows that have been copied.
        public let rows: Int
        /// The number of its rows in the source.
        public let total: Int
    }

    /// Creates a copy from `source` to `target`. The target's schema is updated.
    public init(from source: any Database, to target: any Database) {
        self.source = source
        self.target = target
    }

    /// Copies all tables in one transaction, in which it checks the number of rows of each and the workspaces' audit
    /// chains. Returns the number of copied rows. If a check fails, the target's data remains unchanged; its schema may
    /// have been updated.
    ///
    /// - Throws: `Failure`, `BrokenChain` if an audit chain of the source is broken, or `StoreError`.
    public func run(progress: (Progress) -> Void) throws -> Int {
        guard try source.isCurrent() else { throw Failure.sourceIsNotCurrent }
        try target.migrate()
        let rows = try target.transaction(.write) {
            guard try count("workspaces", in: target) == 0 else { throw Failure.targetIsNotEmpty }
            return try source.transaction(.read) {
                var rows = 0
                for table in Schema.tables { rows += try copy(table, progress) }
                for id in try target.rows("SELECT id FROM workspaces", decode: { try $0[0] as Identifier }) {
                    _ = try AuditLog(target, workspaceID: id).verify()
                }
                return rows
            }
        }
        try target.analyzeStatistics()
        return rows
    }

    /// The number of rows in one INSERT. A round trip to a server takes longer than inserting a row.
    private static let batch = 100

    private func copy(_ table: String, _ progress: (Progress) -> Void) throws -> Int {
        let total = try count(table, in: source)
        var columns: [String] = []
        var values: [SQLValue] = []
        var copied = 0
        func write() throws {
            guard !values.isEmpty else { return }
            let rows = values.count / columns.count
            try target.run(Self.insert(rows, into: table, columns), values) { _ in }
            values.removeAll(keepingCapacity: true)
            copied += rows
            if copied % 10_000 == 0, copied < total { progress(Progress(table: table, rows: copied, total: total)) }
        }
        try source.stream(SQL(text: "SELECT * FROM \(table)"), []) { row in
            if columns.isEmpty { columns = (0..<row.columnCount).map(row.name) }
            values += columns.indices.map(row.value)
            if values.count == Self.batch * columns.count { try write() }
        }
        try write()
        guard copied == total, try count(table, in: target) == total else { throw Failure.missingRows(table: table) }
        progress(Progress(table: table, rows: total, total: total))
        return total
    }

    private func count(_ table: String, in database: any Database) throws -> Int {
        try database.first(SQL(text: "SELECT count(*) FROM \(table)")) { try $0[0] as Int } ?? 0
    }

    /// Returns the INSERT for a number of rows. The names come from the source's description of its own columns, so
    /// they are the schema's own.
    private static func insert(_ rows: Int, into table: String, _ columns: [String]) -> SQL {
        let places = (0..<rows).map { row in
            "(" + columns.indices.map { "$\(row * columns.count + $0 + 1)" }.joined(separator: ", ") + ")"
        }
        return SQL(
            text: "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES \(places.joined(separator: ", "))")
    }
}
