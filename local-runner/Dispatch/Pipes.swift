import Glibc

/// Reads a pipe of a process until its end.
final class PipeReader: EventHandler {
    private let descriptor: Int32
    private let loop: EventLoop
    private let memory: UnsafeMutableRawBufferPointer
    private let onBytes: (UnsafeRawBufferPointer) -> Bool
    private let onEnd: () -> Void
    private var registration: EventLoop.Registration?
    private var canRead = true
    /// Whether `onBytes` has had enough for now.
    private(set) var isPaused = false

    /// Takes over a non-blocking descriptor. `onBytes` says whether to go on; if not, `read` does. `memory` is one of the
    /// loop's, by default `scratch`.
    @discardableResult
    init(
        _ descriptor: Int32, loop: EventLoop, memory: UnsafeMutableRawBufferPointer? = nil,
        onBytes: @escaping (UnsafeRawBufferPointer) -> Bool, onEnd: @escaping () -> Void = {}
    ) {
        self.descriptor = descriptor
        self.loop = loop
        self.memory = memory ?? loop.scratch
        self.onBytes = onBytes
        self.onEnd = onEnd
        registration = loop.watch(descriptor, self)
    }

    func handle(_ readiness: Readiness) {
        canRead = true
        if !isPaused { read() }
    }

    /// Reads until nothing is left or `onBytes` has enough.
    func read() {
        isPaused = false
        while canRead, registration != nil {
            let length = Glibc.read(descriptor, memory.baseAddress, memory.count)
            if length > 0 {
                isPaused = !onBytes(UnsafeRawBufferPointer(rebasing: memory[..<length]))
                if isPaused { return }
            } else if length < 0, errno == EAGAIN {
                canRead = false
            } else if length == 0 || errno != EINTR {
                close()
                onEnd()
            }
        }
    }

    /// Reads what has been written by now, before the loop tells of it; one memory full, as writers may never pause.
    func readAhead() {
        guard registration != nil, !isPaused else { return }
        let length = Glibc.read(descriptor, memory.baseAddress, memory.count)
        if length > 0 { isPaused = !onBytes(UnsafeRawBufferPointer(rebasing: memory[..<length])) }
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
struct LineSplitter {
    static let maximumLength = 16 << 10

    private var line: [UInt8] = []

    mutating func split(_ bytes: UnsafeRawBufferPointer, _ body: ([UInt8]) -> Void) {
        for byte in bytes {
            if byte != ASCII.lineFeed { line.append(byte) }
            if byte == ASCII.lineFeed && !line.isEmpty || line.count == Self.maximumLength {
                body(line)
                line.removeAll(keepingCapacity: true)
            }
        }
    }
}
