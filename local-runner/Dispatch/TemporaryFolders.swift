import Glibc

/// Folders for temporary files, in the order in which they are tried.
struct TemporaryFolders {
    /// The folders that are usually on a disk.
    let onDisk: [String]
    /// All folders, including one in memory.
    let all: [String]

    /// Collects TMPDIR, the usual folders and the runner's own one, if it has one.
    init(stateFolder: String?) {
        let own = getenv("TMPDIR").map { String(cString: $0) }
        onDisk = [own, "/tmp", "/var/tmp", stateFolder].compactMap { $0 }.filter { $0.hasPrefix("/") }
        all = onDisk + ["/dev/shm"]
    }
}
