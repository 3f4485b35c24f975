import Base
import CSystem
import Glibc

/// The reason why the server can't listen, or can't create its loop.
struct ServerError: Error, CustomStringConvertible {
    let description: String
    /// The errno of the failure to listen; 0 if the address is invalid or the loop could not be created.
    let code: Int32
    /// The address on which the server can't listen. Nil if the loop could not be created.
    let address: ListenAddress?

    init(_ description: String, code: Int32 = 0, address: ListenAddress? = nil) {
        self.description = description
        self.code = code
        self.address = address
    }

    /// Creates the error for an address on which the server can't listen, from an errno.
    fileprivate init(_ code: Int32, on address: ListenAddress) {
        self.init(
            "can't listen on \(address.authority): \(String(cString: strerror(code)))", code: code, address: address)
    }
}

/// A listening TCP socket.
struct Listener {
    /// The largest number of clients that may wait to be accepted. The system may allow fewer (net.core.somaxconn).
    private static let backlog: Int32 = 4096

    let descriptor: Int32
    /// The address on which the socket listens. If the requested port is 0, this has the port that the system picked.
    let address: ListenAddress

    init(_ address: ListenAddress) throws(ServerError) {
        var storage = sockaddr_storage()
        guard var length = Self.fill(&storage, address) else {
            throw ServerError("\(address.ip) is not an IP address")
        }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(Int32(storage.ss_family), kind, 0)
        guard descriptor >= 0 else {
            throw ServerError(errno, on: address)
        }
        self.descriptor = descriptor
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let isListening =
            Self.with(&storage) { bind(descriptor, $0, length) == 0 } && listen(descriptor, Self.backlog) == 0
        guard isListening, Self.with(&storage, { getsockname(descriptor, $0, &length) == 0 }) else {
            let code = errno
            Glibc.close(descriptor)
            throw ServerError(code, on: address)
        }
        self.address = ListenAddress(ip: address.ip, port: Self.port(&storage))
    }

    /// Stops listening.
    func close() { Glibc.close(descriptor) }

    /// Accepts a connection and returns it with the client's address. Returns nil and sets errno if no client waits, or
    /// on failure.
    func accept() -> (descriptor: Int32, peer: PeerAddress)? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let connection = Self.with(&storage) { csystem_accept(descriptor, $0, &length) }
        return connection < 0 ? nil : (connection, PeerAddress(&storage))
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

    /// Returns the port, which has the same position in addresses of both families.
    private static func port(_ storage: inout sockaddr_storage) -> UInt16 {
        withUnsafeBytes(of: &storage) {
            UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
    }
}

/// The address of a client. An IPv4 client of an IPv6 socket has its IPv4 address.
struct PeerAddress {
    /// The address as 4 or 16 bytes in network order.
    let bytes: [UInt8]
    /// The address as text.
    let text: [UInt8]

    fileprivate init(_ storage: inout sockaddr_storage) {
        var family = Int32(storage.ss_family)
        (bytes, text) = withUnsafeBytes(of: &storage) { storage in
            var part = family == AF_INET ? storage[from: 4, to: 8] : storage[from: 8, to: 24]
            if part.count == 16, part.prefix(10).allSatisfy({ $0 == 0 }),
                part[from: 18, to: 20].allSatisfy({ $0 == 0xFF })
            {
                (part, family) = (storage[from: 20, to: 24], AF_INET)
            }
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            let address = UnsafeRawBufferPointer(rebasing: part)
            _ = inet_ntop(family, address.baseAddress, &text, socklen_t(text.count))
            return (Array(part), text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
        }
    }
}
