import Foundation
import Synchronization

/// An HTTP proxy on this machine that opens tunnels (CONNECT). All tunnels lead to one port of this machine, whatever
/// host a request names.
public final class ConnectProxy: Sendable {
    /// The request line and the header fields of a CONNECT request, as they came.
    public typealias Head = [String]

    /// The proxy's port on 127.0.0.1.
    public let port: Int
    private let heads = Mutex<[Head]>([])
    private let listener: Mutex<LocalListener>

    /// The heads of the requests so far.
    public var requests: [Head] { heads.withLock { $0 } }

    /// Starts the proxy.
    ///
    /// - Parameters:
    ///   - target: The port of 127.0.0.1 that tunnels lead to.
    ///   - authorization: The value of Proxy-Authorization that requests must have. If it is nil, all requests are
    ///     accepted.
    ///   - status: The status of the answer to an authorized request. A status other than 200 refuses the tunnel.
    public init(to target: Int, authorization: String? = nil, status: Int = 200) throws {
        let listener = try LocalListener(.tcp)
        port = listener.port
        let number = listener.number
        self.listener = Mutex(listener)
        Thread.detachNewThread { [weak self] in
            while true {
                let client = accept(number, nil, nil)
                guard client >= 0, let self else { return }
                Thread.detachNewThread {
                    defer { close(client) }
                    guard let head = Self.readHead(client) else { return }
                    self.heads.withLock { $0.append(head) }
                    let isAuthorized = authorization.map { head.contains("Proxy-Authorization: " + $0) } ?? true
                    let answer = isAuthorized ? status : 407
                    Self.send(client, "HTTP/1.1 \(answer) Answer\r\nProxy-Agent: tests\r\n\r\n")
                    guard answer == 200, let upstream = Self.connect(to: target) else { return }
                    defer { close(upstream) }
                    Self.relay(client, upstream)
                }
            }
        }
    }

    deinit { listener.withLock { _ = shutdown($0.number, Int32(SHUT_RDWR)) } }

    private static func readHead(_ descriptor: Int32) -> Head? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while !bytes.reversed().starts(with: Array("\r\n\r\n".utf8).reversed()) {
            guard bytes.count < 16_384, read(descriptor, &byte, 1) == 1 else { return nil }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n").filter { !$0.isEmpty }
    }

    private static func send(_ descriptor: Int32, _ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }

    private static func connect(to port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(truncatingIfNeeded: port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Copies bytes in both directions until one side ends, or both are silent for 15 seconds.
    private static func relay(_ first: Int32, _ second: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            var entries = [first, second].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&entries, 2, 15_000) > 0 else { return }
            for (entry, other) in zip(entries, [second, first]) where entry.revents != 0 {
                let count = read(entry.fd, &buffer, buffer.count)
                guard count > 0 else { return }
                var rest = buffer[..<count]
                while !rest.isEmpty {
                    let written = rest.withUnsafeBytes { write(other, $0.baseAddress, $0.count) }
                    guard written > 0 else { return }
                    rest = rest.dropFirst(written)
                }
            }
        }
    }
}
