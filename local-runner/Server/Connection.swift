import Glibc

/// One client's connection: reads requests, has them served one after the other, writes the responses.
///
/// Whatever changes what a connection has to do, such as a function's response, calls `wake`, and the connection goes on at
/// the end of the same turn of the loop. So each response that is decided is also written, in whatever order the ends of a
/// process, of its connection and of its request come.
///
/// A client that has closed its sending side waits for its responses (RFC 9112 §9.6). Only a reset or a write that fails
/// says that it has gone.
final class Connection: EventHandler, Continuation {
    enum Phase {
        /// Waits for a request's head, or its rest.
        case head
        /// Reads a body: functions get whole requests only.
        case collecting(BodyReader)
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
        static let silence = 10_000_000
        static let stalledOutput = 30_000_000
        static let linger = 2_000_000
        /// By so much a body that comes, or a response that is read, may fall behind its pace.
        static let grace = 30_000_000
        /// By so much it must have fallen behind to be the one that makes room for others.
        static let patience = 1_000_000
    }

    /// Bytes that are read ahead of what is used.
    private static let maximumInput = 64 << 10
    /// Bytes of input that each connection may have; more counts against the budget.
    private static let freeInput = 4 << 10
    /// Bytes that are read at once where a short request is to be expected.
    private static let shortPart = 8 << 10
    /// With more bytes of responses than this that the client has not taken, it gets no further with its next requests.
    private static let maximumBehind = 16 << 10
    /// Bytes of a lingering connection that are read over in one turn.
    private static let lingeringPart = 1 << 20
    /// A connection that is idle for so long, in microseconds, gives its buffers back.
    private static let shortPause = 1_000_000

    let server: Server
    /// The client's address as text.
    let peer: [UInt8]
    /// What the client's address holds.
    let account: Budget.Account
    /// The connection's place among those of the server.
    var index = 0
    var input = InputBuffer()
    var output = OutputBuffer()
    var parser = RequestParser()
    var phase = Phase.head
    var exchange = Exchange()
    /// What serves the request; nil while it waits for its turn.
    var execution: (any Execution)?
    /// When the client must have done its next step, in microseconds on the monotonic clock.
    var deadline: Int
    /// Since when the connection waits for a request, or for the rest of its head.
    var idleSince: Int
    /// The pace of the body that comes.
    var upload: Pace
    var hasHeadStarted = false
    /// The client has closed its sending side, and all that it sent has been received.
    private(set) var hasInputEnded = false

    private let descriptor: Int32
    private var registration: EventLoop.Registration?
    private var canRead = true
    private var canWrite = true
    private var hasPeerEnded = false
    private var isWoken = false
    /// Bytes of input that count against the budget.
    private var countedInput = 0
    private var lacksMemory = false
    /// The pace at which the client takes output, since it comes faster than that.
    private var stall: Pace?

    /// Takes over an accepted, non-blocking descriptor.
    init(_ server: Server, descriptor: Int32, peer: [UInt8], account: Budget.Account) {
        self.server = server
        self.descriptor = descriptor
        self.peer = peer
        self.account = account
        idleSince = server.loop.round
        upload = Pace(idleSince, total: 0)
        deadline = idleSince + Limit.idle
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

    /// Has the connection go on at the end of this turn of the loop.
    func wake() {
        guard !isWoken else { return }
        isWoken = true
        server.loop.soon(self)
    }

    func proceed() {
        isWoken = false
        advance()
    }

    /// Reads, serves and writes as far as that goes in one turn.
    private func advance() {
        for _ in 0..<4 {
            receive()
            let isHeldUp = serve()
            countInput()
            flush()
            if hasInputEnded, isOpen, !isHeldUp { finishInput() }
            guard isOpen, canRead && hasRoom || canWrite && !output.isEmpty || isHeldUp && !isBehind else { return }
            if case .lingering = phase { break }
        }
        wake()
    }

    private var isOpen: Bool { registration != nil }
    private var isServing: Bool { if case .serving = phase { true } else { false } }
    private var isCollecting: Bool { if case .collecting = phase { true } else { false } }
    private var isLingering: Bool { if case .lingering = phase { true } else { false } }
    private var hasRoom: Bool { input.count < (lacksMemory ? Self.freeInput : Self.maximumInput) }
    /// The client takes its responses more slowly than it sends requests.
    var isBehind: Bool { output.count > Self.maximumBehind }

    // MARK: Input

    private func receive() {
        let scratch = server.loop.scratch
        while canRead, hasRoom, isOpen {
            let space = isCollecting || !input.isEmpty && !lacksMemory ? scratch.count : Self.shortPart
            let length =
                isLingering
                // Reads over the bytes without copying them (tcp(7)).
                ? recv(descriptor, nil, Self.lingeringPart, Int32(MSG_TRUNC))
                : recv(descriptor, scratch.baseAddress, space, 0)
            if length > 0 {
                if isLingering { return }
                input.append(UnsafeRawBufferPointer(rebasing: scratch.prefix(length)))
                if length < space, !hasPeerEnded { canRead = false }
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

    /// Counts a long input against the budget. If that is used up, no more is read until what is there has been used.
    private func countInput() {
        let count = input.count > Self.freeInput ? input.count : 0
        lacksMemory = false
        if count > countedInput {
            let more = count - countedInput
            lacksMemory =
                !server.budget.take(.memory, account, more)
                && !(server.makeRoom(.memory, more, for: account) { $0 === self }
                    && server.budget.take(.memory, account, more))
            if !lacksMemory { countedInput = count }
        } else if count < countedInput {
            server.budget.give(.memory, account, countedInput - count)
            countedInput = count
        }
    }

    /// Draws the consequences of an input that has ended, once all that was whole in it has been taken.
    private func finishInput() {
        switch phase {
        case .head where input.isEmpty: if output.isEmpty { close() } else { phase = .finishing }
        case .head: reject(.badRequest("The connection ended within a request's head."))
        case .collecting: reject(.badRequest("The connection ended within a request's body."))
        case .lingering: close()
        case .serving, .finishing, .closed: break
        }
    }

    // MARK: Output

    private func flush() {
        guard isOpen else { return }
        guard canWrite, !output.isEmpty else { return finishIfDone() }
        switch output.write(to: descriptor) {
        case .drained: stall = nil
        case .blocked:
            canWrite = false
            noteStall()
        case .failed: return leave()
        }
        if output.count <= OutputBuffer.highWater / 4, let execution, execution.isPaused {
            execution.resume()
        }
        finishIfDone()
    }

    /// A client may read slowly, but not cease to, and not for ever.
    private func noteStall() {
        let now = server.loop.round
        var pace = stall ?? Pace(now, total: output.total)
        pace.note(now, total: output.total)
        stall = pace
        deadline = min(now + Limit.stalledOutput, pace.paid + Limit.grace)
    }

    private func finishIfDone() {
        guard case .finishing = phase, output.isEmpty else { return }
        if hasInputEnded { return close() }
        phase = .lingering
        deadline = server.loop.round + Limit.linger
        input.consume(input.count)
        shutdown(descriptor, Int32(SHUT_WR))
    }

    // MARK: Time and pressure

    /// Called from time to time.
    func checkDeadline(_ now: Int) {
        if case .head = phase, !hasHeadStarted, now - idleSince > Self.shortPause { releaseMemory() }
        // There may be some by now.
        if lacksMemory { wake() }
        guard now >= deadline else { return }
        switch phase {
        case .head where !output.isEmpty: close()
        case .head where hasHeadStarted, .collecting: reject(.requestTimeout)
        case .serving: if !output.isEmpty { leave() }
        case .head, .finishing, .lingering: close()
        case .closed: break
        }
    }

    private func releaseMemory() {
        input.releaseMemory()
        output.releaseMemory()
        exchange.releaseMemory()
    }

    /// The time since which the client has done too little with what it holds of a resource: it has sent no request, or its
    /// request hardly comes, or it hardly takes its response. Nil if it holds none, or if that is not so.
    func dispensableSince(for resource: Budget.Resource) -> Int? {
        let since: Int?
        let patience: Int
        switch (phase, resource) {
        case (.head, .connections) where output.isEmpty: (since, patience) = (idleSince, 0)
        case (.lingering, .connections): (since, patience) = (deadline - Limit.linger, 0)
        case (.head, .connections), (.finishing, .connections): (since, patience) = (stall?.paid, Limit.patience)
        case (.head, .memory) where countedInput > 0: (since, patience) = (idleSince, Limit.patience)
        case (.collecting, .connections): (since, patience) = (upload.paid, Limit.patience)
        case (.collecting, .memory) where exchange.body?.isInFile == false || countedInput > 0,
            (.collecting, .stored) where exchange.body?.isInFile == true,
            (.collecting, .files) where exchange.body?.isInFile == true:
            (since, patience) = (upload.paid, Limit.patience)
        default: return nil
        }
        guard let since, server.loop.round - since >= patience else { return nil }
        return since
    }

    /// Ends the connection so that others have room.
    func makeWay() {
        switch phase {
        case .collecting:
            reject(.requestTimeout)
            flush()
            close()
        case .head where !output.isEmpty, .finishing: abort()
        default: close()
        }
    }

    /// Ends a connection that is not in the midst of a request; false when it is.
    func closeIfIdle() -> Bool {
        guard case .head = phase, !hasHeadStarted, output.isEmpty else { return false }
        close()
        return true
    }

    // MARK: The end

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

    func close() {
        guard let registration else { return }
        self.registration = nil
        phase = .closed
        execution = nil
        exchange.body = nil
        input.consume(input.count)
        countInput()
        server.loop.forget(registration)
        Glibc.close(descriptor)
        server.forget(self)
    }
}
