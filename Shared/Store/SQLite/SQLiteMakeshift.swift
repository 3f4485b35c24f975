import Base
import CSQLite
import Glibc

/// A connection that reads a database while nothing can be written.
///
/// In WAL mode a connection needs a file of shared memory beside the database (-shm), which the first connection makes and the
/// last one removes. So on a full disk, or on a file system that is read-only, a database that no process has open could not
/// even be read. Two ways need no such file:
///
/// - A full disk: exclusive locking mode keeps the shared memory in the process. Other processes wait until the connection is
///   closed, which is after one statement or one transaction.
/// - A read-only file system: an immutable file is read without locks. SQLite demands that nobody changes it meanwhile. Whoever
///   may write elsewhere changes the file by a checkpoint only, which shows in its time, and keeps a write-ahead log beside it
///   before. A read during which that happened fails, as if the database could not be reached.
struct SQLiteMakeshift {
    /// The facts about a file that a checkpoint of another process would change.
    private struct Stamp: Equatable {
        let size: Int
        let seconds: Int
        let nanoseconds: Int
        let hasLog: Bool

        /// Nil if the file is not there.
        init?(_ path: String) {
            guard let file = Self.status(path) else { return nil }
            size = Int(clamping: file.st_size)
            seconds = file.st_mtim.tv_sec
            nanoseconds = file.st_mtim.tv_nsec
            hasLog = Self.status(path + "-wal").map { $0.st_size > 0 } ?? false
        }

        private static func status(_ path: String) -> stat? {
            var status = stat()
            return stat(path, &status) == 0 ? status : nil
        }
    }

    private let path: String
    /// Nil if the file is locked instead.
    private let stamp: Stamp?

    /// Reads a file that is locked meanwhile.
    static func locked(_ path: String) -> SQLiteMakeshift { SQLiteMakeshift(path: path, stamp: nil) }

    /// Reads a file that nobody can be kept from changing; nil if it has a write-ahead log, or is not there.
    static func immutable(_ path: String) -> SQLiteMakeshift? {
        guard let stamp = Stamp(path), !stamp.hasLog else { return nil }
        return SQLiteMakeshift(path: path, stamp: stamp)
    }

    /// Throws if the file was changed while it was read without a lock.
    func check() throws {
        guard let stamp, Stamp(path) != stamp else { return }
        throw StoreError.unreachable("the database was changed while it was read without locks")
    }
}

extension SQLiteDatabase {
    /// Opens the database in a way that needs no file of shared memory. False if there is none, if such a connection is open
    /// already, or if the file could not be opened at all.
    func openMakeshift() throws -> Bool {
        guard makeshift == nil, path != ":memory:", let handle else { return false }
        let isReadOnly = sqlite3_db_readonly(handle, "main") == 1
        closeConnection()
        if isReadOnly {
            guard let immutable = SQLiteMakeshift.immutable(path) else { return false }
            try open(Self.uri(path) + "?immutable=1", flags: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
            makeshift = immutable
        } else {
            try open(path, flags: SQLITE_OPEN_READWRITE)
            makeshift = .locked(path)
            try script("PRAGMA locking_mode = EXCLUSIVE")
        }
        return true
    }

    /// A path as a URI (SQLite documentation, "Uniform Resource Identifiers").
    private static func uri(_ path: String) -> String {
        var uri = "file:"
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                uri.unicodeScalars.append(Unicode.Scalar(byte))
            default: uri += "%" + Hex.encode([byte])
            }
        }
        return uri
    }
}
