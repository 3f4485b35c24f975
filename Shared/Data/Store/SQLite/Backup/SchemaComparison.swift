/// Compares the schema of a SQLite database with the one that this build's migrations create. A file may have been
/// changed by other programs: without its triggers the audit log could be changed, and a trigger that someone added
/// would run with each statement of the product.
enum SchemaComparison {
    /// A table, an index, a trigger or a view.
    private struct Object: Hashable {
        let kind: String
        let name: String

        /// True if additive migrations, which this build need not know, may add such an object, or a column to it.
        var mayBeNew: Bool { ["table", "index"].contains(kind) }
    }

    /// Returns the first difference as a sentence without a full stop. Returns nil if there is none.
    ///
    /// - Parameter state: The state of the database's schema. A newer schema may have tables, indexes and columns that
    ///   this build does not know. A schema that is missing or too new for this build is not compared.
    static func difference(_ database: SQLiteDatabase, _ state: SchemaState) throws -> String? {
        var version = SchemaState.ofThisBuild
        var isNewer = false
        switch state {
        case .missing, .tooNew: return nil
        case .older(let older): version = older
        case .current: break
        case .newer: isNewer = true
        }
        let fresh = SQLiteDatabase(path: ":memory:", creates: true)
        defer { fresh.close() }
        try fresh.migrate(upTo: version)
        let (expected, found) = (try objects(fresh), try objects(database))
        for object in Set(expected.keys).union(found.keys).sorted(by: { ($0.kind, $0.name) < ($1.kind, $1.name) }) {
            let name = "the \(object.kind) \(object.name)"
            guard let text = expected[object] else {
                if isNewer, object.mayBeNew { continue }
                return "\(name) does not belong to the product's schema"
            }
            guard let other = found[object] else { return "\(name) is missing" }
            guard other == text || isNewer && object.mayBeNew else { return "\(name) was changed" }
        }
        return nil
    }

    /// Returns the statements that created a database's objects. Each is a list of words, so that white space does not
    /// matter, with the object's table first. The tables of SQLite's own statistics are left out.
    private static func objects(_ database: SQLiteDatabase) throws -> [Object: [Substring]] {
        let rows = try database.rows(
            """
            SELECT type, name, tbl_name, sql FROM sqlite_master
            WHERE NOT (type = 'table' AND name IN ('sqlite_stat1', 'sqlite_stat4'))
            """
        ) { row in
            let (table, text) = (try row[2] as String, try row[3] as String?)
            let words = [Substring(table)] + (text ?? "").split(whereSeparator: \.isWhitespace)
            return (Object(kind: try row[0], name: try row[1]), words)
        }
        return Dictionary(rows) { first, _ in first }
    }
}
