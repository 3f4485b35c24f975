import Base
import CSQLite
import Glibc

/// A connection that reads a database while nothing can be written.
///
/// Problem. In WAL mode a connection needs a file of shared memory next to the database (-shm). The first connection
/// creates it, and the last one removes it. On a full disk or a read-only file system this file can't be created, so a
/// database that no process has open could not even be read.
///
/// Approach. There are two ways to read without such a file:
/// - On a full disk, exclusive locking mode keeps the shared memory in the process's own memory. Other processes must
///   wait until the connection is closed, which is after one statement or one transaction.
/// - On a read-only file system, SQLite can read an immutable file without locks. It requires that the file does not
///   change during that time. A process that can write it by another way changes the file only in a checkpoint, which
///   changes the file's time, and before that it has a write-ahead log next to the file. If that happens during a read,
///   the read fails as if the database could not be reached.
struct SQLiteMakeshift {
    /// The properties of a database file of which writing by another process would change at least one.
    private struct Stamp: Equatable {
        let size: Int
        let seconds: Int
        let nanoseconds: Int
        let hasLog: Bool

        /// Reads the properties of the file. Returns nil if it does not exist.
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
    /// The file's properties before it was read. Nil if the file is locked instead.
    private let stamp: Stamp?

    /// Describes a connection to a file that is locked while it is read.
    static func locked(_ path: String) -> SQLiteMakeshift { SQLiteMakeshift(path: path, stamp: nil) }

    /// Describes a connection to a file that can't be locked. Returns nil if the file does not exist or has a
    /// write-ahead log.
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
    /// Opens the database in a way that needs no file of shared memory. Returns false if this is not possible, if such
    /// a connection is open already, or if the database could not be opened at all.
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

    /// Returns a path as a URI (SQLite documentation, "Uniform Resource Identifiers").
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
