import Glibc

/// Folders for files that nobody else needs, in the order in which they are tried.
struct TemporaryFolders {
    /// Those that are on a disk, as a rule.
    let onDisk: [String]
    /// All of them.
    let all: [String]

    /// TMPDIR, the usual ones, and the runner's own folder.
    init(stateFolder: String) {
        let own = getenv("TMPDIR").map { String(cString: $0) }
        onDisk = [own, "/tmp", "/var/tmp", stateFolder].compactMap { $0 }.filter { $0.hasPrefix("/") }
        all = onDisk + ["/dev/shm"]
    }
}
