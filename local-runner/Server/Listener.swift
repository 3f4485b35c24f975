import CSystem
import Glibc

/// Why the server can't listen.
struct ServerError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The listening TCP socket.
struct Listener {
    let descriptor: Int32
    /// With the port that the system picked, if it was to.
    let address: ListenAddress

    init(_ address: ListenAddress) throws(ServerError) {
        var storage = sockaddr_storage()
        guard var length = Self.fill(&storage, address) else {
            throw ServerError("\(address.ip) is no IP address")
        }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(Int32(storage.ss_family), kind, 0)
        self.descriptor = descriptor
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let isListening =
            Self.with(&storage) { bind(descriptor, $0, length) == 0 } && listen(descriptor, 1024) == 0
        guard isListening, Self.with(&storage, { getsockname(descriptor, $0, &length) == 0 }) else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw ServerError("can't listen on \(address.authority): \(reason)")
        }
        self.address = ListenAddress(ip: address.ip, port: Self.port(&storage))
    }

    /// Accepts a connection, with the client's address as text; nil with errno when there is none.
    func accept() -> (descriptor: Int32, peer: [UInt8])? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let connection = Self.with(&storage) { csystem_accept(descriptor, $0, &length) }
        return connection < 0 ? nil : (connection, Self.text(&storage))
    }

    private static func with<Result>(
        _ storage: inout sockaddr_storage, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
    ) -> Result {
        withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }

    private static func fill(_ storage: inout sockaddr_storage, _ address: ListenAddress) -> socklen_t? {
        withUnsafeMutableBytes(of: &storage) { bytes in
            var four = sockaddr_in()
            if inet_pton(AF_INET, address.ip, &four.sin_addr) == 1 {
                four.sin_family = sa_family_t(AF_INET)
                four.sin_port = address.port.bigEndian
                bytes.storeBytes(of: four, as: sockaddr_in.self)
                return socklen_t(MemoryLayout<sockaddr_in>.size)
            }
            var six = sockaddr_in6()
            guard inet_pton(AF_INET6, address.ip, &six.sin6_addr) == 1 else { return nil }
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = address.port.bigEndian
            bytes.storeBytes(of: six, as: sockaddr_in6.self)
            return socklen_t(MemoryLayout<sockaddr_in6>.size)
        }
    }

    /// The port stands at the same place for both families.
    private static func port(_ storage: inout sockaddr_storage) -> UInt16 {
        withUnsafeBytes(of: &storage) {
            UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
    }

    private static func text(_ storage: inout sockaddr_storage) -> [UInt8] {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = Int32(storage.ss_family)
        withUnsafeBytes(of: &storage) { bytes in
            guard let base = bytes.baseAddress else { return }
            _ = inet_ntop(family, base + (family == AF_INET ? 4 : 8), &text, socklen_t(text.count))
        }
        var bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        // An IPv4 client of an IPv6 socket.
        if bytes.starts(with: "::ffff:".utf8), bytes.contains(UInt8(ascii: ".")) { bytes.removeFirst(7) }
        return bytes
    }
}
