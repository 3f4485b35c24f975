/// A reference of one table to another that ends when the row is deleted to which it refers. The row that refers stays.
public struct Reference: Sendable {
    private let table: SQL
    private let column: SQL
    private let target: String

    /// All of them. Findings keep their text when an application or device of theirs is deleted.
    private static let all = [
        Reference(table: "findings", column: "affected_application_id", target: "applications"),
        Reference(table: "findings", column: "affected_device_id", target: "devices"),
    ]

    /// The statements that end the references to rows of a table which are about to be deleted. `$1` is the workspace.
    ///
    /// - Parameter rows: Selects the ids of these rows.
    public static func ending(to table: SQL, rows: SQL) -> [SQL] {
        all.filter { $0.target == table.text }.map { reference in
            """
            UPDATE \(reference.table) SET \(reference.column) = NULL
            WHERE workspace_id = $1 AND \(reference.column) IN (\(rows))
            """
        }
    }
}
