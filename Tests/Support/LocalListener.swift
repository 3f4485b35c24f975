import Foundation

/// A listening socket on this machine. A test passes it to a FastCGI program, as a web server does, or accepts
/// connections itself, as a service does.
public final class LocalListener {
    /// The kind of address.
    public enum Family {
        /// An abstract AF_UNIX address, which leaves no file behind.
        case unix
        /// A path that other processes may connect to, at which no file may exist yet.
        case file(String)
        /// A free port of 127.0.0.1.
        case tcp

        fileprivate var domain: Int32 { if case .tcp = self { AF_INET } else { AF_UNIX } }
    }

    /// The socket's descriptor.
    public let number: Int32
    private let family: Family

    /// Starts to listen.
    public init(_ family: Family) throws {
        self.family = family
        number = socket(family.domain, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        let bound: Int32
        switch family {
        case .unix:
            // With the family alone, the kernel chooses an abstract address (unix(7), autobind).
            var address = sockaddr(sa_family: sa_family_t(AF_UNIX), sa_data: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
            bound = bind(number, &address, socklen_t(MemoryLayout<sa_family_t>.size))
        case .file(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
            bound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            chmod(path, 0o777)
        case .tcp:
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            bound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        guard bound == 0, listen(number, 64) == 0 else { throw Program.Failure(description: "can't listen") }
    }

    deinit { close(number) }

    private var address: (sockaddr_storage, socklen_t) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &storage) { pointer in
            _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &length) }
        }
        return (storage, length)
    }

    /// The port of a TCP listener.
    public var port: Int {
        withUnsafeBytes(of: address.0) { Int($0[2]) << 8 | Int($0[3]) }
    }

    /// Connects to the socket.
    public func connect(seconds: Int = 15) throws -> LocalConnection {
        let connection = LocalConnection(
            socket(family.domain, Int32(SOCK_STREAM.rawValue), 0), seconds: seconds)
        var (storage, length) = address
        let result = withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(connection.number, $0, length)
            }
        }
        guard result == 0 else { throw Program.Failure(description: "can't connect") }
        return connection
    }

    /// Waits for a peer to connect.
    public func accept(seconds: Int = 15) throws -> LocalConnection {
        var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&entry, 1, Int32(seconds) * 1_000) > 0 else {
            throw Program.Failure(description: "nobody connects")
        }
        return LocalConnection(Glibc.accept(number, nil, nil), seconds: seconds)
    }
}

/// A connected socket whose reads and writes wait for at most `seconds`.
public final class LocalConnection {
    fileprivate let number: Int32
    private var unread: ArraySlice<UInt8> = []

    fileprivate init(_ number: Int32, seconds: Int) {
        signal(SIGPIPE, SIG_IGN)
        self.number = number
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            var time = timeval(tv_sec: seconds, tv_usec: 0)
            setsockopt(number, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    deinit { Glibc.close(number) }

    /// Makes a pair of connected sockets, which serve as a pipe in either direction. The caller passes `writeEnd` to a
    /// program, and closes it afterwards.
    public static func pipe(seconds: Int = 15) throws -> (readEnd: LocalConnection, writeEnd: Int32) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
            throw Program.Failure(description: "no pipe")
        }
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        return (LocalConnection(ends[0], seconds: seconds), ends[1])
    }

    /// Sends bytes; returns false if the peer does not take all of them.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(number, $0.baseAddress, $0.count) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Signals that no more bytes will be sent.
    public func finishSending() { shutdown(number, Int32(SHUT_WR)) }

    /// Ends the connection, in both directions.
    public func hangUp() { shutdown(number, Int32(SHUT_RDWR)) }

    /// Reads exactly `count` bytes; nil if the connection ends before. Throws if they do not arrive in time.
    public func read(exactly count: Int) throws -> [UInt8]? {
        while unread.count < count {
            guard try fill() else { return nil }
        }
        defer { unread = unread.dropFirst(count) }
        return Array(unread.prefix(count))
    }

    /// Reads the next line without its end; nil if the connection ends before.
    public func readLine() throws -> String? {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = unread[..<end]
                unread = unread[(end + 1)...]
                return String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
            }
            guard try fill() else { return nil }
        }
    }

    /// Reads all bytes up to the end of the connection.
    public func readToEnd() throws -> [UInt8] {
        while try fill() {}
        defer { unread = [] }
        return Array(unread)
    }

    private func fill() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(number, &buffer, buffer.count)
        if count < 0, errno != ECONNRESET, errno != EPIPE {
            throw Program.Failure(description: "nothing came in time")
        }
        guard count > 0 else { return false }
        unread += buffer[..<count]
        return true
    }
}
