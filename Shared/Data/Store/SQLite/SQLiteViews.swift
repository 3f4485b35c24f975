// The readers' side of SteppedChange. A temporary view hides the table of the same name from the connection's
// statements. They then read the inventory as it was before the change, without any change of their text.
extension SQLiteDatabase {
    /// Makes this connection see tables that are being changed in steps as they were before, unless
    /// `seesUnfinishedChanges` is true. It must be called at the beginning of each transaction, so that the views match
    /// the snapshot that the transaction reads.
    func hideUnfinishedChanges() throws {
        guard role == .primary else { return }
        let isUnderWay = try !seesUnfinishedChanges && hasUnfinishedChanges()
        guard isUnderWay != hidesUnfinishedChanges else { return }
        for name in Self.views { try script("DROP VIEW IF EXISTS temp.\(name)") }
        if isUnderWay {
            for table in Schema.steppedTables { try makeView(of: table) }
            for tally in Schema.tallies { try makeView(of: tally) }
        }
        hidesUnfinishedChanges = isUnderWay
    }

    private static let views =
        Schema.steppedTables.map(\.name.description) + Schema.tallies.map(\.table.description)

    /// Returns true if any workspace has an unfinished change in steps.
    func hasUnfinishedChanges() throws -> Bool {
        do {
            return try first("SELECT 1 FROM unfinished_changes LIMIT 1") { _ in true } ?? false
        } catch StoreError.failed(let reason) {
            // The database may be older than the table.
            let exists = try first("SELECT 1 FROM sqlite_master WHERE name = 'unfinished_changes'") { _ in true }
            guard exists == nil else { throw StoreError.failed(reason) }
            return false
        }
    }

    /// Returns the columns of a table in their order.
    func columns(of table: StaticString) throws -> [String] {
        try rows(SQL(text: "PRAGMA main.table_info(\(table))")) { $0.text(1) }
    }

    private static let change = "main.unfinished_changes AS change CROSS JOIN main.unfinished_rows AS kept"

    private static func isKept(_ table: StaticString) -> String {
        "kept.workspace_id = change.workspace_id AND kept.table_name = '\(table)'"
    }

    private static func before(_ columns: [String]) -> String {
        columns.map { "kept.before ->> '\($0)'" }.joined(separator: ", ")
    }

    /// Creates a view with the rows that the change has not written, and the former versions of those that it has
    /// written.
    private func makeView(of table: SteppedTable) throws {
        let columns = try columns(of: table.name)
        let isKept = Self.isKept(table.name)
        try script(
            """
            CREATE TEMP VIEW \(table.name) AS
            SELECT \(columns.joined(separator: ", ")) FROM main.\(table.name) AS written
            WHERE NOT EXISTS (SELECT 1 FROM \(Self.change) WHERE change.workspace_id = written.workspace_id
                AND \(isKept) AND kept.row_key = \(table.key(of: "written")))
            UNION ALL SELECT \(Self.before(columns)) FROM \(Self.change) WHERE \(isKept) AND kept.before IS NOT NULL
            """)
    }

    /// Creates a view with the tally itself, minus one for each row that the change has written, plus one for the
    /// former version of each.
    private func makeView(of tally: Tally) throws {
        let columns = ["workspace_id"] + tally.columns.map(\.name.description)
        let isKept = Self.isKept(tally.source)
        try script(
            """
            CREATE TEMP VIEW \(tally.table) AS SELECT \(tally.names()), count FROM main.\(tally.table)
            UNION ALL SELECT \(tally.names("written.")), -1
            FROM \(Self.change) CROSS JOIN main.\(tally.source) AS written
            WHERE \(isKept) AND written.id = kept.row_key
            UNION ALL SELECT \(Self.before(columns)), 1 FROM \(Self.change) WHERE \(isKept) AND kept.before IS NOT NULL
            """)
    }
}
