import CSystem
import Glibc

/// A listening Unix socket whose name is removed from the file system at once, so that nothing is left behind even if
/// the runner is killed. Clients connect through a descriptor of the socket's file.
///
/// Without /proc a file can't be reached through a descriptor. Then the socket keeps its name until this object is
/// freed, and a runner that is killed leaves a folder with a socket behind.
final class FunctionSocket {
    let listener: Int32
    private let file: Int32
    /// The path through which clients connect.
    private let path: String
    /// The folder of the socket, if it still exists.
    private var folder: String?

    /// Creates the socket in a new folder that only this user may enter. Throws if that works in none of the folders
    /// `parents`.
    init(in parents: [String]) throws(FunctionProcess.NotStarted) {
        var failures: [String] = []
        var code: Int32 = ENOENT
        for parent in parents {
            if let (listener, file, folder) = Self.bind(in: parent) {
                self.listener = listener
                self.file = file
                let name = "/proc/self/fd/\(file)"
                if access(name, F_OK) == 0 {
                    Self.remove(folder)
                    path = name
                } else {
                    path = folder + "/socket"
                    self.folder = folder
                }
                return
            }
            code = errno
            let failure = "\(parent): \(String(cString: strerror(code)))"
            if !failures.contains(failure) { failures.append(failure) }
        }
        throw FunctionProcess.NotStarted(
            code: code, reason: "no folder can hold its socket (\(failures.joined(separator: "; ")))")
    }

    deinit {
        close(listener)
        close(file)
        if let folder { Self.remove(folder) }
    }

    /// Opens a new, non-blocking connection. Throws if that fails, for example because no descriptor is left or the
    /// process accepts no more connections.
    func connect() throws(FunctionProcess.NotStarted) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw FunctionProcess.NotStarted(code: errno, reason: "no socket") }
        if Self.withAddress(path, { Glibc.connect(descriptor, $0, $1) == 0 }) { return descriptor }
        let code = errno
        close(descriptor)
        throw FunctionProcess.NotStarted(code: code, reason: "no connection to its socket")
    }

    /// Creates a listening socket in a new folder. Returns the socket with a descriptor of its file, through which
    /// clients connect, and the folder. Returns nil and sets errno on failure.
    private static func bind(in parent: String) -> (listener: Int32, file: Int32, folder: String)? {
        let folder: String
        do throws(FileError) { folder = try File.makeTemporaryFolder(parent + "/function-") } catch {
            errno = error.code
            return nil
        }
        let path = folder + "/socket"
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let isBound =
            listener >= 0 && withAddress(path) { Glibc.bind(listener, $0, $1) == 0 } && listen(listener, 1024) == 0
        let file = isBound ? csystem_open_path(path) : -1
        if file >= 0 { return (listener, file, folder) }
        let code = errno
        if listener >= 0 { close(listener) }
        remove(folder)
        errno = code
        return nil
    }

    /// Calls `body` while `folder` is the working directory, so that a socket with a path longer than a socket address
    /// can be reached by its short name. Returns false and sets errno on failure.
    private static func fromWithin(_ folder: String, _ body: () -> Bool) -> Bool {
        let here = csystem_open_path(".")
        guard here >= 0 else { return false }
        let isDone = chdir(folder) == 0 && body()
        let code = errno
        fchdir(here)
        close(here)
        errno = code
        return isDone
    }

    private static func remove(_ folder: String) {
        unlink(folder + "/socket")
        rmdir(folder)
    }

    /// Calls `body` with the address of the socket at `path`.
    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Bool)
        -> Bool
    {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            return fromWithin(File.folder(of: path)) { withAddress("socket", body) }
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
