import Base

/// Copies all data of one database into another, on whatever engines they are. Counters are left behind.
public struct StoreCopy {
    private let source: any Database
    private let target: any Database

    /// Why a copy can't be made, or is none.
    public enum Failure: Error, Equatable {
        /// The source's schema is not this build's.
        case sourceIsNotCurrent
        /// The target holds workspaces already.
        case targetIsNotEmpty
        /// A table has another number of rows than its original.
        case missingRows(table: String)
    }

    /// How far a copy has come.
    public struct Progress: Sendable {
        /// The table.
        public let table: String
        /// How many of its rows have been copied.
        public let rows: Int
        /// How many it has.
        public let total: Int
    }

    /// A copy from `source` to `target`, whose schema is brought up to date.
    public init(from source: any Database, to target: any Database) {
        self.source = source
        self.target = target
    }

    /// Copies everything in one transaction, and then checks the numbers of rows and each workspace's audit chain; the
    /// result is how many rows there are. When anything is amiss, the target is left as it was.
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
        try target.settleStatistics()
        return rows
    }

    /// So many rows go in one statement: asking a server takes longer than inserting one.
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
            if copied % 10_000 == 0 { progress(Progress(table: table, rows: copied, total: total)) }
        }
        progress(Progress(table: table, rows: 0, total: total))
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

    /// The names are the schema's own: they come from the source's description of its result.
    private static func insert(_ rows: Int, into table: String, _ columns: [String]) -> SQL {
        let places = (0..<rows).map { row in
            "(" + columns.indices.map { "$\(row * columns.count + $0 + 1)" }.joined(separator: ", ") + ")"
        }
        return SQL(
            text: "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES \(places.joined(separator: ", "))")
    }
}
