/// A reference from one table to another that the product sets to null before it deletes the referenced row. The
/// referring row stays.
public struct Reference: Sendable {
    private let table: SQL
    private let column: SQL
    private let target: String

    /// All references of this kind. Findings keep their text when their application or device is deleted.
    private static let all = [
        Reference(table: "findings", column: "affected_application_id", target: "applications"),
        Reference(table: "findings", column: "affected_device_id", target: "devices"),
    ]

    /// Returns the statements that set to null the references to rows of a table that are about to be deleted. `$1` is
    /// the workspace.
    ///
    /// - Parameter rows: Selects the ids of the rows to be deleted.
    public static func ending(to table: SQL, rows: SQL) -> [SQL] {
        all.filter { $0.target == table.text }.map { reference in
            """
            UPDATE \(reference.table) SET \(reference.column) = NULL
            WHERE workspace_id = $1 AND \(reference.column) IN (\(rows))
            """
        }
    }
}
