import Auth
import Base
import Store

/// The rows of one entity whose keys are greater than `after` and at most `through`.
struct KeyRange: Equatable {
    let entity: Entity
    let after: String
    let through: String
}

extension Entity {
    /// Returns the query for the rows of the workspace `$1` whose keys are greater than `$2` and at most `$3`, in the
    /// order of the keys. For identities, a full export reads one row for each account, or a single row if there is
    /// none; the rows of one identity come together.
    func query(isFull: Bool) -> SQL {
        let selected = columns(isFull: isFull).compactMap(\.expression).joined(separator: ", ")
        let range: SQL = scope + " AND " + key + " <= $3 ORDER BY " + key
        guard self == .identities && isFull else { return "SELECT " + selected + " FROM " + table + range }
        return "SELECT " + selected + ", " + Account.columns + " FROM identities" + Account.join + range
            + ", accounts.id"
    }
}

extension Workspace {
    /// Calls `body` with each row of a range in the order of the keys. The rows have the entity's columns.
    func forEachRow(of range: KeyRange, isFull: Bool, _ body: (any Row) throws -> Void) throws {
        let query = range.entity.query(isFull: isFull)
        guard range.entity == .identities && isFull else {
            return try stream(query, range.after, range.through, body: body)
        }
        var gathered = Gathered()
        try stream(query, range.after, range.through) { row in
            if let complete = try gathered.add(row) { try body(complete) }
        }
        if let complete = gathered.take() { try body(complete) }
    }
}

/// An identity whose accounts are being collected. Its last column will be the array of accounts.
private struct Gathered {
    private var identity: [SQLValue] = []
    private var accounts: [JSONText] = []

    /// Adds a row. Returns the previous identity if this row belongs to another one.
    mutating func add(_ row: any Row) throws -> StoredRow? {
        var complete: StoredRow?
        if row.value(0) != identity.first {
            complete = take()
            identity = (0..<row.columnCount - Account.count).map(row.value)
        }
        if let account = try Account.json(row, from: row.columnCount - Account.count) { accounts.append(account) }
        return complete
    }

    mutating func take() -> StoredRow? {
        guard !identity.isEmpty else { return nil }
        defer { (identity, accounts) = ([], []) }
        return StoredRow(values: identity + [.text(String(decoding: JSONWriter.bytes(accounts), as: UTF8.self))])
    }
}

/// The columns of an identity's accounts in a full export.
private enum Account {
    static let count = 14

    static let columns: SQL = """
        accounts.id, integrations.platform, accounts.external_id, accounts.username, accounts.email,
        accounts.display_name, accounts.account_type, accounts.status, accounts.is_admin, accounts.admin_roles,
        accounts.mfa_enabled, accounts.sso_enforced, accounts.last_login_at, accounts.metadata
        """

    static let join: SQL = """
         LEFT JOIN accounts ON accounts.workspace_id = $1 AND accounts.identity_id = identities.id
        LEFT JOIN integrations ON integrations.workspace_id = $1 AND integrations.id = accounts.integration_id
        """

    /// Returns the account in a row as JSON; nil if the row has none.
    static func json(_ row: any Row, from first: Int) throws -> JSONText? {
        guard !row.isNull(first) else { return nil }
        var json = JSONWriter()
        try json.object { json in
            let texts = [
                "id", "platform", "external_id", "username", "email", "display_name", "account_type", "status",
            ]
            for (offset, name) in texts.enumerated() { json.field(name, try row[first + offset] as String?) }
            json.field("is_admin", try row[first + 8] as Bool)
            json.field("admin_roles", JSONText(row.text(first + 9)))
            json.field("mfa_enabled", try row[first + 10] as Bool?)
            json.field("sso_enforced", try row[first + 11] as Bool?)
            json.field("last_login_at", try row[first + 12] as Timestamp?)
            json.field("metadata", JSONText(row.text(first + 13)))
        }
        return JSONText(String(decoding: json.bytes, as: UTF8.self))
    }
}

/// A row that is built from several rows of a result.
private struct StoredRow: Row {
    let values: [SQLValue]

    var columnCount: Int { values.count }
    func name(_ column: Int) -> String { "" }
    func value(_ column: Int) -> SQLValue { values[at: column] ?? .null }
    func isNull(_ column: Int) -> Bool { value(column) == .null }
    func integer(_ column: Int) -> Int { if case .integer(let number) = value(column) { number } else { 0 } }
    func real(_ column: Int) -> Double { if case .real(let number) = value(column) { number } else { 0 } }
    func text(_ column: Int) -> String { if case .text(let text) = value(column) { text } else { "" } }
    func blob(_ column: Int) -> [UInt8] { if case .blob(let bytes) = value(column) { bytes } else { [] } }
}

extension [SQL] {
    /// Joins the parts of a statement with a separator.
    fileprivate func joined(separator: SQL) -> SQL {
        dropFirst().reduce(first ?? "") { $0 + separator + $1 }
    }
}
