import Glibc
import HTTP

/// Reads a pipe from a process until its end.
final class PipeReader: EventHandler, Continuation {
    /// The largest number of bytes in one call of `read`.
    private let bytesAtOnce: Int
    private let descriptor: Int32
    private let loop: EventLoop
    private let memory: UnsafeMutableRawBufferPointer
    private let onBytes: (UnsafeRawBufferPointer) -> Bool
    private let onEnd: () -> Void
    private var registration: EventLoop.Registration?
    private var canRead = true
    private var hasWriterEnded = false
    /// True if `onBytes` asked for a pause.
    private(set) var isPaused = false
    private var isContinuing = false
    /// True if the loop can't watch the descriptor, until the end is reported for that reason.
    private var isUnwatched = false

    /// Takes over a non-blocking descriptor. `onBytes` returns true to continue and false to pause until `read` is
    /// called. `memory` is one of the loop's buffers, by default `scratch`. If the loop can't watch the descriptor, it
    /// is closed, and `onEnd` is called in the next turn, when the caller has this reader.
    @discardableResult
    init(
        _ descriptor: Int32, loop: EventLoop, memory: UnsafeMutableRawBufferPointer? = nil,
        bytesAtOnce: Int = 256 << 10,
        onBytes: @escaping (UnsafeRawBufferPointer) -> Bool, onEnd: @escaping () -> Void = {}
    ) {
        self.descriptor = descriptor
        self.loop = loop
        self.memory = memory ?? loop.scratch
        self.bytesAtOnce = bytesAtOnce
        self.onBytes = onBytes
        self.onEnd = onEnd
        registration = loop.watch(descriptor, self)
        guard registration == nil else { return }
        Glibc.close(descriptor)
        isUnwatched = true
        loop.soon(self)
    }

    func handle(_ readiness: Readiness) {
        canRead = true
        if readiness.hasEnded { hasWriterEnded = true }
        if !isPaused { read() }
    }

    func proceed() {
        isContinuing = false
        if isUnwatched {
            isUnwatched = false
            onEnd()
        }
        if !isPaused { read() }
    }

    /// Reads until the pipe is empty or `onBytes` asks for a pause. Long output is continued in later turns of the
    /// loop.
    func read() {
        isPaused = false
        var rest = bytesAtOnce
        while rest > 0, canRead, registration != nil {
            let wanted = min(memory.count, rest)
            let length = Glibc.read(descriptor, memory.baseAddress, wanted)
            if length > 0 {
                rest -= length
                // The pipe is empty. The loop reports new output and the end of the output.
                if length < wanted, !hasWriterEnded { canRead = false }
                isPaused = !onBytes(UnsafeRawBufferPointer(rebasing: memory.prefix(length)))
                if isPaused { return }
            } else if length < 0, errno == EAGAIN {
                canRead = false
            } else if length == 0 || errno != EINTR {
                close()
                onEnd()
            }
        }
        guard canRead, registration != nil, !isContinuing else { return }
        isContinuing = true
        loop.soon(self)
    }

    /// Reads existing output before the loop reports it, at most one buffer, since the process may write without pause.
    func readAhead() {
        guard registration != nil, !isPaused else { return }
        let length = Glibc.read(descriptor, memory.baseAddress, memory.count)
        if length > 0 { isPaused = !onBytes(UnsafeRawBufferPointer(rebasing: memory.prefix(length))) }
    }

    /// False once the descriptor is closed.
    var isOpen: Bool { registration != nil }

    /// Stops reading and closes the descriptor.
    func close() {
        isUnwatched = false
        guard let registration else { return }
        self.registration = nil
        loop.forget(registration)
        Glibc.close(descriptor)
    }
}

/// Writes to a pipe of a process.
final class PipeWriter: EventHandler {
    var output = OutputBuffer()

    private let descriptor: Int32
    private let loop: EventLoop
    private let onDrained: () -> Void
    private var registration: EventLoop.Registration?

    /// Takes over a non-blocking descriptor. Calls `onDrained` when all output is written and more may be added. If the
    /// loop can't watch the descriptor, it is closed, as after a failed write, so that the process sees the end of its
    /// input.
    init(_ descriptor: Int32, loop: EventLoop, onDrained: @escaping () -> Void) {
        self.descriptor = descriptor
        self.loop = loop
        self.onDrained = onDrained
        registration = loop.watch(descriptor, self)
        if registration == nil { Glibc.close(descriptor) }
    }

    func handle(_ readiness: Readiness) { write() }

    /// Writes waiting bytes as far as the pipe takes them.
    func write() {
        guard registration != nil else { return }
        switch output.write(to: descriptor) {
        case .drained: onDrained()
        case .blocked: break
        case .failed: close()
        }
    }

    /// Closes the pipe.
    func close() {
        guard let registration else { return }
        self.registration = nil
        loop.forget(registration)
        Glibc.close(descriptor)
    }
}

/// Splits data that comes in pieces into lines. A line of more than `maximumLength` bytes becomes several lines.
final class LineSplitter {
    static let maximumLength = 16 << 10

    private var line: [UInt8] = []
    private let onLine: ([UInt8]) -> Void

    /// Creates a splitter that calls `onLine` with each non-empty line, without its line break.
    init(_ onLine: @escaping ([UInt8]) -> Void) { self.onLine = onLine }

    /// Adds the next piece.
    func split(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.maximumLength - line.count))
            let end = part.firstIndex(of: ASCII.lineFeed)
            line.append(contentsOf: part.prefix(end ?? part.count))
            if end != nil || line.count == Self.maximumLength { finish() }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(end.map { $0 + 1 } ?? part.count))
        }
    }

    /// Passes on the bytes after the last line break as a complete line.
    func finish() {
        guard !line.isEmpty else { return }
        onLine(line)
        line.removeAll(keepingCapacity: true)
    }
}
