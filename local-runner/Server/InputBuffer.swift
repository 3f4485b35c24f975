import Base
import Glibc

/// Bytes that have been read from a socket and not been used yet. They are contiguous in memory. Offsets into `bytes`
/// stay valid until bytes are consumed.
struct InputBuffer: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0

    /// Creates an empty buffer, which uses no memory until something is appended.
    init() { memory = UnsafeMutableRawBufferPointer(start: nil, count: 0) }

    deinit { memory.deallocate() }

    var count: Int { end - start }
    var isEmpty: Bool { start == end }

    /// The unused bytes. The pointer is valid until the buffer changes.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[from: start, to: end]) }

    /// Removes the first `count` bytes.
    mutating func consume(_ count: Int) {
        start += count
        if start == end { (start, end) = (0, 0) }
    }

    /// Appends a copy of `part`.
    mutating func append(_ part: UnsafeRawBufferPointer) {
        makeRoom(part.count)
        UnsafeMutableRawBufferPointer(rebasing: memory.dropFirst(end)).copyMemory(from: part)
        end += part.count
    }

    /// Frees the memory of an empty buffer.
    mutating func releaseMemory() {
        guard isEmpty else { return }
        memory.deallocate()
        memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }

    private mutating func makeRoom(_ space: Int) {
        guard memory.count - end < space else { return }
        let waiting = bytes
        if memory.count - waiting.count >= space, let base = memory.baseAddress,
            let from = waiting.baseAddress
        {
            memmove(base, from, waiting.count)
        } else {
            let larger = UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(waiting.count + space, memory.count * 2, 1 << 10), alignment: 16)
            larger.copyMemory(from: waiting)
            memory.deallocate()
            memory = larger
        }
        (start, end) = (0, waiting.count)
    }
}
