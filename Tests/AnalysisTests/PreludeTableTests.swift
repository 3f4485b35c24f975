@_spi(System) import Auth
import Base
import Foundation
import TestSupport
import Testing

@testable import Analysis
@testable import Store

/// Checks the names and columns in PRELUDE.md, or writes them if THALIAN_WRITE_TABLES is set.
@Suite(.usesStore) struct PreludeTableTests {
    /// Returns the names of the plain tables, then of the shared ones, then of all others.
    private static func names() -> [String] {
        let plain = Prelude.plain.map { "\($0.name)" }
        let others = Prelude.overTemporaryTables.map { "\($0.name)" }.filter { !plain.contains($0) }
        return plain + Prelude.sharedTables.map { "\($0.name)" } + others
    }

    /// Returns the names of a table's columns. The outer join gives a row with all columns even if the table is empty.
    private func columns(of name: String, in workspace: Workspace) throws -> [String] {
        let row: SQL = "SELECT * FROM (SELECT 1 AS first_column) AS one LEFT JOIN "
        let shared = Prelude.sharedTables.first { "\($0.name)" == name }
        let table: SQL = shared.map { "(\($0.query.sql)) AS kept" } ?? SQL(text: name)
        let rows: SQL = "\(row) \(table) ON true"
        let tables = shared == nil ? Prelude.all : Prelude.overTemporaryTables
        let query = PreludeTable.clause(for: rows, of: tables) + rows
        var columns: [String] = []
        try workspace.snapshot {
            // A shared table may query earlier ones.
            for earlier in Prelude.sharedTables.prefix(while: { shared != nil && "\($0.name)" != name }) {
                try workspace.materialize(earlier.temporary, earlier.query.values(at: TestStore.now))
            }
            try workspace.forEachRow(query, shared?.query.values(at: TestStore.now) ?? []) { row in
                columns = (1..<row.columnCount).map { row.name($0) }
            }
        }
        return columns
    }

    @Test("PRELUDE.md describes every table, with its columns") func everyTable() throws {
        let document = try DocumentTable.library("Analysis").appending(path: "PRELUDE.md")
        let table = DocumentTable(in: document, header: "| Table | Each row is | Columns |")
        let described = Dictionary(
            try table.rows().map { row in
                let cells = row.components(separatedBy: " | ")
                return (cells[0].replacing("| ", with: ""), cells[1])
            }
        ) { $1 }
        let store = try TestStore()
        let workspace = try TestCompany(store.database).workspace()
        let rows = try Self.names().map { name in
            let description = described[name] ?? ""
            #expect(!description.isEmpty, "\(name) has no description")
            return DocumentTable.row(name, description, try columns(of: name, in: workspace).joined(separator: ", "))
        }
        #expect(try table.difference(from: rows) == nil)
    }
}
