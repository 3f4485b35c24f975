import Glibc

/// One client's connection: reads requests, has them served one after the other, writes the responses.
final class Connection: EventHandler {
    enum Phase {
        /// Waits for a request's head, or its rest.
        case head
        /// Reads a chunked body, which a function gets in one piece with its length.
        case collecting(ChunkedDecoder)
        /// The request waits for a function or is with it.
        case serving
        /// Writes what is left, then ends the connection.
        case finishing
        /// Reads over what the client still sends, so that the response reaches it (RFC 9112 §9.6).
        case lingering
        case closed
    }

    /// Time limits in microseconds.
    enum Limit {
        static let head = 10_000_000
        static let idle = 60_000_000
        static let bodySilence = 10_000_000
        static let body = 60_000_000
        static let stalledOutput = 30_000_000
        static let linger = 2_000_000
    }

    /// Bytes that are read ahead of what is used.
    private static let maximumInput = 64 << 10
    private static let receiveSize = 16 << 10

    let server: Server
    /// The client's address as text.
    let peer: [UInt8]
    var input = InputBuffer()
    var output = OutputBuffer()
    var parser = RequestParser()
    var phase = Phase.head
    var exchange = Exchange()
    /// What serves the request; nil while it waits for its turn.
    var execution: (any Execution)?
    /// When the client must have done its next step, in microseconds on the monotonic clock.
    var deadline: Int
    var hasHeadStarted = false

    private let descriptor: Int32
    private var registration: EventLoop.Registration?
    private var canRead = true
    private var canWrite = true
    private var hasPeerEnded = false
    private var hasInputEnded = false
    private var isAdvancing = false

    /// Takes over an accepted, non-blocking descriptor.
    init(_ server: Server, descriptor: Int32, peer: [UInt8]) {
        self.server = server
        self.descriptor = descriptor
        self.peer = peer
        deadline = EventLoop.now + Limit.idle
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Begins to read; false when the system can't watch the descriptor.
    func open() -> Bool {
        registration = server.loop.watch(descriptor, self)
        return registration != nil
    }

    func handle(_ readiness: Readiness) {
        if readiness.isReadable { canRead = true }
        if readiness.isWritable { canWrite = true }
        if readiness.hasEnded { hasPeerEnded = true }
        if readiness.isBroken { return leave() }
        advance()
    }

    /// Goes as far as it can: reads, serves, writes.
    func advance() {
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        // A client that is as fast as the function must not keep the loop from all others.
        for _ in 0..<16 {
            receive()
            serve()
            if exchange.bodyRemaining > 0 { execution?.sendBody() }
            flush()
            if case .closed = phase { return }
            if hasInputEnded, needsClient { return leave() }
            guard canRead && hasRoom || canWrite && !output.isEmpty else { return }
        }
        server.loop.after(milliseconds: 0) { [weak self] in self?.advance() }
    }

    /// Whether there is nothing left to do for a client that sends nothing any more.
    private var needsClient: Bool {
        switch phase {
        case .head: output.isEmpty
        case .collecting, .serving, .lingering: true
        case .finishing, .closed: false
        }
    }

    private var isServing: Bool { if case .serving = phase { true } else { false } }
    private var hasRoom: Bool { input.count < Self.maximumInput }

    private func receive() {
        while canRead, hasRoom {
            if case .closed = phase { return }
            let length = input.receive(from: descriptor, space: Self.receiveSize)
            if length > 0 {
                if case .lingering = phase { input.consume(length) }
                if length < Self.receiveSize, !hasPeerEnded { canRead = false }
                noteInput()
            } else if length == 0 {
                canRead = false
                hasInputEnded = true
            } else if errno == EAGAIN {
                canRead = false
            } else if errno != EINTR {
                return leave()
            }
        }
    }

    /// A body may take its time, but not be silent, and not for ever.
    private func noteInput() {
        switch phase {
        case .collecting,
            .serving where exchange.bodyRemaining > 0 && output.isEmpty:
            deadline = min(EventLoop.now + Limit.bodySilence, exchange.start + Limit.body)
        case .head, .serving, .finishing, .lingering, .closed: break
        }
    }

    private func flush() {
        guard canWrite, !output.isEmpty else { return finishIfDone() }
        switch output.write(to: descriptor) {
        case .drained: break
        case .blocked:
            canWrite = false
            deadline = EventLoop.now + Limit.stalledOutput
        case .failed: return leave()
        }
        if output.count <= OutputBuffer.highWater / 4, let execution, execution.isPaused {
            execution.resume()
        }
        finishIfDone()
    }

    private func finishIfDone() {
        guard case .finishing = phase, output.isEmpty else { return }
        if hasInputEnded { return close() }
        phase = .lingering
        deadline = EventLoop.now + Limit.linger
        input.consume(input.count)
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Called from time to time.
    func checkDeadline(_ now: Int) {
        guard now >= deadline else { return }
        switch phase {
        case .head where hasHeadStarted, .collecting:
            reject(.requestTimeout)
            advance()
        case .serving:
            if !output.isEmpty { return leave() }
            if exchange.bodyRemaining > input.count + exchange.body.count {
                giveUpFunction()
                reject(.requestTimeout)
                advance()
            }
        case .head, .finishing, .lingering: close()
        case .closed: break
        }
    }

    /// Ends a connection that is not in the midst of a request; false when it is.
    func closeIfIdle() -> Bool {
        guard case .head = phase, !hasHeadStarted, output.isEmpty else { return false }
        close()
        return true
    }

    /// The client has gone: nobody needs the function's answer.
    func leave() {
        if isServing {
            giveUpFunction()
            log(status: RunnerLog.clientGone)
        }
        close()
    }

    /// Lets go of the function without its answer.
    private func giveUpFunction() {
        if let execution {
            self.execution = nil
            execution.abandon()
        } else {
            exchange.route?.pool.withdraw(self)
        }
    }

    /// Ends the connection so that the client sees that the response is not whole.
    func abort() {
        var hard = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    private func close() {
        guard let registration else { return }
        self.registration = nil
        phase = .closed
        execution = nil
        server.loop.forget(registration)
        Glibc.close(descriptor)
        server.forget(self)
    }
}
