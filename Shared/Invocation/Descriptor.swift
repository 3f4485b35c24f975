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

    /// Whether this is a listening socket: it is a socket that has no peer.
    var isListening: Bool {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(number, $0, &length) != 0 }
        } && errno == ENOTCONN
    }

    /// Reads at most `buffer.count` bytes; 0 at the end. Throws `Closed` also when a signal asks to end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = Glibc.read(number, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR, csystem_is_terminating() == 0 else { throw Closed() }
        }
    }

    /// Reads up to the end, or `limit` bytes and one more, whichever comes first.
    func readAll(limit: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= limit {
            let wanted = min(buffer.count, limit + 1 - bytes.count)
            let count = try buffer.withUnsafeMutableBytes { try read(into: .init(rebasing: $0[..<wanted])) }
            if count == 0 { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        return bytes
    }

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
    /// A peer that has gone shows as an error of the write, not as a signal that ends the process.
    static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// Allows the request that begins now the CPU time of the variable FUNCTION_CPU_SECONDS, if it is set.
    static func limitCPU(_ environment: Environment) {
        guard let seconds = environment["FUNCTION_CPU_SECONDS"].flatMap(UInt64.init) else { return }
        csystem_limit_cpu(seconds)
    }
}
