public import Store

/// A database without a schema, which is removed with this object.
public final class EmptyDatabase {
    /// The value of DATABASE_URL for this database.
    public let url: String
    private let folder: TemporaryFolder

    /// Makes a database on the engine of this run.
    public init() throws {
        UsesStore.check()
        folder = try TemporaryFolder(.inMemory)
        url = try TestStore.makeEmptyDatabase(in: folder)
    }

    deinit { TestStore.dropDatabase(url) }

    /// A function that opens a connection to the database.
    public var connect: @Sendable () -> any Database {
        let url = DatabaseURL(url)
        return { url?.database(creates: true) ?? SQLiteDatabase(path: "/nonexistent") }
    }
}
