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
