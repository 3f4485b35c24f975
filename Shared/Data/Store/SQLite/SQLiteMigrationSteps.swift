extension SQLiteDatabase {
    /// Runs one step of a migration. The restrictions of a table are triggers in the file, so they apply to every
    /// program that opens the file, whatever the pragmas of its connection.
    func apply(_ step: Migration.Step) throws {
        switch step {
        case .sql(let sql): try script(sql.text)
        case .appendOnly(let table, let keys):
            try refuse("UPDATE", on: table)
            try refuse("DELETE", on: table)
            try refuseReplacement(on: table, keys: keys)
        case .onlyForward(let table, let key, let counter):
            try refuse("DELETE", on: table)
            try refuse(
                "UPDATE", on: table,
                when: "NEW.\(counter) < OLD.\(counter) OR NEW.\(key) IS NOT OLD.\(key) OR NEW.rowid <> OLD.rowid")
            try refuseReplacement(on: table, keys: [[key]])
        case .tally(let tally): try keep(tally)
        // Not needed: SQLite updates rows in place.
        case .busy(table: _): break
        case .steppedChanges: for sql in Schema.steppedChanges { try script(sql) }
        }
    }

    /// Creates a tally. An INSERT or DELETE of a row of the source changes one count; an UPDATE changes two, if it
    /// changes the values that are counted by.
    private func keep(_ tally: Tally) throws {
        func adding(_ number: Int, _ row: String) -> String {
            let match = (["workspace_id"] + tally.columns.map(\.name.description))
                .map { "\($0) IS \(row).\($0)" }.joined(separator: " AND ")
            return """
                UPDATE \(tally.table) SET count = count + \(number) WHERE \(match);
                INSERT INTO \(tally.table) (\(tally.names()), count)
                SELECT \(tally.names(row + ".")), \(number) WHERE changes() = 0;
                """
        }
        try script(tally.creation)
        try script("CREATE INDEX \(tally.table)_by_key ON \(tally.table) (\(tally.names()))")
        for (event, condition, changes) in [
            ("INSERT", "true", adding(1, "NEW")), ("DELETE", "true", adding(-1, "OLD")),
            ("UPDATE", tally.differs("IS NOT"), adding(-1, "OLD") + adding(1, "NEW")),
        ] {
            try script(
                """
                CREATE TRIGGER \(tally.table)_after_\(event) AFTER \(event) ON \(tally.source) WHEN \(condition)
                BEGIN \(changes) END
                """)
        }
    }

    /// Creates a trigger that refuses rows which would replace others. INSERT OR REPLACE deletes the old row without
    /// calling DELETE triggers, unless recursive_triggers is on. The rowid counts as a key too. If the new row has no
    /// rowid yet, NEW.rowid is -1, which is no row's rowid.
    private func refuseReplacement(on table: StaticString, keys: [[StaticString]]) throws {
        let conditions = (keys + [["rowid"]]).map { columns in
            let match = columns.map { "\(table).\($0) = NEW.\($0)" }.joined(separator: " AND ")
            return "EXISTS (SELECT 1 FROM \(table) WHERE \(match))"
        }
        try refuse("INSERT", on: table, when: conditions.joined(separator: " OR "))
    }

    private func refuse(_ event: String, on table: StaticString, when condition: String = "true") throws {
        try script(
            """
            CREATE TRIGGER \(table)_refuses_\(event) BEFORE \(event) ON \(table) WHEN \(condition)
            BEGIN SELECT RAISE(ABORT, '\(table) keeps what it has'); END
            """)
    }
}
