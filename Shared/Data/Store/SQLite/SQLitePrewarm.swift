import CSQLite
import CSQLiteTemplate

extension SQLiteDatabase {
    /// Prepares for forks: loads the schema and compiles the statements that `rehearsal` has compiled, then closes the
    /// file. Loading the schema is half of the work that a short process does with SQLite. Each child then opens the
    /// file itself (csqlite_template.h).
    public func prewarm(like rehearsal: any Database) {
        guard let rehearsal = rehearsal as? SQLiteDatabase else { return }
        do {
            // Reads the schema with an ordinary connection first, which also sees the write-ahead log. If the database
            // file alone has another schema, the template connection can't be used.
            let schema = try schemaText()
            close()
            guard Self.hasTemplateVFS else { return }
            vfs = String(cString: csqlite_template_name)
            guard try schemaText() == schema else { return close() }
            for text in rehearsal.statements.keys { _ = try? prepared(SQL(text: text)) }
            guard csqlite_template_release(try connection()) == SQLITE_OK else { return close() }
            sqlite3_db_release_memory(try connection())
            if role == .primary { counters.prewarm(like: rehearsal.counters) }
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
