import Base
import CSystem
import Glibc

/// A file descriptor that is read and written with blocking calls.
struct Descriptor {
    static let standardInput = Descriptor(number: STDIN_FILENO)
    static let standardOutput = Descriptor(number: STDOUT_FILENO)
    static let standardError = Descriptor(number: STDERR_FILENO)

    let number: Int32

    /// The connection can't be used further: the peer has closed it or violated the protocol, an operation on the
    /// descriptor failed, or a signal has asked the process to end.
    struct Closed: Error, CustomStringConvertible {
        var description: String { "the connection was closed" }
    }

    /// The peer has sent nothing for the time that `limitWaiting` allows, or a whole request has taken too long to
    /// arrive.
    struct TimedOut: Error {}

    /// True if the descriptor is a socket without a peer, as a listening socket is.
    var isListening: Bool {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(number, $0, &length) != 0 }
        } && errno == ENOTCONN
    }

    /// Limits the time, in seconds, that each system call that reads or writes a socket may wait.
    func limitWaiting(seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(number, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// Reads at most `buffer.count` bytes. Returns 0 at the end of the input.
    ///
    /// - Throws: `Closed`, including when a signal has asked the process to end; `TimedOut`.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = Glibc.read(number, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            if errno == EAGAIN { throw TimedOut() }
            guard errno == EINTR, csystem_is_terminating() == 0 else { throw Closed() }
        }
    }

    /// Reads to the end of the input, but at most `limit` + 1 bytes. A longer result than `limit` thus means that the
    /// input is too long.
    func readAll(limit: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= limit {
            let wanted = min(buffer.count, limit + 1 - bytes.count)
            let count = try buffer.withUnsafeMutableBytes { try read(into: .init(rebasing: $0.prefix(wanted))) }
            if count == 0 { break }
            bytes.append(contentsOf: buffer.prefix(count))
        }
        return bytes
    }

    /// The number of bytes of a refused request's body after which reading stops. With FastCGI, bytes up to the largest
    /// accepted length are not counted, and the last record is read to its end.
    static let longestDiscarded = 64 << 20

    /// Reads and drops the body of a refused request. A web server that can't pass on the whole body may not read the
    /// response either, and its client gets an error of the server instead. Reading stops at the end of the input,
    /// after `count` bytes or `longestDiscarded`, after five seconds without input, or after about thirty seconds in
    /// total.
    func discard(_ count: Int) {
        let start = ContinuousClock.now
        var rest = min(count, Self.longestDiscarded)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while rest > 0, ContinuousClock.now - start < .seconds(30), csystem_wait_for_input(number, 5_000) == 1 {
            let wanted = min(buffer.count, rest)
            let taken = try? buffer.withUnsafeMutableBytes { try read(into: .init(rebasing: $0.prefix(wanted))) }
            guard let taken, taken > 0 else { return }
            rest -= taken
        }
    }

    /// Makes the kernel end the TCP connection with a reset when the descriptor is closed.
    func resetAtClose() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    }

    /// Returns true if there is input, or the end of the input, now or within `milliseconds` milliseconds.
    func isReadable(within milliseconds: Int32 = 0) -> Bool { csystem_wait_for_input(number, milliseconds) == 1 }

    /// Writes all of `bytes`.
    ///
    /// - Throws: `Closed` if that fails, or if the peer accepts nothing for the time that `limitWaiting` allows.
    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(number, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw Closed()
            }
        }
    }

    /// Writes all of `bytes`.
    func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes(write) }

    func close() { Glibc.close(number) }

    /// Closes this output, so that its reader knows that it is complete. The descriptor's number is then taken by
    /// /dev/null, because the next file that is opened would otherwise become the standard output.
    func finish() {
        let null = csystem_open("/dev/null", O_WRONLY, 0)
        dup2(null, number)
        Glibc.close(null)
    }
}

/// Settings of this process.
enum Process {
    /// Ignores the signals for writing to a closed pipe or socket, and for exceeding the maximum file size
    /// (RLIMIT_FSIZE). These events then appear as errors of the write, and don't end the process.
    static func ignoreSignalsOfWrites() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Limits the CPU time of the request that begins now to about the number of seconds in the variable
    /// FUNCTION_CPU_SECONDS, if that is set.
    static func limitCPU(_ environment: Environment) {
        guard let seconds = environment["FUNCTION_CPU_SECONDS"].flatMap(UInt64.init) else { return }
        csystem_limit_cpu(seconds)
    }
}
