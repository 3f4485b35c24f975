import Base
import CSQLite
import Glibc

extension SQLiteDatabase {
    /// Looks at the counters' files from outside: to open them costs a short process as much as all else that it does with
    /// SQLite.
    public func canWrite() throws -> Bool {
        guard sqlite3_db_readonly(try connection(), "main") == 0 else { return false }
        guard path != ":memory:", role == .primary else { return true }
        guard Self.hasRoom(Self.folder(of: path)) else { return false }
        let file = path + "-counters"
        return !Self.isFolder(file) && ["", "-wal", "-shm"].allSatisfy { Self.canWrite(file + $0) }
    }

    /// Whether a file can be written, or made when it is not there.
    private static func canWrite(_ file: String) -> Bool {
        if isWritable(file) { return true }
        return errno == ENOENT && isWritable(folder(of: file))
    }

    private static func isWritable(_ path: String) -> Bool { faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 }

    private static func folder(of file: String) -> String {
        // By bytes: characters would cost as much as all else that is done here.
        guard let folder = file.utf8.cut(atLast: UInt8(ascii: "/"))?.before else { return "." }
        return folder.isEmpty ? "/" : String(Substring(folder))
    }

    /// Whether a file system has a mebibyte left: the next transactions may need as much. What can't be told is taken to be so.
    private static func hasRoom(_ folder: String) -> Bool {
        var status = statvfs()
        guard statvfs(folder, &status) == 0, status.f_blocks > 0 else { return true }
        // Root may use the blocks that a file system keeps for root.
        let free = geteuid() == 0 ? status.f_bfree : status.f_bavail
        return free >= (1 << 20) / max(1, UInt(clamping: status.f_frsize))
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
