import Store

/// A database that has nothing in it yet, removed with this.
public final class EmptyDatabase {
    /// The value of DATABASE_URL that leads here.
    public let url: String
    private let folder: TemporaryFolder

    /// Makes one, on the engine of the build.
    public init() throws {
        folder = try TemporaryFolder()
        #if PostgreSQL
            url = try PostgreSQLServer.shared.makeEmptyDatabase()
        #else
            url = "sqlite:" + folder.path("empty.db")
        #endif
    }

    deinit { TestStore.dropDatabase(url) }

    /// What makes connections to it.
    public var connect: @Sendable () -> any Database {
        let url = DatabaseURL(url)
        return { url?.database(creates: true) ?? SQLiteDatabase(path: "/nonexistent") }
    }
}
