import Base
import Store

/// A database with the product's schema that is removed with it, and two workspaces that know nothing of each other.
public final class TestStore {
    /// The engine of a test's database.
    public enum Engine {
        case sqlite
        case postgreSQL

        /// That of the build: its tests run on it, unless they are about the other one.
        public static var ofThisBuild: Engine {
            #if PostgreSQL
                .postgreSQL
            #else
                .sqlite
            #endif
        }
    }

    /// A folder for the test, where a SQLite database's files are.
    public let folder: TemporaryFolder
    /// The value of DATABASE_URL that leads here.
    public let url: String
    /// The database, migrated.
    public let database: any Database
    /// The workspace that the tests call as.
    public let own: TestWorkspace
    /// Someone else's workspace.
    public let other: TestWorkspace

    /// A SQLite database's file.
    public var path: String { folder.path("store.db") }

    /// The moment at which the tests happen.
    public static let now = Timestamp(seconds: 1_776_256_200)  // 2026-04-15T12:30:00Z

    /// A store whose workspaces have members and keys; with `filled` they have data too.
    public init(filled: Bool = false, on engine: Engine = .ofThisBuild) throws {
        folder = try TemporaryFolder()
        url = try Self.makeDatabase(on: engine, in: folder)
        guard let database = DatabaseURL(url)?.database() else { throw StoreError.failed("\(url) names no database") }
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

    deinit {
        database.close()
        Self.dropDatabase(url)
    }

    /// Makes a database that has the schema, and nothing else; the result is its URL. `dropDatabase` removes it.
    public static func makeDatabase(on engine: Engine = .ofThisBuild, in folder: TemporaryFolder) throws -> String {
        switch engine {
        case .sqlite:
            let path = folder.path("store.db")
            let database = SQLiteDatabase(path: path, creates: true)
            try database.migrate()
            database.close()
            return "sqlite:" + path
        case .postgreSQL:
            #if PostgreSQL
                return try PostgreSQLServer.shared.makeDatabase()
            #else
                throw StoreError.failed("this build has no PostgreSQL")
            #endif
        }
    }

    /// Removes a database. The files of a SQLite database go with their folder.
    public static func dropDatabase(_ url: String) {
        #if PostgreSQL
            if url.hasPrefix("postgres:") { PostgreSQLServer.shared.dropDatabase(url) }
        #endif
    }

    /// What makes connections of their own to the same database, as other processes have.
    public var connect: @Sendable () -> any Database {
        let url = DatabaseURL(url)
        return { url?.database() ?? SQLiteDatabase(path: "/nonexistent") }
    }
}
