public import Base

@testable public import Store

/// A second workspace that looks like a first: it has a copy of almost every row, with new ids. Names, e-mail
/// addresses, serial numbers and the platforms' ids are the same.
public struct Lookalike {
    /// The second workspace's id.
    public let id: Identifier

    /// Copies a workspace within its database. Rows about billing, API keys, confirmation tokens and session keys are
    /// left out, because they may exist only once or belong to no workspace.
    public init(of workspace: Identifier, in database: any Database) throws {
        id = try Self.counterpart(workspace)
        try database.transaction(.write) {
            for table in Schema.tables where !Self.leftOut.contains(table) {
                try Self.copy(table, of: workspace, in: database)
            }
        }
    }

    private static let leftOut: Set = [
        "api_keys", "billing_events", "confirmation_tokens", "session_key_sets", "stripe_subscriptions",
        "subscriptions",
    ]

    private static func copy(_ table: String, of workspace: Identifier, in database: any Database) throws {
        let owner = table == "workspaces" ? "id" : "workspace_id"
        var columns: [String] = []
        var rows: [[SQLValue]] = []
        try database.run(SQL(text: "SELECT * FROM \(table) WHERE \(owner) = $1"), [workspace.sqlValue]) { row in
            columns = (0..<row.columnCount).map(row.name)
            rows.append(columns.indices.map { copy(row.value($0), named: columns[$0]) })
        }
        let places = columns.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        let insertion = SQL(text: "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(places))")
        for row in rows { try database.run(insertion, row) { _ in } }
    }

    private static func copy(_ value: SQLValue, named column: String) -> SQLValue {
        guard case .text(let text) = value, !column.hasSuffix("external_id") else { return value }
        return .text(withCounterparts(text))
    }

    /// Returns the id that replaces another one: its first digit differs, and two ids never have the same replacement.
    private static func counterpart(_ id: Identifier) throws -> Identifier {
        guard let counterpart = Identifier(withCounterparts(id.description)) else {
            throw StoreError.failed("\(id) has no counterpart")
        }
        return counterpart
    }

    /// Returns the text with each id replaced.
    private static func withCounterparts(_ text: String) -> String {
        var bytes = Array(text.utf8)
        guard bytes.count >= 36 else { return text }
        for start in 0...(bytes.count - 36) where isIdentifier(bytes[start..<start + 36]) {
            guard let digit = Int(String(decoding: [bytes[start]], as: UTF8.self), radix: 16) else { continue }
            bytes.replaceSubrange(start...start, with: String(digit ^ 8, radix: 16).utf8)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isIdentifier(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes[bytes.startIndex + 8] == UInt8(ascii: "-") && Identifier(String(decoding: bytes, as: UTF8.self)) != nil
    }
}
