public import Base

/// The reason why a backup can't be made or restored.
public struct BackupError: DomainError, Equatable {
    public let kind: ErrorKind
    public let code: String
    public let sentence: String

    private init(_ kind: ErrorKind, _ name: String, _ sentence: String) {
        self.kind = kind
        code = "backup." + name
        self.sentence = sentence
    }

    static func noDatabase(_ path: String) -> BackupError {
        BackupError(.notFound, "no_database", "There is no database at \(path).")
    }

    static func noBackup(_ path: String) -> BackupError {
        BackupError(.invalid, "no_backup", "\(path) is not a backup of this product. Nothing was changed.")
    }

    static func fileExists(_ path: String) -> BackupError {
        BackupError(.conflict, "file_exists", "\(path) exists. Choose another name, or add --replace.")
    }

    static func isNoFile(_ path: String) -> BackupError {
        BackupError(
            .conflict, "is_no_file",
            "\(path) is not a regular file, so it is not replaced. Choose another name. Nothing was changed.")
    }

    static func databaseExists(_ path: String) -> BackupError {
        BackupError(
            .conflict, "database_exists",
            "There is a database at \(path). To replace it, stop the processes that use it and add --replace.")
    }

    /// - Parameter isFull: True if the disk, or this user's share of it, is full.
    static func unwritable(_ path: String, _ reason: String, isFull: Bool) -> BackupError {
        BackupError(
            .unavailable, "unwritable",
            "\(path) can't be written: \(reason). \(isFull ? "Make room, or choose" : "Choose") another place. "
                + "Nothing was changed.")
    }

    static func noFolder(_ path: String) -> BackupError {
        BackupError(
            .notFound, "no_folder",
            "There is no folder \(path). Create it, or choose another place. Nothing was changed.")
    }

    static func unreadable(_ path: String, _ reason: String) -> BackupError {
        BackupError(.unavailable, "unreadable", "\(path) can't be read: \(reason). Nothing was changed.")
    }

    static func folderOpenToAll(_ path: String) -> BackupError {
        BackupError(
            .refused, "folder_open_to_all",
            "Every user may replace files in the folder \(path). Choose another folder, or take this right away with "
                + "chmod o-w. Nothing was changed.")
    }

    static func exchanged(_ path: String) -> BackupError {
        BackupError(
            .refused, "exchanged",
            "Another process has replaced \(path). Choose a folder that only this user can write. Nothing was changed.")
    }

    static func isTheDatabase(_ path: String) -> BackupError {
        BackupError(.conflict, "is_the_database", "\(path) belongs to the database itself. Choose another file.")
    }

    static func isADatabaseInUse(_ path: String) -> BackupError {
        BackupError(
            .conflict, "not_a_backup",
            "\(path) has a write-ahead log next to it, so it is a database in use. Make a backup of it with "
                + "local-runner backup.")
    }

    static func databaseInUse(_ path: String) -> BackupError {
        BackupError(
            .conflict, "database_in_use",
            "A process uses the database \(path). Stop the server, the workers and the schedules first. "
                + "Nothing was changed.")
    }

    static func isUnderWay(_ path: String) -> BackupError {
        BackupError(.conflict, "under_way", "Another process is writing \(path). Wait until it has ended.")
    }

    static func damaged(_ reason: String) -> BackupError {
        BackupError(.unprocessable, "damaged", "The data is damaged: \(reason). Nothing was changed.")
    }

    static func otherOwner(_ path: String) -> BackupError {
        BackupError(
            .refused, "other_owner",
            "The database \(path) belongs to another user. Run this as that user or as root. Nothing was changed.")
    }

    static func newerThanThisBuild(_ version: Int) -> BackupError {
        BackupError(
            .conflict, "schema_too_new",
            "The backup has schema version \(version), which this build can't serve: it has version "
                + "\(SchemaState.ofThisBuild). Use the newer build, or add --any-schema. Nothing was changed.")
    }

    static func olderThanTheDatabase(_ version: Int, than other: Int) -> BackupError {
        BackupError(
            .conflict, "schema_older",
            "The backup has schema version \(version), and the database has the newer version \(other). "
                + "To go back to the older one, add --any-schema. Nothing was changed.")
    }
}
