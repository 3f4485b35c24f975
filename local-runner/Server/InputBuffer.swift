import Base
import Glibc

/// Bytes that have come from a socket and wait to be read. They lie in one piece; offsets into `bytes` stay
/// valid until bytes are consumed.
struct InputBuffer: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0

    /// An empty buffer, which takes no memory until something is appended.
    init() { memory = UnsafeMutableRawBufferPointer(start: nil, count: 0) }

    deinit { memory.deallocate() }

    var count: Int { end - start }
    var isEmpty: Bool { start == end }

    /// What waits. The pointer is valid until the buffer changes.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[from: start, to: end]) }

    /// Takes the first `count` bytes away.
    mutating func consume(_ count: Int) {
        start += count
        if start == end { (start, end) = (0, 0) }
    }

    /// Appends bytes.
    mutating func append(_ part: UnsafeRawBufferPointer) {
        makeRoom(part.count)
        UnsafeMutableRawBufferPointer(rebasing: memory.dropFirst(end)).copyMemory(from: part)
        end += part.count
    }

    /// Gives memory back.
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
