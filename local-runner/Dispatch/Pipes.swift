import Glibc

/// Reads a pipe of a process until its end.
final class PipeReader: EventHandler, Continuation {
    /// Bytes that are read in one turn of the loop.
    private let bytesAtOnce: Int
    private let descriptor: Int32
    private let loop: EventLoop
    private let memory: UnsafeMutableRawBufferPointer
    private let onBytes: (UnsafeRawBufferPointer) -> Bool
    private let onEnd: () -> Void
    private var registration: EventLoop.Registration?
    private var canRead = true
    private var hasWriterEnded = false
    /// Whether `onBytes` has had enough for now.
    private(set) var isPaused = false
    private var isContinuing = false

    /// Takes over a non-blocking descriptor. `onBytes` says whether to go on; if not, `read` does. `memory` is one of the
    /// loop's, by default `scratch`.
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
    }

    func handle(_ readiness: Readiness) {
        canRead = true
        if readiness.hasEnded { hasWriterEnded = true }
        if !isPaused { read() }
    }

    func proceed() {
        isContinuing = false
        if !isPaused { read() }
    }

    /// Reads until nothing is left or `onBytes` has enough; some of it in later turns of the loop, if there is much.
    func read() {
        isPaused = false
        var rest = bytesAtOnce
        while rest > 0, canRead, registration != nil {
            let wanted = min(memory.count, rest)
            let length = Glibc.read(descriptor, memory.baseAddress, wanted)
            if length > 0 {
                rest -= length
                // The pipe is empty; the loop tells when it is not, and of its end.
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

    /// Reads what has been written by now, before the loop tells of it; one memory full, as writers may never pause.
    func readAhead() {
        guard registration != nil, !isPaused else { return }
        let length = Glibc.read(descriptor, memory.baseAddress, memory.count)
        if length > 0 { isPaused = !onBytes(UnsafeRawBufferPointer(rebasing: memory.prefix(length))) }
    }

    /// Reads no more.
    func close() {
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

    /// Takes over a non-blocking descriptor. `onDrained` is called when all is written and there may be more.
    init(_ descriptor: Int32, loop: EventLoop, onDrained: @escaping () -> Void) {
        self.descriptor = descriptor
        self.loop = loop
        self.onDrained = onDrained
        registration = loop.watch(descriptor, self)
    }

    func handle(_ readiness: Readiness) { write() }

    /// Writes what waits, as far as the pipe takes it.
    func write() {
        guard registration != nil else { return }
        switch output.write(to: descriptor) {
        case .drained: onDrained()
        case .blocked: break
        case .failed: close()
        }
    }

    /// Ends the stream.
    func close() {
        guard let registration else { return }
        self.registration = nil
        loop.forget(registration)
        Glibc.close(descriptor)
    }
}

/// Finds the lines in what comes in pieces. A line is cut at `maximumLength` bytes.
final class LineSplitter {
    static let maximumLength = 16 << 10

    private var line: [UInt8] = []
    private let onLine: ([UInt8]) -> Void

    /// `onLine` is called with each line that is not empty, without its line break.
    init(_ onLine: @escaping ([UInt8]) -> Void) { self.onLine = onLine }

    /// Takes the next piece.
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

    /// Takes what has come for a whole line.
    func finish() {
        guard !line.isEmpty else { return }
        onLine(line)
        line.removeAll(keepingCapacity: true)
    }
}
