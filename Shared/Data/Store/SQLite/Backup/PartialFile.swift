import Base
import CSQLite
import CSystem
import Glibc

/// A file that gets its final name only when it is complete. Until then its name ends in `.partial`, and only its
/// owner and root can read or write it.
///
/// The folder may belong to another user, so a file of that name may be there already: with an owner who would keep the
/// right to read it, as a link to another file, or with a second name. Such a file is removed, and never written.
final class PartialFile {
    static let suffix = ".partial"

    /// The name of the incomplete file.
    let path: String
    private let finalPath: String
    private let descriptor: Int32

    /// Creates the file for this user alone, or takes over one that an interrupted process of this user has left.
    init(for name: String) throws {
        finalPath = Self.withoutLinks(name)
        path = finalPath + Self.suffix
        let folder = Self.folder(of: finalPath)
        guard FileStatus(folder)?.isOpenToAll != true else { throw BackupError.folderOpenToAll(folder) }
        descriptor = try Self.open(path)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, isInPlace else {
            close(descriptor)
            throw BackupError.isUnderWay(finalPath)
        }
        guard fchmod(descriptor, 0o600) == 0, ftruncate(descriptor, 0) == 0 else {
            let error = Self.unwritable(path)
            close(descriptor)
            throw error
        }
        removeOthers()
    }

    /// Creates the file, or opens one that belongs to this user alone. Any other file of that name is removed.
    private static func open(_ path: String) throws -> Int32 {
        let flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC
        // Another process may create or remove the file at any moment.
        for _ in 0..<3 {
            let created = csystem_open(path, flags | O_CREAT | O_EXCL, 0o600)
            if created >= 0 { return created }
            guard errno != ENOENT else { throw BackupError.noFolder(folder(of: path)) }
            guard errno == EEXIST else { throw unwritable(path) }
            guard let found = FileStatus(path, followsLink: false) else { continue }
            guard found.isFile, found.owner == geteuid(), found.links == 1 else {
                guard unlink(path) == 0 || errno == ENOENT else { throw unwritable(path) }
                continue
            }
            let existing = csystem_open(path, flags, 0)
            if existing >= 0, FileStatus(existing) == found { return existing }
            if existing >= 0 { close(existing) }
        }
        throw BackupError.exchanged(path)
    }

    /// True if the open file still has the name `path`, and no other.
    private var isInPlace: Bool {
        guard let own = FileStatus(descriptor), own.links == 1 else { return false }
        return FileStatus(path, followsLink: false) == own
    }

    deinit { close(descriptor) }

    /// Copies a file into this one.
    func fill(from source: String) throws {
        let input = csystem_open(source, O_RDONLY | O_CLOEXEC, 0)
        guard input >= 0 else { throw Self.unreadable(source) }
        defer { close(input) }
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let length = chunk.withUnsafeMutableBytes { read(input, $0.baseAddress, $0.count) }
            if length == 0 { return }
            guard length > 0 else {
                if errno == EINTR { continue }
                throw Self.unreadable(source)
            }
            var rest = chunk.prefix(length)
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                guard written >= 0 || errno == EINTR else { throw Self.unwritable(finalPath) }
                rest = rest.dropFirst(max(0, written))
            }
        }
    }

    /// Gives the file to the owner of another file.
    ///
    /// - Throws: `BackupError` if `isRequired` is true and this process may not change the owner.
    func give(to other: FileStatus?, isRequired: Bool) throws {
        guard let other, other.owner != geteuid() else { return }
        guard fchown(descriptor, other.owner, other.group) != 0, isRequired else { return }
        throw BackupError.otherOwner(finalPath)
    }

    /// Flushes the file to the disk and gives it its final name, replacing a file of that name.
    ///
    /// - Throws: `BackupError`, also if another process has put another file in this one's place.
    func publish() throws {
        guard fsync(descriptor) == 0 else { throw Self.unwritable(finalPath) }
        guard isInPlace else { throw BackupError.exchanged(path) }
        guard rename(path, finalPath) == 0 else { throw Self.unwritable(finalPath) }
        let folder = csystem_open(Self.folder(of: finalPath), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    /// Removes the file.
    func discard() {
        removeOthers()
        if isInPlace { unlink(path) }
    }

    /// Removes files with the names that SQLite would use next to the file.
    private func removeOthers() {
        for suffix in ["-journal", "-wal", "-shm"] { unlink(path + suffix) }
    }

    static func folder(of path: String) -> String {
        guard let folder = path.cut(atLast: "/")?.before else { return "." }
        return folder.isEmpty ? "/" : String(folder)
    }

    /// Returns the path of a file with all symbolic links on the way to its folder resolved. The file need not exist.
    static func withoutLinks(_ path: String) -> String {
        guard let folder = realpath(Self.folder(of: path), nil) else { return path }
        defer { free(folder) }
        let name = path.cut(atLast: "/")?.behind ?? path[...]
        let resolved = String(cString: folder)
        return resolved == "/" ? "/\(name)" : "\(resolved)/\(name)"
    }

    /// Returns the error for a system call that has failed.
    private static func unwritable(_ path: String) -> BackupError {
        let code = errno
        return .unwritable(path, String(cString: strerror(code)), isFull: code == ENOSPC || code == EDQUOT)
    }
    private static func unreadable(_ path: String) -> BackupError {
        .unreadable(path, String(cString: strerror(errno)))
    }
}

/// The properties that identify a file. They are equal if they describe the same file.
struct FileStatus: Equatable {
    private let device: dev_t
    private let number: ino_t
    let size: Int
    let owner: uid_t
    let group: gid_t
    let links: Int
    /// True for a regular file.
    let isFile: Bool
    /// True for a folder in which every user may remove and rename files: all may write, and it is not sticky.
    let isOpenToAll: Bool

    /// Describes the file at a path, or the symbolic link itself if there is one and `followsLink` is false. Returns
    /// nil if there is none, or if it can't be examined.
    init?(_ path: String, followsLink: Bool = true) {
        var status = stat()
        guard (followsLink ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        self.init(status)
    }

    /// Describes an open file.
    init?(_ descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        device = status.st_dev
        number = status.st_ino
        size = Int(clamping: status.st_size)
        owner = status.st_uid
        group = status.st_gid
        links = Int(clamping: status.st_nlink)
        isFile = status.st_mode & S_IFMT == S_IFREG
        isOpenToAll = status.st_mode & 0o1002 == 0o0002
    }

    static func == (left: FileStatus, right: FileStatus) -> Bool {
        left.device == right.device && left.number == right.number
    }
}

extension FileStatus? {
    /// Returns the status, or throws `error` if it is nil.
    func orThrow(_ error: BackupError) throws(BackupError) -> FileStatus {
        guard let self else { throw error }
        return self
    }
}

/// The lock of SQLite's exclusive mode on a database file. It ends with this object.
final class ExclusiveLock {
    private let descriptor: Int32

    /// Takes the lock.
    ///
    /// - Throws: `BackupError` if the lock can't be taken, since a process has the database open; `StoreError` if the
    ///   file can't be opened.
    init(_ path: String) throws {
        descriptor = csystem_open(path, O_RDWR | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw StoreError.unwritable("\(path): \(String(cString: strerror(errno)))") }
        guard csqlite_lock_file(descriptor) == 0 else {
            close(descriptor)
            throw BackupError.databaseInUse(path)
        }
    }

    deinit { close(descriptor) }

    /// Empties the file if it no longer has a name, so that a process which has waited for this lock can't use it.
    func empty() {
        guard FileStatus(descriptor)?.links == 0 else { return }
        ftruncate(descriptor, 0)
    }
}
