import Base
import CSQLite
import Glibc

// Backups of a SQLite database.
//
// Problem. While the product runs, the newest data is in the write-ahead log, so a copy of the file alone is neither
// complete nor consistent. A copy that is interrupted must not be taken for a backup. A restored file must never be
// combined with the write-ahead log of the file that it replaces, because SQLite would write that log's pages into it.
//
// Approach. A backup is made by SQLite's online backup within one read transaction, so it contains one state of the
// data, and other processes can continue to write. It is written to a file with another name, checked, flushed to the
// disk, and only then renamed. Restoring does the same in the other direction. Until it ends, it holds the lock of
// SQLite's exclusive mode on the old file. It gets this lock only if no process has the database open, and then no
// process can open it.
//
// Cost. A process that began to wait for that lock opens the old file after the rename. That file is then empty, so the
// process's statements fail, and its next connection opens the new file.

/// Backups of a SQLite file.
public struct SQLiteBackup {
    /// The contents of a backup.
    public struct Summary: Sendable, Equatable {
        /// The version of the schema.
        public let version: Int
        /// The number of workspaces, including those whose data was erased.
        public let workspaces: Int
        /// The number of audit entries, all of which were checked. Nil if the schema is too new for this build.
        public let auditEntries: Int?
        /// The size of the file.
        public let bytes: Int
    }

    private let path: String

    /// Prepares backups of the database file at `path`.
    public init(of path: String) { self.path = path }

    // MARK: Backup

    /// Writes a backup to `file`, and checks it.
    ///
    /// - Parameter replaces: If true, an older file of that name is replaced at the end.
    /// - Throws: `BackupError` or `StoreError`. Then there is no new file.
    public func write(to file: String, replaces: Bool = false) throws -> Summary {
        let status = try FileStatus(path).orThrow(.noDatabase(path))
        try refuseOwnFiles([file, file + PartialFile.suffix], named: file)
        guard status.isFile else { throw BackupError.noDatabase(path) }
        try Self.requireFileOrNothing(file)
        guard replaces || FileStatus(file) == nil else { throw BackupError.fileExists(file) }
        let partial = try PartialFile(for: file)
        do {
            try copyPages(to: partial.path)
            let summary = try Self.check(partial.path, named: path, journal: "DELETE")
            try partial.publish()
            return summary
        } catch {
            partial.discard()
            throw error
        }
    }

    /// The number of pages that are copied at a time.
    private static let pagesPerStep: Int32 = 4_096

    private func copyPages(to file: String) throws {
        let source = SQLiteDatabase(path: path)
        defer { source.close() }
        try source.transaction(.read) {
            // The first statement decides which state of the data the transaction sees.
            guard try source.first("SELECT count(*) FROM sqlite_master", decode: { try $0[0] as Int }) ?? 0 > 0,
                let handle = source.handle
            else { throw BackupError.noDatabase(path) }
            var opened: OpaquePointer?
            let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE
            let code = sqlite3_open_v2(file, &opened, flags, nil)
            defer { sqlite3_close_v2(opened) }
            guard code == SQLITE_OK, let opened else { throw StoreError(code, on: opened) }
            // The copy is worthless if it is interrupted, so it needs no journal, and it is flushed at the end.
            sqlite3_exec(opened, "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF", nil, nil, nil)
            guard let backup = sqlite3_backup_init(opened, "main", handle, "main") else {
                throw StoreError(sqlite3_extended_errcode(opened), on: opened)
            }
            var result = SQLITE_OK
            while result == SQLITE_OK { result = sqlite3_backup_step(backup, Self.pagesPerStep) }
            let end = sqlite3_backup_finish(backup)
            guard result == SQLITE_DONE, end == SQLITE_OK else {
                let code = result == SQLITE_DONE ? end : result
                let error = StoreError(code, on: opened)
                if case .unwritable(let reason) = error {
                    throw BackupError.unwritable(file, reason, isFull: code & 0xff == SQLITE_FULL)
                }
                throw error
            }
        }
    }

    // MARK: Restoring

    /// Puts a backup in the place of the database, which need not exist.
    ///
    /// - Parameters:
    ///   - replaces: If true, a database that exists is replaced. It must not be in use.
    ///   - allowsAnySchema: If true, the backup may have a schema that is older than that of the database, or newer
    ///     than this build can serve.
    /// - Throws: `BackupError` or `StoreError`. Then the database's data is unchanged, unless it was damaged.
    public func restore(
        from file: String, replaces: Bool = false, allowsAnySchema: Bool = false
    ) throws -> Summary {
        let source = try FileStatus(file).orThrow(.noBackup(file))
        guard source.isFile else { throw BackupError.noBackup(file) }
        guard FileStatus(file + "-wal")?.size ?? 0 == 0 else { throw BackupError.isADatabaseInUse(file) }
        let target = Self.resolved(path)
        try Self.requireFileOrNothing(target)
        let old = FileStatus(target)
        try refuseOwnFiles([file], named: file)
        // An unfinished backup of this name would be emptied before it is read.
        guard FileStatus(target + PartialFile.suffix) != source else { throw BackupError.noBackup(file) }
        guard old == nil || replaces else { throw BackupError.databaseExists(path) }
        let (lock, oldVersion) = try old == nil ? (nil, 0) : Self.lock(target)
        let partial = try PartialFile(for: target)
        do {
            try partial.fill(from: file)
            let summary = try Self.check(partial.path, named: file, journal: "WAL")
            if !allowsAnySchema {
                guard summary.auditEntries != nil else { throw BackupError.newerThanThisBuild(summary.version) }
                guard summary.version >= oldVersion else {
                    throw BackupError.olderThanTheDatabase(summary.version, than: oldVersion)
                }
            }
            try partial.give(to: old ?? FileStatus(PartialFile.folder(of: target)), isRequired: old != nil)
            guard old != nil || FileStatus(target) == nil else { throw BackupError.databaseExists(path) }
            // The old write-ahead log must not outlive its file. Its contents are already in the file, unless the file
            // is damaged.
            for suffix in ["-wal", "-shm", "-journal"] { unlink(target + suffix) }
            try partial.publish()
            lock?.empty()
            return summary
        } catch {
            partial.discard()
            throw error
        }
    }

    /// Locks a database that no process uses. Returns the lock and the schema's version, which is 0 if it can't be
    /// read.
    private static func lock(_ path: String) throws -> (ExclusiveLock?, Int) {
        let database = SQLiteDatabase(path: path)
        let version = try? database.first("PRAGMA user_version") { try $0[0] as Int }
        // The last connection that is closed writes the log into the file.
        database.close()
        return (try ExclusiveLock(path), version ?? 0)
    }

    /// Throws an error if one of the paths is that of the database, or of a file that SQLite or this product may create
    /// next to it: such a file is part of the database, or is deleted when the database is opened.
    private func refuseOwnFiles(_ paths: [String], named name: String) throws(BackupError) {
        let database = Self.resolved(path)
        let suffixes = ["", "-wal", "-shm", "-journal"]
        let own = ["", "-counters"].flatMap { file in suffixes.map { database + file + $0 } }
        for path in paths {
            let status = FileStatus(path)
            let isOwn = own.contains(PartialFile.withoutLinks(path))
            guard !isOwn, status == nil || !own.contains(where: { FileStatus($0) == status }) else {
                throw .isTheDatabase(name)
            }
        }
    }

    /// Throws an error if there is something other than a regular file at a path, such as a device or a link, which a
    /// new file must not replace.
    private static func requireFileOrNothing(_ path: String) throws(BackupError) {
        guard let found = FileStatus(path, followsLink: false), !found.isFile else { return }
        throw BackupError.isNoFile(path)
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    // MARK: Checks

    /// Checks a whole database: its pages and indexes, its references, and, unless the schema is too new for this
    /// build, its schema and the audit log of each workspace. Also sets its journal mode: a backup must not need other
    /// files, and a database must be ready for use. Errors use `name` for the file.
    private static func check(_ path: String, named name: String, journal: StaticString) throws -> Summary {
        let database = SQLiteDatabase(path: path)
        database.followsLinks = false
        defer { database.close() }
        let state: SchemaState
        do { state = try database.schemaState() } catch StoreError.damaged { throw BackupError.noBackup(name) }
        guard state != .missing else { throw BackupError.noBackup(name) }
        do {
            let mode = try database.first(SQL(text: "PRAGMA journal_mode = \(journal)")) { try $0[0] as String }
            guard mode == "\(journal)".lowercased() else {
                throw StoreError.unreachable("the journal mode of \(path) can't be set")
            }
            let faults = try database.rows("PRAGMA integrity_check(10)") { try $0[0] as String }
            guard faults == ["ok"] else { throw BackupError.damaged(faults.first ?? "") }
            if let difference = try SchemaComparison.difference(database, state) {
                throw BackupError.damaged(difference)
            }
            let orphans = try database.rows("PRAGMA foreign_key_check") { try $0[0] as String }
            if let table = orphans.first { throw BackupError.damaged("a row of \(table) refers to a missing row") }
            let workspaces = try database.rows("SELECT id FROM workspaces ORDER BY id") { try $0[0] as Identifier }
            var entries: Int? = 0
            if case .tooNew = state { entries = nil }
            if entries != nil {
                for id in workspaces {
                    do {
                        entries = try (entries ?? 0) + AuditLog(database, workspaceID: id).verify()
                    } catch let error as AuditLog.BrokenChain {
                        throw BackupError.damaged("in workspace \(id) \(error)")
                    }
                }
            }
            let version = try database.first("PRAGMA user_version") { try $0[0] as Int } ?? 0
            database.close()
            return Summary(
                version: version, workspaces: workspaces.count, auditEntries: entries,
                bytes: FileStatus(path)?.size ?? 0)
        } catch StoreError.damaged(let reason) { throw BackupError.damaged(reason) }
    }
}
