/// A table with the numbers of rows of another table, per workspace and by the values of some columns. Triggers keep it
/// up to date, so writers need not do that, and readers need not count rows.
///
/// Its columns are `workspace_id`, the columns that it counts by, and `count`. There may be several rows with the same
/// values, and some counts may be negative; the total is the sum of all of them.
struct Tally: Sendable {
    /// The name of the tally's table.
    let table: StaticString
    /// The table whose rows are counted.
    let source: StaticString
    /// The columns that it counts by.
    let columns: [Column]

    struct Column: Sendable {
        let name: StaticString
        let type: StaticString
    }

    /// Returns the names of the columns, separated by commas, each with `prefix` before it. The workspace is first.
    func names(_ prefix: String = "") -> String {
        (["workspace_id"] + columns.map(\.name.description)).map { prefix + $0 }.joined(separator: ", ")
    }

    /// Returns an SQL condition that is true if OLD and NEW differ in one of the columns. `isNot` is the engine's
    /// operator for a comparison that treats null as a value.
    func differs(_ isNot: String) -> String {
        (["workspace_id"] + columns.map(\.name.description)).map { "OLD.\($0) \(isNot) NEW.\($0)" }
            .joined(separator: " OR ")
    }

    /// The statement that creates the tally's table. The column `workspace_id` needs no foreign key, because it has one
    /// in the table whose rows are counted.
    var creation: String {
        let columns = columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
        return "CREATE TABLE \(table) (workspace_id uuid NOT NULL, \(columns), count integer NOT NULL)"
    }
}

extension Schema {
    /// All tallies. Each holds numbers that readers would otherwise have to count in large tables.
    static let tallies = [
        Tally(
            table: "finding_tallies", source: "findings",
            columns: [
                .init(name: "status", type: "text"), .init(name: "category", type: "text"),
                .init(name: "severity_rank", type: "smallint"),
            ]),
        Tally(
            table: "identity_tallies", source: "identities",
            columns: [
                .init(name: "status", type: "text"), .init(name: "identity_type", type: "text"),
                .init(name: "mfa_enabled", type: "boolean"),
            ]),
        Tally(
            table: "application_tallies", source: "applications",
            columns: [.init(name: "is_managed", type: "boolean"), .init(name: "sso_enabled", type: "boolean")]),
    ]
}
