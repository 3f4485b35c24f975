extension SQLiteDatabase {
    /// The page cache of a snapshot in KiB. It is large enough for the tables in which a snapshot looks rows up.
    private static let surveyCache = 65_536
    /// SQLite's default page cache in KiB.
    private static let usualCache = 2_000

    /// Calls `body` with a larger page cache and temporary tables in memory, and then drops all temporary tables.
    func takingSnapshot<Result>(_ body: () throws -> Result) throws -> Result {
        try script("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -\(Self.surveyCache)")
        // A change of temp_store drops all temporary objects, including the views.
        hidesUnfinishedChanges =
            try first("SELECT 1 FROM sqlite_temp_master WHERE type = 'view'", decode: { _ in true }) ?? false
        defer {
            for table in (try? rows("SELECT name FROM sqlite_temp_master WHERE type = 'table'") { $0.text(0) }) ?? [] {
                _ = try? script("DROP TABLE temp.\(table)")
            }
            _ = try? script("PRAGMA cache_size = -\(Self.usualCache); PRAGMA shrink_memory")
        }
        return try body()
    }

    public func materialize(_ table: TemporaryTable, _ parameters: [SQLValue]) throws {
        try run(SQL(text: "CREATE TEMP TABLE \(table.name) AS " + table.query.text), parameters) { _ in }
        try script("CREATE INDEX temp.\(table.name)_by_\(table.key) ON \(table.name) (\(table.key))")
    }
}
