public import Base
import Foundation
public import Store

/// A database with the product's schema and two separate workspaces. It is removed with this object.
public final class TestStore {
    /// The engine of a test's database.
    public enum Engine: Sendable {
        case sqlite
        case postgreSQL

        /// The engine that this run tests: PostgreSQL if THALIAN_POSTGRESQL names a server. Tests use it unless they
        /// are about one engine.
        public static let ofThisRun: Engine =
            ProcessInfo.processInfo.environment["THALIAN_POSTGRESQL"] == nil ? .sqlite : .postgreSQL
    }

    /// A folder for the test, which contains a SQLite database's files.
    public let folder: TemporaryFolder
    /// The value of DATABASE_URL for this database.
    public let url: String
    /// The migrated database.
    public let database: any Database
    /// The workspace whose members and keys make the tests' calls.
    public let own: TestWorkspace
    /// Another owner's workspace.
    public let other: TestWorkspace

    /// The file of a SQLite database.
    public var path: String { folder.path("store.db") }

    /// The time at which the tests take place.
    public static let now = Timestamp(seconds: 1_776_256_200)  // 2026-04-15T12:30:00Z

    /// Makes a store whose workspaces have members and API keys; with `filled` they have data too. It uses `engine`, or
    /// the engine of this run if that is nil.
    public init(filled: Bool = false, on engine: Engine? = nil) throws {
        if engine == nil { UsesStore.check() }
        folder = try TemporaryFolder(.inMemory)
        url = try Self.makeDatabase(on: engine ?? .ofThisRun, in: folder)
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

    /// Makes a database that has only the schema; returns its URL. `dropDatabase` removes it.
    public static func makeDatabase(on engine: Engine = .ofThisRun, in folder: TemporaryFolder) throws -> String {
        switch engine {
        case .sqlite:
            for (name, bytes) in try migrated.get() { try bytes.write(to: URL(filePath: folder.path(name))) }
            return "sqlite:" + folder.path("store.db")
        case .postgreSQL:
            #if PostgreSQL
                return try PostgreSQLServer.shared.makeDatabase()
            #else
                throw StoreError.failed("this build has no PostgreSQL")
            #endif
        }
    }

    /// The files of a migrated SQLite database, by name: copying them is faster than migrating for each test.
    private static let migrated = Result {
        let folder = try TemporaryFolder(.inMemory)
        let database = SQLiteDatabase(path: folder.path("store.db"), creates: true)
        try database.migrate()
        database.close()
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).map {
            ($0, try Data(contentsOf: URL(filePath: folder.path($0))))
        }
    }

    /// Makes an empty database; returns its URL. A SQLite file is made by the first statement.
    static func makeEmptyDatabase(in folder: TemporaryFolder) throws -> String {
        #if PostgreSQL
            if Engine.ofThisRun == .postgreSQL { return try PostgreSQLServer.shared.makeEmptyDatabase() }
        #endif
        return "sqlite:" + folder.path("empty.db")
    }

    /// Removes a PostgreSQL database. Does nothing for SQLite, whose files are removed with their folder.
    public static func dropDatabase(_ url: String) {
        #if PostgreSQL
            if url.hasPrefix("postgres:") { PostgreSQLServer.shared.dropDatabase(url) }
        #endif
    }

    /// A function that opens a separate connection to the same database, as another process does.
    public var connect: @Sendable () -> any Database {
        let url = DatabaseURL(url)
        return { url?.database() ?? SQLiteDatabase(path: "/nonexistent") }
    }
}
