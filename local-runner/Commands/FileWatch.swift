import Glibc

/// Detects changes of files, and of all files below folders, by their size, modification time and inode. Within
/// folders, leaves out entries whose names begin with a dot. Links to folders below the folders are not followed,
/// because a link to a parent folder would lead to an endless loop.
struct FileWatch {
    private let paths: [String]
    private var seen: [String: Stamp]

    /// The properties of a file that change when it is written or replaced.
    private struct Stamp: Equatable {
        let inode: ino_t
        let size: off_t
        let seconds: Int
        let nanoseconds: Int
    }

    /// Starts watching files, and all files below folders, at `paths`.
    init(_ paths: [String]) {
        self.paths = paths
        seen = Self.look(paths)
    }

    /// Returns the sorted paths of the files that appeared, disappeared or changed since the last call or the start.
    mutating func changes() -> [String] {
        let now = Self.look(paths)
        defer { seen = now }
        return Set(now.keys).union(seen.keys).filter { now[$0] != seen[$0] }.sorted()
    }

    private static func look(_ paths: [String]) -> [String: Stamp] {
        var stamps: [String: Stamp] = [:]
        for path in paths { look(path, followsLinks: true, &stamps) }
        return stamps
    }

    private static func look(_ path: String, followsLinks: Bool, _ stamps: inout [String: Stamp]) {
        var status = stat()
        guard (followsLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFLNK {
            // A link to a file changes if the linked file does.
            guard stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { return }
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            stamps[path] = Stamp(
                inode: status.st_ino, size: status.st_size, seconds: status.st_mtim.tv_sec,
                nanoseconds: status.st_mtim.tv_nsec)
            return
        }
        guard let folder = opendir(path) else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            // A file whose name begins with a dot is usually an editor's temporary one.
            if !name.hasPrefix(".") { look("\(path)/\(name)", followsLinks: false, &stamps) }
        }
    }
}
