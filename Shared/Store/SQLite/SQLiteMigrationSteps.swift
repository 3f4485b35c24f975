extension SQLiteDatabase {
    /// Does one step of a migration. What a table refuses, it refuses to whoever opens the file, with the pragmas of this
    /// product or without.
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
        // A new version of a row takes the place of the old one.
        case .busy(table: _): break
        case .steppedChanges: for sql in Schema.steppedChanges { try script(sql) }
        }
    }

    /// Each change of a row changes one count, or two.
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

    /// INSERT OR REPLACE deletes rows without a word to DELETE's triggers, unless recursive_triggers is on. The rowid is a
    /// key too; when the row to come has none yet, NEW.rowid is -1, which SQLite gives to no row.
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
