import CZlib

/// Compresses a stream of bytes by raw DEFLATE (RFC 1951), and sums it up by CRC-32 on the way.
final class Deflater {
    // zlib remembers where its stream lies.
    private let stream: UnsafeMutablePointer<z_stream>
    /// The CRC-32 of what has been written.
    private(set) var checksum: UInt = crc32(0, nil, 0)
    /// How many bytes have been written.
    private(set) var count: UInt64 = 0

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Negative window bits leave out zlib's own header. The fastest level shrinks a sheet's rows to a sixth; the usual
        // one to an eighth, in more than twice the time.
        let code = deflateInit2_(
            stream, Z_BEST_SPEED, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, zlibVersion(),
            Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "zlib has no memory")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Compresses `bytes`, and appends what comes out to `output`.
    func write(_ bytes: [UInt8], to output: inout [UInt8]) {
        count += UInt64(bytes.count)
        checksum = bytes.withUnsafeBufferPointer { crc32(checksum, $0.baseAddress, UInt32($0.count)) }
        run(bytes, Z_NO_FLUSH, &output)
    }

    /// Appends what is left.
    func finish(to output: inout [UInt8]) { run([], Z_FINISH, &output) }

    private func run(_ input: [UInt8], _ flush: Int32, _ output: inout [UInt8]) {
        input.withUnsafeBufferPointer { input in
            // zlib does not write to its input.
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
