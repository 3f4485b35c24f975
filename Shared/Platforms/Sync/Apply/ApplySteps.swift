import Auth
import Base
import Store

/// The rows that a statement is about.
enum ApplyPart {
    /// All rows.
    case whole
    /// The rows of a step, whose keys are the third parameter.
    case some

    /// Returns the condition that selects this part's rows by a column with their keys. For the whole, that is
    /// `condition`.
    func has(_ column: SQL, or condition: SQL = "TRUE") -> SQL {
        switch self {
        case .whole: condition
        case .some: "\(column) IN (SELECT value FROM json_each($3))"
        }
    }

    /// Returns a column, written so that SQLite does not search a step's rows by it. SQLite does not know how many rows
    /// share the column's value, and would choose a slow index.
    func aside(_ column: SQL) -> SQL {
        switch self {
        case .whole: column
        case .some: "+\(column)"
        }
    }
}

/// Runs the statements that apply a sync: each over all of its rows in the open transaction, or over some rows at a
/// time in the short transactions of a change in steps.
struct ApplySteps {
    let workspace: Workspace
    let runID: Identifier
    /// The change in steps; nil if everything is one transaction.
    let change: SteppedChange?
    /// The time after which no further step of a change in steps begins.
    let deadline: ContinuousClock.Instant

    /// The largest number of keys that are held in memory at once.
    private static let page = 20_000

    /// Runs statements over rows.
    ///
    /// `keys` is a query for the rows' keys, in one column `key`. In a change in steps, it runs outside of write
    /// transactions, so that other processes can write in that time, and the statements for some of the rows are one
    /// step. If they are repeated after an interruption, they change nothing in rows that are done.
    func run(_ keys: SQL, _ statements: (ApplyPart) -> [SQL]) throws {
        guard let change else { return try execute(statements(.whole)) }
        let statements = statements(.some)
        try forEachPage(of: keys) { page in
            try change.each(page) { some in
                guard ContinuousClock.now < deadline else { throw SyncInterruption.outOfTime }
                let keys = JSON.array(some.map(JSON.string))
                for statement in statements { try workspace.execute(statement, runID, keys) }
            }
        }
    }

    private func execute(_ statements: [SQL]) throws { for sql in statements { try workspace.execute(sql, runID) } }

    private func forEachPage(of keys: SQL, _ body: ([String]) throws -> Void) throws {
        let sql: SQL = "SELECT key FROM (\(keys)) AS keys WHERE key > $3 ORDER BY key LIMIT $4"
        var last = ""
        while true {
            let page = try workspace.rows(sql, runID, last, Self.page) { try $0[0] as String }
            guard let end = page.last else { return }
            try body(page)
            last = end
        }
    }

    /// Runs one statement for each of the values, many values in a step.
    func run<Value>(_ statement: SQL, for values: [Value], _ parameters: (Value) -> [any SQLParameter]) throws {
        func execute(_ value: Value) throws { try workspace.forEachRow(statement, parameters(value)) { _ in } }
        guard let change else { return try values.forEach(execute) }
        let numbered = Dictionary(values.enumerated().map { (String($0), $1) }) { first, _ in first }
        try change.each(values.indices.map(String.init)) { numbers in
            guard ContinuousClock.now < deadline else { throw SyncInterruption.outOfTime }
            for value in numbers.compactMap({ numbered[$0] }) { try execute(value) }
        }
    }
}
