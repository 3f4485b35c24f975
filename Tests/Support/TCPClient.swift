import Foundation

/// A raw connection to a port of this machine: a test's bytes are sent unchanged, valid or not.
public final class TCPClient {
    /// The connection failed, or the expected bytes did not arrive.
    public struct Failure: Error, CustomStringConvertible {
        /// A description of the failure.
        public let description: String

        /// A failure that `description` explains.
        public init(description: String) { self.description = description }
    }

    private let descriptor: Int32
    private var unread: [UInt8] = []
    private var isClosed = false

    /// Connects, from the address `source` of this machine unless it is nil. Each read or write waits for at most
    /// `seconds`.
    public init(port: Int, seconds: Int = 15, from source: String? = nil, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if let source, !Self.with(source, 0, { bind(descriptor, $0, $1) == 0 }) {
            throw Failure(description: "bind: \(String(cString: strerror(errno)))")
        }
        var timeout = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        guard Self.with("127.0.0.1", port, { connect(descriptor, $0, $1) == 0 }) else {
            throw Failure(description: "connect: \(String(cString: strerror(errno)))")
        }
    }

    private static func with(_ host: String, _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Bool)
        -> Bool
    {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr(host)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    deinit { close() }

    /// Sends text unchanged.
    public func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends bytes.
    public func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard length > 0 else { throw Failure(description: "send: \(String(cString: strerror(errno)))") }
            rest = rest.dropFirst(length)
        }
    }

    /// Sends as many bytes as there is room for now; returns their number.
    public func sendNow(_ bytes: [UInt8]) -> Int {
        let length = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        return max(0, length)
    }

    /// The number of sent bytes that the other side's system has not acknowledged (SIOCOUTQ, tcp(7)).
    public var unacknowledged: Int {
        var count: Int32 = 0
        return ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
    }

    /// Signals that no more bytes will be sent.
    public func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Ends the connection at once with a TCP reset, which tells the other side that data may be lost.
    public func reset() {
        var hard = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// Returns true if bytes arrive, or the other side ends the connection, within `seconds`.
    public func hasInput(seconds: Double) -> Bool {
        if !unread.isEmpty { return true }
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&entry, 1, Int32(seconds * 1_000)) > 0
    }

    /// Ends the connection.
    public func close() {
        if !isClosed { Glibc.close(descriptor) }
        isClosed = true
    }

    /// Reads the next bytes, at most `count` unless they were received earlier; empty if the connection has ended or
    /// was reset. Throws if none arrive in time.
    public func read(upTo count: Int = 65_536) throws -> [UInt8] {
        if !unread.isEmpty {
            defer { unread = [] }
            return unread
        }
        var bytes = [UInt8](repeating: 0, count: count)
        let length = recv(descriptor, &bytes, count, 0)
        guard length >= 0 || errno == ECONNRESET else { throw Failure(description: "nothing came in time") }
        return Array(bytes.prefix(max(0, length)))
    }

    /// Reads everything up to the end of the connection.
    public func readToEnd() throws -> String {
        var bytes: [UInt8] = []
        while true {
            let part = try read()
            if part.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += part
        }
    }

    /// Reads the next line without its end; nil at the end of the connection.
    public func readLine() throws -> String? {
        var line: [UInt8] = []
        while true {
            let part = try read()
            if part.isEmpty { return nil }
            guard let end = part.firstIndex(of: UInt8(ascii: "\n")) else {
                line += part
                continue
            }
            line += part[..<end]
            unread = Array(part[(end + 1)...])
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            return String(decoding: line, as: UTF8.self)
        }
    }

    /// Reads exactly `count` bytes. Throws if the connection ends before.
    public func read(exactly count: Int) throws -> [UInt8] {
        var bytes = unread
        unread = []
        while bytes.count < count {
            let part = try read()
            if part.isEmpty { throw Failure(description: "the connection ended within a body") }
            bytes += part
        }
        unread = Array(bytes[count...])
        return Array(bytes[..<count])
    }
}
