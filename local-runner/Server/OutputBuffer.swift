import Glibc

/// Bytes that wait to go out on a socket or a pipe.
struct OutputBuffer {
    /// Above this many bytes, whatever fills the buffer stops until it has drained.
    static let highWater = 256 << 10

    /// What is to be written, after `sent` bytes that are gone already.
    var bytes: [UInt8] = []
    private var sent = 0
    /// Bytes that have gone out since the buffer was made.
    private(set) var total = 0

    var count: Int { bytes.count - sent }
    var isEmpty: Bool { count == 0 }
    var isFull: Bool { count > Self.highWater }

    /// How far `write` got.
    enum Progress {
        /// Nothing waits any more.
        case drained
        /// The descriptor takes no more for now; some bytes may have gone out.
        case blocked
        /// The other side has gone.
        case failed
    }

    /// Writes as much as the descriptor takes.
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

    /// Forgets what waits.
    mutating func clear() {
        bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 16)
        sent = 0
    }

    /// Gives memory back.
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
