import Base
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Store

/// Backups of a SQLite database, whatever engine the other tests use.
@Suite struct BackupTests {
    private let store: TestStore
    private let folder: TemporaryFolder
    private var backup: SQLiteBackup { SQLiteBackup(of: store.path) }
    private var file: String { folder.path("store.backup") }

    init() throws {
        store = try TestStore(filled: true, on: .sqlite)
        folder = try TemporaryFolder()
    }

    private func names(in path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    private func code(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch let error as BackupError { return error.code } catch { return "\(error)" }
    }

    private func append(_ name: String) throws {
        try AuditLog(store.database, workspaceID: store.own.id).append(AuditEntry(action: name))
    }

    @Test("A backup holds all rows except counters, is for its owner alone, and needs no other file")
    func backUp() throws {
        let rows = try StoredRows(store.database)
        let summary = try backup.write(to: file)
        #expect(summary.workspaces == 2 && summary.version == SchemaState.ofThisBuild)
        let entries = try [store.own.id, store.other.id].map { try AuditLog(store.database, workspaceID: $0).verify() }
        #expect(summary.auditEntries == entries.reduce(0, +))
        #expect(names(in: folder.path) == ["store.backup"])
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.posixPermissions] as? Int == 0o600 && attributes[.size] as? Int == summary.bytes)
        let copy = SQLiteDatabase(path: file)
        let copied = try StoredRows(copy)
        for id in [store.own.id, store.other.id] {
            #expect(copied[id] == rows[id].filter { !$0.hasPrefix("counters") })
        }
        copy.close()
        #expect(names(in: folder.path).contains("store.backup-wal") == false)
    }

    /// Each transaction writes two rows, so a copy of an unfinished one would contain an odd number.
    @Test("A backup holds one state of the data while others write") func backUpWhileOthersWrite() throws {
        let (connect, id) = (store.connect, store.own.id)
        let hasEnded = Mutex(false)
        let written = Mutex(0)
        let writer = Threads(count: 1) { _ in
            let database = connect()
            defer { database.close() }
            while !hasEnded.withLock({ $0 }) {
                try? database.transaction(.write) {
                    let log = AuditLog(database, workspaceID: id)
                    try log.append(AuditEntry(action: "first"))
                    try log.append(AuditEntry(action: "second"))
                }
                written.withLock { $0 += 1 }
            }
        }
        for number in 0..<5 {
            let before = written.withLock { $0 }
            while written.withLock({ $0 }) == before { sched_yield() }
            let file = folder.path("backup-\(number)")
            _ = try backup.write(to: file)
            let copy = SQLiteDatabase(path: file)
            defer { copy.close() }
            let count = try copy.first("SELECT count(*) FROM audit_log WHERE action IN ('first', 'second')") {
                try $0[0] as Int
            }
            #expect(count.map { $0 > 0 && $0.isMultiple(of: 2) } == true)
        }
        hasEnded.withLock { $0 = true }
        writer.join()
    }

    @Test("Restoring brings back the data in the backup, and drops later changes") func restore() throws {
        let rows = try StoredRows(store.database)
        let summary = try backup.write(to: file)
        try append("later")
        try store.database.execute("DELETE FROM members WHERE workspace_id = $1", store.own.id)
        store.database.close()
        let old = names(in: store.folder.path)
        #expect(try backup.restore(from: file, replaces: true).auditEntries == summary.auditEntries)
        #expect(names(in: store.folder.path) == old.filter { !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") })
        let restored = try StoredRows(store.database)
        for id in [store.own.id, store.other.id] { #expect(restored[id] == rows[id]) }
        #expect(try store.database.first("PRAGMA journal_mode") { try $0[0] as String } == "wal")
        try append("goes on")
        #expect(try AuditLog(store.database, workspaceID: store.own.id).verify() > 0)
        let attributes = try FileManager.default.attributesOfItem(atPath: store.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("A backup is restored where no database is") func restoreIntoNothing() throws {
        let rows = try StoredRows(store.database)
        _ = try backup.write(to: file)
        let path = folder.path("new.db")
        _ = try SQLiteBackup(of: path).restore(from: file)
        let database = SQLiteDatabase(path: path)
        defer { database.close() }
        #expect(try database.schemaState() == .current)
        #expect(try StoredRows(database)[store.other.id] == rows[store.other.id].filter { !$0.hasPrefix("counters") })
    }

    @Test("A backup replaces another file only if the caller allows it, and never the database's own files")
    func refusesToReplace() throws {
        try folder.write("store.backup", "something else")
        #expect(code { _ = try backup.write(to: file) } == "backup.file_exists")
        #expect(folder.read("store.backup") == "something else")
        for suffix in ["", "-wal", "-shm", "-counters"] {
            #expect(code { _ = try backup.write(to: store.path + suffix, replaces: true) } == "backup.is_the_database")
        }
        let link = folder.path("link.db")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: store.path)
        #expect(code { _ = try backup.write(to: link, replaces: true) } == "backup.is_the_database")
        #expect(try backup.write(to: file, replaces: true).workspaces == 2)
        #expect(code { _ = try SQLiteBackup(of: folder.path("none.db")).write(to: file + "2") } == "backup.no_database")
        #expect(names(in: folder.path) == ["link.db", "store.backup"])
    }

    @Test("Restoring refuses a database in use, and changes nothing") func refusesADatabaseInUse() throws {
        _ = try backup.write(to: file)
        try append("later")
        let rows = try StoredRows(store.database)[store.own.id]
        #expect(code { _ = try backup.restore(from: file) } == "backup.database_exists")
        #expect(code { _ = try backup.restore(from: file, replaces: true) } == "backup.database_in_use")
        // A connection that has only read counts too.
        store.database.close()
        let reader = store.connect()
        _ = try reader.first("SELECT count(*) FROM workspaces") { try $0[0] as Int }
        #expect(code { _ = try backup.restore(from: file, replaces: true) } == "backup.database_in_use")
        reader.close()
        #expect(try StoredRows(store.database)[store.own.id] == rows)
        try append("later still")
        let new = SQLiteBackup(of: folder.path("new.db"))
        #expect(code { _ = try new.restore(from: store.path) } == "backup.not_a_backup")
        store.database.close()
        #expect(code { _ = try backup.restore(from: store.path, replaces: true) } == "backup.is_the_database")
        #expect(names(in: store.folder.path).allSatisfy { !$0.hasSuffix(".partial") })
    }

    /// Copies the backup and changes the copy; returns the copy's path.
    private func altered(_ body: (SQLiteDatabase) throws -> Void) throws -> String {
        let path = folder.path("altered.backup")
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: file, toPath: path)
        let database = SQLiteDatabase(path: path)
        try body(database)
        database.close()
        return path
    }

    @Test("A file that is no backup, or a damaged one, is refused, and the database stays")
    func refusesWrongFiles() throws {
        _ = try backup.write(to: file)
        try append("later")
        let rows = try StoredRows(store.database)[store.own.id]
        store.database.close()
        try folder.write("text.backup", String(repeating: "no backup at all. ", count: 300))
        try folder.write("empty.backup", "")
        var bytes = try Data(contentsOf: URL(filePath: file))
        bytes.removeLast(bytes.count / 2)
        try bytes.write(to: URL(filePath: folder.path("half.backup")))
        bytes = try Data(contentsOf: URL(filePath: file))
        for index in bytes.count / 2..<bytes.count / 2 + 8_192 { bytes[index] ^= 0x55 }
        try bytes.write(to: URL(filePath: folder.path("noise.backup")))
        let foreign = SQLiteDatabase(path: folder.path("foreign.backup"), creates: true)
        try foreign.script("CREATE TABLE things (id integer)")
        foreign.close()
        for (name, code) in [
            ("text", "no_backup"), ("empty", "no_backup"), ("foreign", "no_backup"), ("half", "no_backup"),
            ("noise", "damaged"), ("missing", "no_backup"),
        ] {
            let found = self.code { _ = try backup.restore(from: folder.path("\(name).backup"), replaces: true) }
            #expect(found == "backup.\(code)", "\(name)")
        }
        #expect(code { _ = try backup.restore(from: folder.path, replaces: true) } == "backup.no_backup")
        #expect(try StoredRows(store.database)[store.own.id] == rows)
        #expect(names(in: store.folder.path).allSatisfy { !$0.hasSuffix(".partial") })
    }

    /// Drops a trigger, calls `body`, and makes the trigger again.
    private func without(_ trigger: String, _ database: SQLiteDatabase, _ body: () throws -> Void) throws {
        let text = try database.first("SELECT sql FROM sqlite_master WHERE name = $1", trigger) { try $0[0] as String }
        try database.script("DROP TRIGGER \(trigger)")
        try body()
        try database.script(try #require(text))
    }

    @Test(
        "A backup whose schema was changed is refused, and so is a backup of such a database",
        arguments: [
            ("DROP TRIGGER audit_log_refuses_DELETE", "the trigger audit_log_refuses_DELETE is missing"),
            (
                "CREATE TRIGGER evil AFTER INSERT ON members BEGIN DELETE FROM audit_events; END",
                "the trigger evil does not belong"
            ),
            ("DROP TABLE jobs", "jobs_by_time is missing"),
            ("ALTER TABLE members RENAME COLUMN role TO rolle", "was changed"),
            ("CREATE VIEW extra AS SELECT 1", "the view extra does not belong"),
            (
                """
                DROP TRIGGER audit_log_refuses_DELETE; CREATE TRIGGER audit_log_refuses_DELETE BEFORE DELETE ON audit_log
                WHEN false BEGIN SELECT RAISE(ABORT, 'audit_log keeps what it has'); END
                """, "the trigger audit_log_refuses_DELETE was changed"
            ),
        ])
    func changedSchema(_ script: String, _ text: String) throws {
        _ = try backup.write(to: file)
        let altered = try altered { try $0.script(script) }
        store.database.close()
        let error = #expect(throws: BackupError.self) { try backup.restore(from: altered, replaces: true) }
        #expect(error?.code == "backup.damaged" && error?.sentence.contains(text) == true, "\(error?.sentence ?? "")")
        #expect(code { _ = try SQLiteBackup(of: altered).write(to: folder.path("second")) } == "backup.damaged")
        #expect(!names(in: folder.path).contains("second"))
    }

    /// The version is that of a later build with an additive migration.
    @Test("A backup with a newer schema may have more tables and columns, but no other triggers") func newerSchema()
        throws
    {
        _ = try backup.write(to: file)
        store.database.close()
        let script = """
            PRAGMA user_version = \(SchemaState.ofThisBuild + 1); ALTER TABLE members ADD COLUMN more text;
            CREATE TABLE more (id uuid PRIMARY KEY); CREATE INDEX more_by_id ON more (id);
            """
        #expect(code { _ = try backup.restore(from: altered { try $0.script(script) }, replaces: true) } == "no error")
        for more in ["CREATE TRIGGER evil AFTER INSERT ON more BEGIN DELETE FROM more; END", "DROP TABLE jobs"] {
            let altered = try altered { try $0.script(script + more) }
            #expect(code { _ = try backup.restore(from: altered, replaces: true) } == "backup.damaged")
        }
    }

    @Test("A workspace without any audit entry is refused, even if its head says that there are none")
    func emptiedLog() throws {
        _ = try backup.write(to: file)
        let altered = try altered { database in
            try without("audit_log_refuses_DELETE", database) { try database.script("DELETE FROM audit_log") }
            try without("audit_heads_refuses_UPDATE", database) {
                try database.execute(
                    "UPDATE audit_heads SET sequence_number = $1, row_hash = $2", -1, AuditLog.origin)
            }
        }
        store.database.close()
        #expect(code { _ = try backup.restore(from: altered, replaces: true) } == "backup.damaged")
    }

    @Test("A backup whose audit log was changed is refused, and so is a backup of such a database")
    func refusesABrokenChain() throws {
        _ = try backup.write(to: file)
        let change = { (database: SQLiteDatabase) in
            try without("audit_log_refuses_UPDATE", database) {
                try database.script("UPDATE audit_log SET actor_email = 'mallory' WHERE sequence_number = 0")
            }
        }
        let altered = try altered(change)
        store.database.close()
        #expect(code { _ = try backup.restore(from: altered, replaces: true) } == "backup.damaged")
        let database = SQLiteDatabase(path: store.path)
        try change(database)
        database.close()
        #expect(code { _ = try backup.write(to: folder.path("second")) } == "backup.damaged")
        #expect(!names(in: folder.path).contains { $0.hasPrefix("second") })
    }

    @Test("A backup whose schema is too new, or older than the database's, needs the operator's permission")
    func schemas() throws {
        _ = try backup.write(to: file)
        store.database.close()
        let own = SchemaState.ofThisBuild
        let tooNew = try altered { database in
            try database.execute(
                "INSERT INTO schema_migrations (version, name, applied_at, oldest_build) VALUES ($1, 'x', $2, $1)",
                own + 1, TestStore.now)
            try database.script("PRAGMA user_version = \(own + 1)")
        }
        #expect(code { _ = try backup.restore(from: tooNew, replaces: true) } == "backup.schema_too_new")
        let summary = try backup.restore(from: tooNew, replaces: true, allowsAnySchema: true)
        #expect(summary.version == own + 1 && summary.auditEntries == nil)
        #expect(try store.database.schemaState() == .tooNew(own + 1, needs: own + 1))
        store.database.close()
        #expect(code { _ = try backup.write(to: folder.path("other")) } == "no error")
        #expect(code { _ = try backup.restore(from: file, replaces: true) } == "backup.schema_older")
        _ = try backup.restore(from: file, replaces: true, allowsAnySchema: true)
        #expect(try store.database.schemaState() == .current)
    }

    @Test("Databases with an older schema can be backed up before they are migrated", arguments: 2..<10)
    func olderSchemas(_ version: Int) throws {
        let path = folder.path("old.db")
        let database = SQLiteDatabase(path: path, creates: true)
        try database.migrate(upTo: version)
        let summary = try SQLiteBackup(of: path).write(to: file)
        #expect(summary.version == version && summary.auditEntries == 0)
        database.close()
        _ = try SQLiteBackup(of: path).restore(from: file, replaces: true)
        try database.migrate()
        #expect(try database.schemaState() == .current)
        database.close()
    }

    @Test("A damaged database is replaced by a backup") func replacesADamagedDatabase() throws {
        let rows = try StoredRows(store.database)[store.own.id]
        _ = try backup.write(to: file)
        store.database.close()
        try Data("ruined".utf8).write(to: URL(filePath: store.path))
        _ = try backup.restore(from: file, replaces: true)
        #expect(try StoredRows(store.database)[store.own.id] == rows)
    }

    /// After a loss of power the log still holds the last changes of the old database.
    @Test("The write-ahead log of the old database does not reach the restored one") func leavesTheOldLog() throws {
        _ = try backup.write(to: file)
        let rows = try StoredRows(store.database)[store.own.id]
        let path = folder.path("crashed.db")
        for _ in 0..<20 { try append("later") }
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: store.path + suffix, toPath: path + suffix)
        }
        // Without the first page, SQLite can't write the log into the file.
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        try handle.write(contentsOf: Data(repeating: 0xFF, count: 4_096))
        try handle.close()
        _ = try SQLiteBackup(of: path).restore(from: file, replaces: true)
        let database = SQLiteDatabase(path: path)
        defer { database.close() }
        #expect(try StoredRows(database)[store.own.id] == rows.filter { !$0.hasPrefix("counters") })
    }

    @Test("While a backup to a file is under way, another one to this file is refused") func twoAtOnce() throws {
        let first = try PartialFile(for: file)
        #expect(code { _ = try backup.write(to: file) } == "backup.under_way")
        first.discard()
        #expect(try backup.write(to: file).workspaces == 2)
    }

    @Test("The next backup replaces the file that an interrupted one has left") func takesOverALeftover() throws {
        try folder.write("store.backup.partial", String(repeating: "x", count: 100_000))
        try folder.write("store.backup.partial-wal", "x")
        #expect(try backup.write(to: file).workspaces == 2)
        #expect(names(in: folder.path) == ["store.backup"])
    }

    private func owner(_ path: String) throws -> uid_t {
        var status = stat()
        try #require(lstat(path, &status) == 0)
        return status.st_uid
    }

    /// The owner of the file could read the backup. Only the superuser can give a file to another user.
    @Test("A partial file of another user is not used", .enabled(if: geteuid() == 0)) func foreignPartialFile() throws {
        let partial = file + ".partial"
        try folder.write("store.backup.partial", "")
        #expect(chown(partial, 65_534, 65_534) == 0)
        let others = open(partial, O_RDONLY)
        defer { close(others) }
        _ = try backup.write(to: file)
        #expect(try owner(file) == geteuid())
        var byte: UInt8 = 0
        #expect(read(others, &byte, 1) == 0)
    }

    @Test("A partial file that is a link, or has a second name, is not written") func linkedPartialFile() throws {
        let victim = folder.path("victim")
        for link in [symlink, Glibc.link] {
            try folder.write("victim", "content")
            #expect(link(victim, file + ".partial") == 0)
            _ = try backup.write(to: file, replaces: true)
            #expect(folder.read("victim") == "content")
        }
        #expect(mkfifo(file + ".partial", 0o600) == 0)
        #expect(try backup.write(to: file, replaces: true).workspaces == 2)
    }

    @Test("A partial file that was exchanged while it was written is not published") func exchangedPartialFile() throws
    {
        let partial = try PartialFile(for: file)
        unlink(partial.path)
        try folder.write("store.backup.partial", "another file")
        #expect(code { try partial.publish() } == "backup.exchanged")
        partial.discard()
        #expect(names(in: folder.path) == ["store.backup.partial"])
    }

    @Test("A folder in which every user may replace files gets no backup and no database") func folderOpenToAll() throws
    {
        _ = try backup.write(to: file)
        let open = folder.path("open")
        try FileManager.default.createDirectory(atPath: open, withIntermediateDirectories: false)
        chmod(open, 0o777)
        #expect(code { _ = try backup.write(to: open + "/store.backup") } == "backup.folder_open_to_all")
        #expect(code { _ = try SQLiteBackup(of: open + "/new.db").restore(from: file) } == "backup.folder_open_to_all")
        #expect(names(in: open) == [])
        // With the sticky bit, only the owner of a file may replace it.
        chmod(open, 0o1777)
        #expect(try backup.write(to: open + "/store.backup").workspaces == 2)
    }

    /// The next connection to the database would delete or use such a file.
    @Test("The names of files that SQLite may create next to the database are refused") func namesOfOwnFiles() throws {
        store.database.close()
        let link = folder.path("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: store.folder.path)
        let linkedDatabase = folder.path("linked.db")
        try FileManager.default.createSymbolicLink(atPath: linkedDatabase, withDestinationPath: store.path)
        let name = "store.db"
        for suffix in ["-wal", "-shm", "-journal", "-counters", "-counters-wal", "-counters-journal"] {
            for path in ["\(store.folder.path)/\(name)", "\(store.folder.path)/./\(name)", "\(link)/\(name)"] {
                try? FileManager.default.removeItem(atPath: store.path + suffix)
                for backup in [self.backup, SQLiteBackup(of: linkedDatabase)] {
                    #expect(code { _ = try backup.write(to: path + suffix) } == "backup.is_the_database", "\(path)")
                }
                #expect(!FileManager.default.fileExists(atPath: store.path + suffix))
            }
        }
    }

    @Test("A database whose name ends in .partial is not taken for an interrupted backup") func partialNames() throws {
        _ = try backup.write(to: file)
        let path = folder.path("data.db.partial")
        _ = try SQLiteBackup(of: path).restore(from: file)
        #expect(
            code { _ = try SQLiteBackup(of: path).write(to: folder.path("data.db")) } == "backup.is_the_database")
        #expect(
            code { _ = try SQLiteBackup(of: folder.path("data.db")).restore(from: path) } == "backup.no_backup")
        #expect(try SQLiteBackup(of: path).write(to: folder.path("whole")).workspaces == 2)
    }

    @Test("Only a regular file is replaced: no link, no FIFO, no device, no folder") func replacesOnlyFiles() throws {
        _ = try backup.write(to: file)
        #expect(mkfifo(folder.path("fifo"), 0o600) == 0 && mkdir(folder.path("folder"), 0o700) == 0)
        #expect(symlink("/dev/null", folder.path("device")) == 0 && symlink("nothing", folder.path("dangling")) == 0)
        #expect(symlink(file, folder.path("link")) == 0)
        let before = names(in: folder.path)
        for name in ["fifo", "folder", "device", "dangling", "link"] {
            for replaces in [true, false] {
                let path = folder.path(name)
                #expect(code { _ = try backup.write(to: path, replaces: replaces) } == "backup.is_no_file", "\(name)")
            }
        }
        for name in ["fifo", "folder", "device", "dangling"] {
            let restoring = SQLiteBackup(of: folder.path(name))
            #expect(code { _ = try restoring.restore(from: file, replaces: true) } == "backup.is_no_file", "\(name)")
        }
        #expect(names(in: folder.path) == before)
    }

    @Test("A backup into a folder that does not exist names the folder") func missingFolder() throws {
        #expect(code { _ = try backup.write(to: folder.path("none") + "/new.backup") } == "backup.no_folder")
        #expect(names(in: folder.path).contains("none") == false)
    }

    @Test("A backup is written through a link to a folder") func linkedFolder() throws {
        let link = folder.path("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: store.folder.path)
        #expect(try backup.write(to: link + "/second.backup").workspaces == 2)
        #expect(names(in: store.folder.path).contains("second.backup"))
    }
}
