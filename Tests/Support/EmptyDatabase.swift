import Store

/// A database that has nothing in it yet, removed with this.
public final class EmptyDatabase {
    /// The value of DATABASE_URL that leads here.
    public let url: String
    private let folder: TemporaryFolder

    /// Makes one, on the engine of this run.
    public init() throws {
        UsesStore.check()
        folder = try TemporaryFolder(.inMemory)
        url = try TestStore.makeEmptyDatabase(in: folder)
    }

    deinit { TestStore.dropDatabase(url) }

    /// What makes connections to it.
    public var connect: @Sendable () -> any Database {
        let url = DatabaseURL(url)
        return { url?.database(creates: true) ?? SQLiteDatabase(path: "/nonexistent") }
    }
}
