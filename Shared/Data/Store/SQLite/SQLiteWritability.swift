import Base
import CSQLite
import Glibc

extension SQLiteDatabase {
    /// Returns true if the connection can write, the file system has room, and this process may write the files of the
    /// counters' database, whose names begin with this file's name and `-counters`. Does not open those files: for a
    /// short process, that takes as long as everything else that it does with SQLite.
    public func canWrite() throws -> Bool {
        guard sqlite3_db_readonly(try connection(), "main") == 0 else { return false }
        guard path != ":memory:", role == .primary else { return true }
        guard Self.hasRoom(Self.folder(of: path)) else { return false }
        let file = path + "-counters"
        return !Self.isFolder(file) && ["", "-wal", "-shm"].allSatisfy { Self.canWrite(file + $0) }
    }

    /// Returns true if this process has the permission to write a file, or, if the file does not exist, its folder.
    private static func canWrite(_ file: String) -> Bool {
        if isWritable(file) { return true }
        return errno == ENOENT && isWritable(folder(of: file))
    }

    private static func isWritable(_ path: String) -> Bool { faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 }

    private static func folder(of file: String) -> String {
        // Works on bytes, because working on characters would take as long as everything else here.
        guard let folder = file.utf8.cut(atLast: UInt8(ascii: "/"))?.before else { return "." }
        return folder.isEmpty ? "/" : String(Substring(folder))
    }

    /// Returns true if the file system of a folder has at least one mebibyte left, which the next transactions may
    /// need, or if this is unknown.
    private static func hasRoom(_ folder: String) -> Bool {
        var status = statvfs()
        guard statvfs(folder, &status) == 0, status.f_blocks > 0 else { return true }
        // The superuser may also use the blocks that a file system reserves.
        let free = geteuid() == 0 ? status.f_bfree : status.f_bavail
        return free >= (1 << 20) / max(1, UInt(clamping: status.f_frsize))
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
