import Base
import Glibc

/// The local database and dev.json, which `dev` keeps in its state folder.
enum LocalState {
    private static let names =
        ["thalian.db", "thalian.db-counters"].flatMap { [$0, $0 + "-wal", $0 + "-shm"] } + ["dev.json"]

    /// Deletes the local database with its counters, and dev.json. No other file in the folder is deleted, and
    /// .dev.vars stays.
    ///
    /// - Throws: `Failure` if the configuration names another database than the local one, and then deletes nothing;
    ///   `FileError` if a file can't be deleted.
    static func empty(_ project: Project, _ configuration: Configuration) throws {
        let local = "sqlite:\(project.stateFolder)/thalian.db"
        guard configuration.variables["DATABASE_URL"]?.reveal({ $0 == local }) ?? true else {
            throw Failure(
                "--reset empties only the database in \(project.stateFolder), but DATABASE_URL names another one; "
                    + "empty that one by its own means")
        }
        for name in names {
            let path = "\(project.stateFolder)/\(name)"
            guard unlink(path) == 0 || errno == ENOENT else { throw FileError(path: path, code: errno) }
        }
    }
}
