import CSQLite
import Glibc

extension SQLiteDatabase {
    /// Looks at the counters' files from outside: to open them costs a short process as much as all else that it does with
    /// SQLite.
    public func canWrite() throws -> Bool {
        guard sqlite3_db_readonly(try connection(), "main") == 0 else { return false }
        guard path != ":memory:", role == .primary else { return true }
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
        guard let slash = file.lastIndex(of: "/") else { return "." }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
