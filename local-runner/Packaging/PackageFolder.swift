import Archive
import Base
import CSystem
import Crypto
import Glibc

/// The folder that a package is written into. It appears only when all its files are complete.
///
/// All contents are searched for the values of known secrets, because a package is copied to places
/// where no secret belongs. Archives are searched before they are compressed.
struct PackageFolder {
    /// The list of files with their SHA-256, in the format of sha256sum(1). It marks a folder as a package.
    static let list = "SHA256SUMS"
    /// The length, in bytes, of the shortest secret that is searched for. A shorter text may occur by chance.
    private static let shortestSecret = 8

    private let path: String
    /// A folder next to the package's folder that only this user can use. It contains the new package, and then also
    /// the old one.
    private let temporary: String
    private let secrets: [(name: String, value: Secret)]
    private var files: [(path: String, length: Int, digest: String)] = []
    private var new: String { temporary + "/new" }

    /// Prepares to write the folder at `path`. `secrets` are the values that must not get into the package.
    ///
    /// - Throws: `Failure` if there is anything other than a package or an empty folder at the path; `FileError` if
    ///   nothing can be written next to it.
    init(_ path: String, secrets: [String: Secret]) throws {
        var path = path
        while path.last == "/", path != "/" { path.removeLast() }
        self.path = path
        self.secrets = secrets.filter { $0.value.reveal(\.utf8.count) >= Self.shortestSecret }
            .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        guard try Self.mayBeReplaced(path) else {
            throw Failure("\(path) exists and is no package; name a folder that does not exist, or remove it")
        }
        try File.makeFolder(File.folder(of: path), mode: 0o755)
        temporary = try File.makeTemporaryFolder("\(path).")
        do { try File.makeFolder(new, mode: 0o755) } catch {
            Self.remove(temporary)
            throw error
        }
    }

    /// Returns true if there is nothing at a path, an empty folder, or a package that has no files except those in its
    /// list.
    private static func mayBeReplaced(_ path: String) throws(FileError) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return true }
            throw FileError(path: path, code: errno)
        }
        let isDots = path.hasSuffix("/.") || path.hasSuffix("/..")
        guard status.st_mode & S_IFMT == S_IFDIR, !isDots else { return false }
        if File.names(in: path).isEmpty { return true }
        guard let list = try File.readIfPresent("\(path)/\(Self.list)") else { return false }
        // Each line contains a digest, two spaces and a path.
        let listed = Set(String(decoding: list, as: UTF8.self).split(separator: "\n").map { String($0.dropFirst(66)) })
        return listed.contains(PackageSource.componentsFile)
            && allFiles(in: path) { $0 == Self.list || listed.contains($0) }
    }

    /// Returns true if a folder and those in it contain only regular files, and `test` is true for the path of each.
    private static func allFiles(in folder: String, _ test: (String) -> Bool) -> Bool {
        File.names(in: folder).allSatisfy { name in
            var status = stat()
            guard lstat("\(folder)/\(name)", &status) == 0 else { return false }
            return switch status.st_mode & S_IFMT {
            case S_IFREG: test(name)
            case S_IFDIR: allFiles(in: "\(folder)/\(name)") { test("\(name)/\($0)") }
            default: false
            }
        }
    }

    /// Searches content for known secrets.
    ///
    /// - Throws: `Failure`, which names the secret, if one is found.
    func check(_ name: String, _ content: [UInt8]) throws {
        for secret in secrets {
            let isInside = secret.value.reveal { text in
                content.withUnsafeBytes { content in
                    Array(text.utf8).withUnsafeBytes { text in
                        csystem_contains(content.baseAddress, content.count, text.baseAddress, text.count)
                    }
                }
            }
            if isInside {
                throw Failure(
                    "\(name) would contain the value of \(secret.name); secrets must reach the target by its own means")
            }
        }
    }

    /// Searches a file for secrets and writes it.
    mutating func write(_ file: ArchiveFile) throws {
        guard let content = file.content else { return }
        try check(file.path, content)
        try writeUnchecked(file.path, content, mode: file.mode)
    }

    /// Writes an archive of files, which are searched for secrets one by one.
    mutating func write(
        _ path: String, _ files: [ArchiveFile], _ encode: ([ArchiveFile]) throws -> [UInt8]
    ) throws {
        for file in files { try check("\(path), \(file.path)", file.content ?? []) }
        try writeUnchecked(path, try encode(files), mode: 0o644)
    }

    private mutating func writeUnchecked(_ path: String, _ content: [UInt8], mode: UInt16) throws {
        let place = "\(new)/\(path)"
        try File.makeFolder(File.folder(of: place), mode: 0o755)
        try File.write(place, content, mode: mode_t(mode))
        files.append((path, content.count, SHA256.hexadecimal(content)))
    }

    /// Puts the folder in its place, with a list of its files, and removes an earlier package there. Returns the rows
    /// of a table of the files.
    mutating func finish() throws -> [[String]] {
        files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        let list = files.map { "\($0.digest)  \($0.path)\n" }.joined()
        try File.write("\(new)/\(Self.list)", Array(list.utf8), mode: 0o644)
        let old = "\(temporary)/old"
        let isReplaced = rename(path, old) == 0
        guard isReplaced || errno == ENOENT else { throw FileError(path: path, code: errno) }
        guard rename(new, path) == 0 else {
            let code = errno
            if isReplaced { rename(old, path) }
            throw FileError(path: path, code: code)
        }
        Self.remove(temporary)
        return [["FILE", "BYTES", "SHA-256"]] + files.map { [$0.path, String($0.length), $0.digest] }
    }

    /// Removes what has been written, after a failure.
    func discard() { Self.remove(temporary) }

    private static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in File.names(in: path) { remove("\(path)/\(name)") }
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}
