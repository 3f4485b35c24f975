import Base
import CSystem
import Glibc

/// A file descriptor with blocking reads and writes.
struct Descriptor {
    static let standardInput = Descriptor(number: STDIN_FILENO)
    static let standardOutput = Descriptor(number: STDOUT_FILENO)

    let number: Int32

    /// The peer has gone, or the descriptor failed.
    struct Closed: Error {}

    /// The peer has sent nothing for as long as `limitWaiting` allows.
    struct TimedOut: Error {}

    /// Whether this is a listening socket: it is a socket that has no peer.
    var isListening: Bool {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(number, $0, &length) != 0 }
        } && errno == ENOTCONN
    }

    /// Has each read and write of a socket wait for so many seconds at most.
    func limitWaiting(seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(number, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// Reads at most `buffer.count` bytes; 0 at the end. Throws `Closed` also when a signal asks to end, and `TimedOut`.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = Glibc.read(number, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            if errno == EAGAIN { throw TimedOut() }
            guard errno == EINTR, csystem_is_terminating() == 0 else { throw Closed() }
        }
    }

    /// Reads up to the end, or `limit` bytes and one more, whichever comes first.
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

    /// The most that is read of a request that is refused, in bytes.
    static let longestDiscarded = 64 << 20

    /// Reads and drops the input of a request that is refused: a server that can't pass the body on does not take the answer
    /// either, and its client gets neither. Stops at the end, after `count` bytes or `longestDiscarded`, after five seconds
    /// without input, and after thirty seconds.
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

    /// Has the end of a TCP connection be a reset.
    func resetAtClose() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    }

    /// True if there is something to read, the end of the input included, now or within so many milliseconds.
    func isReadable(within milliseconds: Int32 = 0) -> Bool { csystem_wait_for_input(number, milliseconds) == 1 }

    /// Writes all of `bytes`.
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

    /// Tells the reader of this output that it is complete. Its number stays taken, by /dev/null, since the next file
    /// to be opened would become the standard output otherwise.
    func finish() {
        let null = csystem_open("/dev/null", O_WRONLY, 0)
        dup2(null, number)
        Glibc.close(null)
    }
}

/// This process.
enum Process {
    /// A peer that has gone, and a file that may grow no more (RLIMIT_FSIZE), show as an error of the write, not as a
    /// signal that ends the process.
    static func ignoreSignalsOfWrites() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Allows the request that begins now the CPU time of the variable FUNCTION_CPU_SECONDS, if it is set.
    static func limitCPU(_ environment: Environment) {
        guard let seconds = environment["FUNCTION_CPU_SECONDS"].flatMap(UInt64.init) else { return }
        csystem_limit_cpu(seconds)
    }
}
