import CSystem
import Glibc

/// A listening Unix socket that has no name in the file system any more: nothing is left behind, however the
/// runner ends. It is reached through the descriptor of its file.
final class FunctionSocket {
    let listener: Int32
    private let file: Int32

    /// Binds in a folder of its own, which only this user may enter, and removes it again. Nil with errno.
    init?() {
        var template = Array("/tmp/function-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let path = folder + "/socket"
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        let isBound = Self.withAddress(path) { bind(listener, $0, $1) == 0 } && listen(listener, 1024) == 0
        file = isBound ? csystem_open_path(path) : -1
        let code = errno
        unlink(path)
        rmdir(folder)
        guard file >= 0 else {
            close(listener)
            errno = code
            return nil
        }
    }

    deinit {
        close(listener)
        close(file)
    }

    /// A new, non-blocking connection; nil with errno.
    func connect() -> Int32? {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return nil }
        let isConnected = Self.withAddress("/proc/self/fd/\(file)") { Glibc.connect(descriptor, $0, $1) == 0 }
        if isConnected { return descriptor }
        let code = errno
        close(descriptor)
        errno = code
        return nil
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Bool)
        -> Bool
    {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
