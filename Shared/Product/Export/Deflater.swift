import CZlib

/// Compresses a stream of bytes with raw DEFLATE (RFC 1951), and computes its CRC-32.
final class Deflater {
    // The stream must not move in memory, since zlib keeps pointers to it.
    private let stream: UnsafeMutablePointer<z_stream>
    /// The CRC-32 of the bytes that were written.
    private(set) var checksum: UInt = crc32(0, nil, 0)
    /// The number of bytes that were written.
    private(set) var count: UInt64 = 0

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Negative window bits leave out zlib's own header. The fastest level shrinks the rows of a sheet to a sixth;
        // the default level shrinks them to an eighth, but takes more than twice the time.
        let code = deflateInit2_(
            stream, Z_BEST_SPEED, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, zlibVersion(),
            Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "zlib has no memory")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Compresses `bytes` and appends the output to `output`.
    func write(_ bytes: [UInt8], to output: inout [UInt8]) {
        count += UInt64(bytes.count)
        checksum = bytes.withUnsafeBufferPointer { crc32(checksum, $0.baseAddress, UInt32($0.count)) }
        run(bytes, Z_NO_FLUSH, &output)
    }

    /// Appends the rest of the output.
    func finish(to output: inout [UInt8]) { run([], Z_FINISH, &output) }

    private func run(_ input: [UInt8], _ flush: Int32, _ output: inout [UInt8]) {
        input.withUnsafeBufferPointer { input in
            // The cast is safe, since zlib does not write to its input.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = UInt32(input.count)
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
}
