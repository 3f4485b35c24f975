import Glibc

/// Bytes that have come from a socket and wait to be read. They lie in one piece; offsets into `bytes` stay
/// valid until bytes are consumed.
struct InputBuffer: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0

    /// An empty buffer, which takes no memory until something is received.
    init() { memory = UnsafeMutableRawBufferPointer(start: nil, count: 0) }

    deinit { memory.deallocate() }

    var count: Int { end - start }
    var isEmpty: Bool { start == end }

    /// What waits. The pointer is valid until the buffer changes.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[start..<end]) }

    /// Takes the first `count` bytes away.
    mutating func consume(_ count: Int) {
        start += count
        if start == end { (start, end) = (0, 0) }
    }

    /// Receives up to `space` bytes; the result is recv(2)'s.
    mutating func receive(from descriptor: Int32, space: Int) -> Int {
        makeRoom(space)
        let length = recv(descriptor, memory.baseAddress.map { $0 + end }, space, 0)
        if length > 0 { end += length }
        return length
    }

    /// Gives memory back that only a large request needed.
    mutating func shrink() {
        guard isEmpty, memory.count > 1 << 15 else { return }
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
                byteCount: max(waiting.count + space, memory.count * 2), alignment: 16)
            larger.copyMemory(from: waiting)
            memory.deallocate()
            memory = larger
        }
        (start, end) = (0, waiting.count)
    }
}
