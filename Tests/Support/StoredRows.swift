public import Base

@testable public import Store

/// The rows of a database as text, grouped by workspace, so that two states can be compared.
public struct StoredRows {
    private var lines: [Identifier: [String]] = [:]

    /// Reads the rows of all workspaces, including those in tables of row counts and rate-limit counters.
    public init(_ database: any Database) throws {
        for table in Schema.tables where table != "session_key_sets" {
            let owner = table == "workspaces" ? "id" : "workspace_id"
            try add(SQL(text: "SELECT \(owner) AS owner, \(table).* FROM \(table)"), named: table, in: database)
        }
        for tally in Schema.tallies {
            // Rows that differ only in their counts are added up.
            let names = tally.names()
            let counts =
                "SELECT workspace_id AS owner, \(names), sum(count) AS count FROM \(tally.table) GROUP BY \(names)"
            try add(
                SQL(text: "SELECT * FROM (\(counts)) AS counts WHERE count <> 0"), named: "\(tally.table)", in: database
            )
        }
        for owner in Array(lines.keys) {
            try add(
                "SELECT CAST($1 AS text) AS owner, counters.* FROM counters WHERE subject LIKE $2", named: "counters",
                [.text(owner.description), .text("%:\(owner.description.prefix(8))-%")], in: database.counters)
        }
        for owner in lines.keys { lines[owner]?.sort() }
    }

    /// Returns a workspace's rows, each after its table's name, sorted as text.
    public subscript(_ workspace: Identifier) -> [String] { lines[workspace] ?? [] }

    /// Returns a text with placeholders for the parts that differ from one run to the next: ids that a test did not
    /// choose, hashes, API keys, Unix times, durations, lengths of answers with durations, and times from yesterday on.
    public static func masked(_ text: String) -> String {
        let ids = /(?!aaaaaaaa|bbbbbbbb)[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/
        var masked = text.replacing(ids, with: "‹id›").replacing(/[0-9a-f]{64,}/, with: "‹hash›")
        masked = masked.replacing(/thal_\w{4,40}/, with: "‹key›").replacing(/\b\d{10}\b/, with: "‹seconds›")
        masked = masked.replacing(/toolu_[0-9A-Fa-f-]{36}/, with: "‹call›")
        if masked.contains(/"\w+_ms":/) { masked = masked.replacing(/Content-Length: \d+/, with: "‹length›") }
        masked = masked.replacing(/"\w+_ms": ?(?:\d+|\{[^}]*\})/, with: "‹duration›")
        let recently = Timestamp.now - .days(1)
        masked = masked.replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) { match in
            guard let moment = Timestamp(String(match.output)) else { return String(match.output) }
            return recently <= moment && moment < recently + .days(100) ? "‹now›" : String(match.output)
        }
        return masked
    }

    /// Returns a workspace's rows, masked.
    public func masked(_ workspace: Identifier) -> [String] { self[workspace].map(Self.masked).sorted() }

    private mutating func add(
        _ sql: SQL, named table: String, _ parameters: [SQLValue] = [], in database: any Database
    ) throws {
        var found: [(owner: Identifier, line: String)] = []
        try database.run(sql, parameters) { row in
            let columns = (1..<row.columnCount).map { "\(row.name($0))=\(Self.text(row.value($0)))" }
            found.append((try row[0], table + " " + columns.joined(separator: " ")))
        }
        for (owner, line) in found { lines[owner, default: []].append(line) }
    }

    private static func text(_ value: SQLValue) -> String {
        switch value {
        case .null: "-"
        case .integer(let number): String(number)
        case .real(let number): String(number)
        case .text(let text): text
        case .blob(let bytes): Hex.encode(bytes)
        }
    }
}
