import CZlib

/// Compresses a stream of bytes with raw DEFLATE (RFC 1951), and computes the CRC-32 of the bytes before compression.
public final class Deflater {
    /// The compromise between time and size.
    public enum Level: Sendable {
        /// zlib's fastest level, for files that a client waits for. It shrinks the rows of a sheet to a sixth; the
        /// thorough level shrinks them to an eighth, but takes more than twice the time.
        case fast
        /// zlib's default level, for files that are made once.
        case thorough

        fileprivate var number: Int32 { self == .fast ? Z_BEST_SPEED : 6 }
    }

    // The stream must not move in memory, since zlib keeps pointers to it.
    private let stream: UnsafeMutablePointer<z_stream>
    /// The CRC-32 of the bytes that were given to `write`.
    public private(set) var checksum: UInt = crc32(0, nil, 0)
    /// The number of bytes that were given to `write`.
    public private(set) var count: UInt64 = 0

    /// Begins an empty stream.
    public init(_ level: Level = .fast) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Negative window bits leave out zlib's own header.
        let code = deflateInit2_(
            stream, level.number, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, zlibVersion(),
            Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "zlib has no memory")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// The largest number of bytes that zlib is given at once. It counts them with 32 bits.
    private static let longestPiece = 1 << 30

    /// Compresses `bytes` and appends the output that is ready to `output`. zlib keeps the rest for later calls.
    public func write(_ bytes: [UInt8], to output: inout [UInt8]) {
        write(bytes, to: &output, inPiecesOf: Self.longestPiece)
    }

    /// Does the work of `write`, and gives zlib at most `piece` bytes at once.
    func write(_ bytes: [UInt8], to output: inout [UInt8], inPiecesOf piece: Int) {
        count += UInt64(bytes.count)
        bytes.withUnsafeBufferPointer { bytes in
            var rest = bytes
            while !rest.isEmpty {
                let input = UnsafeBufferPointer(rebasing: rest.prefix(piece))
                checksum = crc32(checksum, input.baseAddress, UInt32(clamping: input.count))
                run(input, Z_NO_FLUSH, &output)
                rest = UnsafeBufferPointer(rebasing: rest.dropFirst(piece))
            }
        }
    }

    /// Appends the rest of the output.
    public func finish(to output: inout [UInt8]) {
        run(UnsafeBufferPointer(start: nil, count: 0), Z_FINISH, &output)
    }

    private func run(_ input: UnsafeBufferPointer<UInt8>, _ flush: Int32, _ output: inout [UInt8]) {
        // The cast is safe, since zlib does not write to its input.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.pointee.avail_in = UInt32(clamping: input.count)
        repeat {
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32_768) { buffer in
                stream.pointee.next_out = buffer.baseAddress
                stream.pointee.avail_out = UInt32(buffer.count)
                deflate(stream, flush)
                output.append(contentsOf: buffer.dropLast(Int(stream.pointee.avail_out)))
            }
        } while stream.pointee.avail_out == 0
    }
}
