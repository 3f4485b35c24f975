import CSystem
import Glibc

/// A listening Unix socket that has no name in the file system any more: nothing is left behind, however the
/// runner ends. It is reached through the descriptor of its file.
///
/// Without /proc a file can't be reached through its descriptor. Then the socket keeps its name until this object goes, and
/// a runner that is killed leaves a folder with a socket behind.
final class FunctionSocket {
    let listener: Int32
    private let file: Int32
    /// The path by which the socket is reached.
    private let path: String
    /// The folder that is still there.
    private var folder: String?

    /// Binds in a folder of its own, which only this user may enter. Throws if no folder of `parents` serves.
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
            code: code, reason: "no folder takes its socket (\(failures.joined(separator: "; ")))")
    }

    deinit {
        close(listener)
        close(file)
        if let folder { Self.remove(folder) }
    }

    /// A new, non-blocking connection. Throws if there is no descriptor left, or the process does not take more.
    func connect() throws(FunctionProcess.NotStarted) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw FunctionProcess.NotStarted(code: errno, reason: "no socket") }
        if Self.withAddress(path, { Glibc.connect(descriptor, $0, $1) == 0 }) { return descriptor }
        let code = errno
        close(descriptor)
        throw FunctionProcess.NotStarted(code: code, reason: "no connection to its socket")
    }

    /// A listening socket in a new folder, with a descriptor of its file; nil with errno.
    private static func bind(in parent: String) -> (listener: Int32, file: Int32, folder: String)? {
        var template = Array((parent + "/function-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
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

    /// Calls `body` while a folder is the working directory: the way to a socket whose path is longer than an address. False
    /// with errno if that fails.
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

    /// Calls `body` with the address of a socket.
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
