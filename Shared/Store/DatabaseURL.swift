import Base
import Glibc

/// Where the store is, as the variable DATABASE_URL says it: `sqlite:PATH`, or, in builds that have PostgreSQL,
/// `postgres://USER:PASSWORD@HOST/DATABASE` with libpq's parameters.
public struct DatabaseURL: Sendable {
    /// Where the local runner keeps its database, seen from the repository: what holds while the variable is not set.
    public static let local = "sqlite:.local-runner/thalian.db"

    private enum Engine {
        case sqlite(path: String)
        #if PostgreSQL
            case postgreSQL(Secret)
        #endif
    }

    private let engine: Engine

    /// Reads the variable's value; nil when it names no engine that this build has.
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

    /// A new database in memory, gone when it is closed.
    public static func inMemory() -> any Database { SQLiteDatabase(path: ":memory:", creates: true) }

    /// Whether there is anything at that place: false for a file that does not exist. A server is taken to be there.
    public var exists: Bool {
        switch engine {
        case .sqlite(let path): access(path, F_OK) == 0
        #if PostgreSQL
            case .postgreSQL: true
        #endif
        }
    }

    /// The database there, which the first statement opens. With `creates` a missing SQLite file is made.
    public func database(creates: Bool = false) -> any Database {
        switch engine {
        case .sqlite(let path): SQLiteDatabase(path: path, creates: creates)
        #if PostgreSQL
            case .postgreSQL(let url): PostgreSQLDatabase(url: url)
        #endif
        }
    }
}
