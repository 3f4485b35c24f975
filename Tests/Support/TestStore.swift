import Base
import Store

/// A SQLite database with the product's schema, in a folder that is removed with it, and two workspaces that know
/// nothing of each other.
public final class TestStore {
    /// Where the database's files are.
    public let folder: TemporaryFolder
    /// The database, migrated.
    public let database: any Database
    /// The workspace that the tests call as.
    public let own: TestWorkspace
    /// Someone else's workspace.
    public let other: TestWorkspace

    /// The value of DATABASE_URL that leads here.
    public var url: String { "sqlite:" + path }

    /// The database's file.
    public var path: String { folder.path("store.db") }

    /// The moment at which the tests happen.
    public static let now = Timestamp(seconds: 1_776_256_200)  // 2026-04-15T12:30:00Z

    /// A store whose workspaces have members and keys; with `filled` they have data too.
    public init(filled: Bool = false) throws {
        folder = try TemporaryFolder()
        let database = SQLiteDatabase(path: folder.path("store.db"), creates: true)
        try database.migrate()
        self.database = database
        (own, other) = try database.transaction(.write) {
            let own = try TestWorkspace(.own, in: database)
            let other = try TestWorkspace(.other, in: database)
            if filled {
                try own.fill()
                try other.fill()
            }
            return (own, other)
        }
    }

    deinit { database.close() }

    /// A connection of its own to the same file, as another process would have.
    public func connect() -> any Database { SQLiteDatabase(path: path) }
}
