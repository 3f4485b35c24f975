import Foundation

/// A raw connection to a port of this machine: what a test sends is what goes out, well-formed or not.
public final class TCPClient {
    /// Nothing came in time, or the connection failed.
    public struct Failure: Error, CustomStringConvertible {
        /// What went wrong.
        public let description: String

        /// A failure that `description` explains.
        public init(description: String) { self.description = description }
    }

    private let descriptor: Int32
    private var unread: [UInt8] = []
    private var isClosed = false

    /// Connects. Reads wait for at most `seconds`.
    public init(port: Int, seconds: Int = 15, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(description: "connect: \(String(cString: strerror(errno)))") }
    }

    deinit { close() }

    /// Sends text as it stands.
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

    /// Says that nothing more will come.
    public func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Ends the connection.
    public func close() {
        if !isClosed { Glibc.close(descriptor) }
        isClosed = true
    }

    /// The next bytes; empty at the end of the connection.
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

    /// Everything up to the end of the connection.
    public func readToEnd() throws -> String {
        var bytes: [UInt8] = []
        while true {
            let part = try read()
            if part.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += part
        }
    }

    /// The next line without its end; nil at the end of the connection.
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

    /// Exactly so many bytes. Throws when the connection ends before.
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
