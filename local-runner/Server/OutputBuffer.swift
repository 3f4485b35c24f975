import Glibc

/// Bytes that wait to be written to a socket or a pipe.
struct OutputBuffer {
    /// Producers stop filling a buffer that has more bytes than this, until enough of them have been written.
    static let highWater = 256 << 10

    /// The bytes to write. The first `sent` of them have been written already.
    var bytes: [UInt8] = []
    private var sent = 0
    /// The number of bytes written since the buffer was created.
    private(set) var total = 0

    var count: Int { bytes.count - sent }
    var isEmpty: Bool { count == 0 }
    var isFull: Bool { count > Self.highWater }

    /// The result of `write`.
    enum Progress {
        /// All waiting bytes were written.
        case drained
        /// The descriptor takes no more for now. Some bytes may have been written.
        case blocked
        /// Writing failed, usually because the other side has closed the connection.
        case failed
    }

    /// Writes as many bytes as the descriptor takes.
    mutating func write(to descriptor: Int32) -> Progress {
        while !isEmpty {
            let length = bytes.withUnsafeBytes { waiting in
                Glibc.write(descriptor, waiting.baseAddress.map { $0 + sent }, waiting.count - sent)
            }
            if length > 0 {
                sent += length
                total += length
            } else if errno == EAGAIN {
                compact()
                return .blocked
            } else if errno != EINTR {
                return .failed
            }
        }
        clear()
        return .drained
    }

    /// Discards the waiting bytes.
    mutating func clear() {
        bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 16)
        sent = 0
    }

    /// Frees the memory of an empty buffer.
    mutating func releaseMemory() {
        if isEmpty { (bytes, sent) = ([], 0) }
    }

    private mutating func compact() {
        guard sent > Self.highWater / 4 else { return }
        bytes.removeSubrange(..<sent)
        sent = 0
    }
}

extension [UInt8] {
    /// Appends ASCII text.
    mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a whole number in decimal.
    mutating func append(decimal number: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        let magnitude = number.magnitude
        var divisor: UInt = 1
        while magnitude / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude / divisor % 10))
            divisor /= 10
        }
    }
}
