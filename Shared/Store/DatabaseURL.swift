import Glibc

/// Where the store is, as the variable DATABASE_URL says it: `sqlite:PATH`.
public struct DatabaseURL: Sendable {
    /// Where the local runner keeps its database, seen from the repository: what holds while the variable is not set.
    public static let local = "sqlite:.local-runner/thalian.db"

    private let path: String

    /// Reads the variable's value; nil when it names no engine that this build has.
    public init?(_ text: String) {
        let scheme = "sqlite:"
        guard text.hasPrefix(scheme), text.utf8.count > scheme.utf8.count else { return nil }
        path = String(text.dropFirst(scheme.count))
    }

    /// A new database in memory, gone when it is closed.
    public static func inMemory() -> any Database { SQLiteDatabase(path: ":memory:", creates: true) }

    /// Whether there is anything at that place: false for a file that does not exist.
    public var exists: Bool { access(path, F_OK) == 0 }

    /// The database there, which the first statement opens. With `creates` a missing SQLite file is made.
    public func database(creates: Bool = false) -> any Database {
        SQLiteDatabase(path: path, creates: creates)
    }
}
