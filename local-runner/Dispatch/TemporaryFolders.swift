import Glibc

/// Folders for temporary files, in the order in which they are tried.
struct TemporaryFolders {
    /// The folders that are usually on a disk.
    let onDisk: [String]
    /// The folders in `onDisk`, and then one in memory.
    let all: [String]

    /// Collects TMPDIR, the usual folders, and `stateFolder` if there is one. Leaves out relative paths.
    init(stateFolder: String?) {
        let own = getenv("TMPDIR").map { String(cString: $0) }
        onDisk = [own, "/tmp", "/var/tmp", stateFolder].compactMap { $0 }.filter { $0.hasPrefix("/") }
        all = onDisk + ["/dev/shm"]
    }
}
