import Base
import Glibc

/// The location of the store, as given by the variable DATABASE_URL: `sqlite:PATH`, or, in builds with PostgreSQL,
/// `postgres://USER:PASSWORD@HOST/DATABASE` with libpq's parameters.
public struct DatabaseURL: Sendable {
    /// The URL of the local runner's database, with a path relative to the working directory. Functions use it if
    /// DATABASE_URL is not set.
    public static let local = "sqlite:.local-runner/thalian.db"

    private enum Engine {
        case sqlite(path: String)
        #if PostgreSQL
            case postgreSQL(Secret)
        #endif
    }

    private let engine: Engine

    /// Reads the variable's value. Returns nil if it names no database engine that this build includes, or if no path
    /// follows `sqlite:`.
    public init?(_ text: String) {
        let scheme = "sqlite:"
        if text.hasPrefix(scheme), text.utf8.count > scheme.utf8.count {
            engine = .sqlite(path: String(text.dropFirst(scheme.count)))
            return
        }
        #if PostgreSQL
            if text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") {
                engine = .postgreSQL(Secret(text))
                return
            }
        #endif
        return nil
    }

    /// Creates a new database in memory. It disappears when it is closed.
    public static func inMemory() -> any Database { SQLiteDatabase(path: ":memory:", creates: true) }

    /// The path of a SQLite file. Nil for a server.
    public var file: String? {
        switch engine {
        case .sqlite(let path): path
        #if PostgreSQL
            case .postgreSQL: nil
        #endif
        }
    }

    /// True if the database exists. It is false for a SQLite file that does not exist; a server is assumed to exist.
    public var exists: Bool {
        switch engine {
        case .sqlite(let path): access(path, F_OK) == 0
        #if PostgreSQL
            case .postgreSQL: true
        #endif
        }
    }

    /// Returns the database, which the first statement opens. With `creates`, a missing SQLite file is created.
    public func database(creates: Bool = false) -> any Database {
        switch engine {
        case .sqlite(let path): SQLiteDatabase(path: path, creates: creates)
        #if PostgreSQL
            case .postgreSQL(let url): PostgreSQLDatabase(url: url)
        #endif
        }
    }
}
