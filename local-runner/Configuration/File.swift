import Base
import CSystem
import Glibc

/// A failed operation on a file, with the system's error code.
struct FileError: Error, CustomStringConvertible {
    let path: String
    let code: Int32

    var description: String { "\(path): \(String(cString: strerror(code)))" }
}

/// Operations on whole files and folders.
enum File {
    /// Reads a file.
    static func read(_ path: String) throws(FileError) -> [UInt8] {
        let descriptor = csystem_open(path, O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        defer { close(descriptor) }
        return try read(descriptor, path)
    }

    /// Reads a file. Returns nil if it does not exist.
    static func readIfPresent(_ path: String) throws(FileError) -> [UInt8]? {
        do { return try read(path) } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
    }

    /// Reads a regular file. A symbolic link, a pipe and a device are errors: a link can lead anywhere, and reading the
    /// others may never end.
    static func readRegular(_ path: String) throws(FileError) -> [UInt8] {
        // Without O_NONBLOCK, opening a pipe would wait for its writer.
        let descriptor = csystem_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError(path: path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileError(path: path, code: EINVAL) }
        return try read(descriptor, path)
    }

    /// Reads an open descriptor to its end. Error messages call it `name`.
    static func read(_ descriptor: Int32, _ name: String) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let length = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if length == 0 { return bytes }
            if length > 0 {
                bytes += chunk.prefix(length)
            } else if errno != EINTR {
                throw FileError(path: name, code: errno)
            }
        }
    }

    /// Writes a whole file or nothing: writes a new file in the same folder, then renames it.
    static func write(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(FileError) {
        let temporary = "\(path).\(getpid())"
        // A file of this name may have been left by an interrupted process, or put there by another user, who could
        // read it.
        unlink(temporary)
        let descriptor = csystem_open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        let isWritten = write(descriptor, bytes[...]) && fchmod(descriptor, mode) == 0
        let code = errno
        close(descriptor)
        guard isWritten, rename(temporary, path) == 0 else {
            let code = isWritten ? errno : code
            unlink(temporary)
            throw FileError(path: path, code: code)
        }
    }

    /// Writes all of `bytes`. Returns false and sets errno if that fails.
    static func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let length = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if length >= 0 { rest = rest.dropFirst(length) } else if errno != EINTR { return false }
        }
        return true
    }

    /// Creates a folder, and the folders above it, unless it exists.
    static func makeFolder(_ path: String, mode: mode_t) throws(FileError) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        let code = errno
        let parent = folder(of: path)
        guard code == ENOENT, parent != path else { throw FileError(path: path, code: code) }
        try makeFolder(parent, mode: mode)
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw FileError(path: path, code: errno) }
    }

    /// Creates a new folder for this user alone, and returns its path, which begins with `start`.
    static func makeTemporaryFolder(_ start: String) throws(FileError) -> String {
        var name = Array("\(start)XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { throw FileError(path: start, code: errno) }
        return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Returns the sorted names of the entries of a folder. Empty if it can't be read.
    static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Returns an absolute path, by putting the current folder in front of a relative one.
    static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        guard let current = getcwd(nil, 0) else { return path }
        defer { free(current) }
        return path == "." ? String(cString: current) : "\(String(cString: current))/\(path)"
    }

    /// Returns the path of the folder that contains a file or folder.
    static func folder(of path: String) -> String {
        guard let folder = path.cut(atLast: "/")?.before else { return "." }
        return folder.isEmpty ? "/" : String(folder)
    }
}
