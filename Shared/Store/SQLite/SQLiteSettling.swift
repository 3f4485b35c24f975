import CSQLite
import CSQLiteTemplate

extension SQLiteDatabase {
    /// Reads the schema and compiles the statements that `rehearsal` has compiled, then lets go of the file: half of what a
    /// short process does with SQLite is reading the schema. The children each open the file for themselves
    /// (csqlite_template.h).
    public func settle(like rehearsal: any Database) {
        guard let rehearsal = rehearsal as? SQLiteDatabase else { return }
        do {
            // By an ordinary connection first, which also sees what is still in the write-ahead log.
            let schema = try schemaText()
            close()
            guard Self.hasTemplateVFS else { return }
            vfs = String(cString: csqlite_template_name)
            guard try schemaText() == schema else { return close() }
            for sql in rehearsal.statements.keys { _ = try? prepared(sql) }
            guard csqlite_template_release(try connection()) == SQLITE_OK else { return close() }
            sqlite3_db_release_memory(try connection())
            if role == .primary { counters.settle(like: rehearsal.counters) }
        } catch {
            close()
        }
    }

    private static let hasTemplateVFS = csqlite_template_register() == SQLITE_OK

    private func schemaText() throws -> [String?] {
        try rows("SELECT sql FROM sqlite_master ORDER BY rowid") { try $0[0] }
            + rows("PRAGMA schema_version") { String($0.integer(0)) }
    }
}
