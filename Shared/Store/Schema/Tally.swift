/// How many rows of a table there are in each workspace, by the values of some columns: a table that triggers keep, so that
/// nobody who writes can forget it, and nobody who reads needs to count.
///
/// Its columns are `workspace_id`, those that it counts by, and `count`. The rows of the same values add up: there may be
/// any number of them, and some may be negative.
struct Tally: Sendable {
    /// Its own table.
    let table: StaticString
    /// The table whose rows it counts.
    let source: StaticString
    /// The columns that it counts by.
    let columns: [Column]

    struct Column: Sendable {
        let name: StaticString
        let type: StaticString
    }

    /// The columns' names, each after `prefix`, with the workspace first.
    func names(_ prefix: String = "") -> String {
        (["workspace_id"] + columns.map(\.name.description)).map { prefix + $0 }.joined(separator: ", ")
    }

    /// What is true when the values differ, by an operator that knows nulls too.
    func differs(_ isNot: String) -> String {
        (["workspace_id"] + columns.map(\.name.description)).map { "OLD.\($0) \(isNot) NEW.\($0)" }
            .joined(separator: " OR ")
    }

    /// The workspace is not a foreign key: the rows that are counted have it.
    var creation: String {
        let columns = columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
        return "CREATE TABLE \(table) (workspace_id uuid NOT NULL, \(columns), count integer NOT NULL)"
    }
}

extension Schema {
    /// What reads would otherwise have to count in large tables.
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
