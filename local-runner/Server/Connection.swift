import Glibc

/// The connection of one client: reads requests, has them served one after the other, and writes the responses.
///
/// Code that gives a connection something to do, for example a part of a function's response, calls `wake`. The
/// connection then continues after all events of the loop's turn. So every response is written, even if the end of the
/// function's process, of its connection and of its request are seen in an unusual order.
///
/// A client that has closed its sending side still waits for responses (RFC 9112 §9.6). Only an error, the end of both
/// directions, or a failed write shows that the client has left.
final class Connection: EventHandler, Continuation {
    enum Phase {
        /// Waits for a request, or for the rest of its head.
        case head
        /// Reads a body. Functions get only complete requests.
        case collecting(BodyReader)
        /// A function or the runner itself makes the response, or the request waits for a place at its function.
        case serving
        /// Writes the remaining output, then closes the connection.
        case finishing
        /// Discards what the client still sends, so that the response reaches it (RFC 9112 §9.6).
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
        /// The longest time by which the upload of a body, or the client's reading of a response, may lag behind the
        /// expected pace (`Pace`).
        static let grace = 30_000_000
        /// If a transfer lags by at least this time, its connection may be closed to make room for others.
        static let patience = 1_000_000
    }

    /// Reading pauses while at least this number of bytes has been read and not been used. The last read may exceed it.
    private static let maximumInput = 64 << 10
    /// The length of input that does not count against the budget. All bytes of a longer input count.
    private static let freeInput = 4 << 10
    /// The largest number of bytes in one read, unless a body is being received, or input waits and there is memory for
    /// more.
    private static let shortPart = 8 << 10
    /// While more response bytes than this wait to be sent to a client, its next request is not served.
    private static let maximumBehind = 16 << 10
    /// The largest number of bytes of a lingering connection that one read discards.
    private static let lingeringPart = 1 << 20
    /// A connection that has been idle for more than this time, in microseconds, frees its buffers at the next check.
    private static let shortPause = 1_000_000

    let server: Server
    /// The client's address as text.
    let peer: [UInt8]
    /// Counts the resources that the client's address uses.
    let account: Budget.Account
    /// True if the client came through the port that has only the server's own pages.
    let isOnPagesPort: Bool
    /// The position of the connection in the server's list.
    var index = 0
    var input = InputBuffer()
    var output = OutputBuffer()
    var parser = RequestParser()
    var phase = Phase.head
    var exchange = Exchange()
    /// The execution that serves the request; nil if no function serves one.
    var execution: (any Execution)?
    /// The time by which the client must have done its next step, in microseconds on the monotonic clock.
    var deadline: Int
    /// The time since which the connection has waited for a request or the rest of its head.
    var idleSince: Int
    /// The pace of the body that is being received.
    var upload: Pace
    var hasHeadStarted = false
    /// True if the client has closed its sending side and everything that it sent was received.
    private(set) var hasInputEnded = false

    private let descriptor: Int32
    private var registration: EventLoop.Registration?
    private var canRead = true
    private var canWrite = true
    private var hasPeerEnded = false
    private var isWoken = false
    /// The number of input bytes that count against the budget.
    private var countedInput = 0
    private var lacksMemory = false
    /// The pace at which the client reads output that its socket did not take at once; nil if there is no such output.
    private var stall: Pace?

    /// Takes over an accepted, non-blocking descriptor.
    init(_ server: Server, descriptor: Int32, peer: [UInt8], account: Budget.Account, isOnPagesPort: Bool) {
        self.server = server
        self.descriptor = descriptor
        self.peer = peer
        self.account = account
        self.isOnPagesPort = isOnPagesPort
        idleSince = server.loop.round
        upload = Pace(idleSince, total: 0)
        deadline = idleSince + Limit.idle
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Starts reading. Returns false if the system can't watch the descriptor.
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

    /// Makes the connection continue at the end of this turn of the loop, or of the next turn if this one is already at
    /// its end.
    func wake() {
        guard !isWoken else { return }
        isWoken = true
        server.loop.soon(self)
    }

    func proceed() {
        isWoken = false
        advance()
    }

    /// Reads, serves and writes as much as one turn allows.
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
    /// True if too many bytes of responses wait to be sent, so that the client's next request must wait.
    var isBehind: Bool { output.count > Self.maximumBehind }

    // MARK: Input

    private func receive() {
        let scratch = server.loop.scratch
        while canRead, hasRoom, isOpen {
            let space = isCollecting || !input.isEmpty && !lacksMemory ? scratch.count : Self.shortPart
            let length =
                isLingering
                // Discards the bytes without copying them (tcp(7)).
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

    /// Counts a long input against the budget. If the budget has no room for it, even after slower connections were
    /// closed, reading pauses until most of the input has been used or memory is available again.
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

    /// Handles the end of the input, once all complete requests in it have been served or submitted.
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

    /// Sets the deadline of a client that reads slowly: the client may neither stop reading nor take forever.
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

    /// Checks the connection's time limits, and frees the buffers of an idle connection. Called periodically.
    func checkDeadline(_ now: Int) {
        if case .head = phase, !hasHeadStarted, now - idleSince > Self.shortPause { releaseMemory() }
        // Memory may be available again.
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

    /// Returns the time since which the client has made too little progress, so that the connection may be closed to
    /// free `resource`: the client has sent no request, or sends its request or reads its response too slowly, or does
    /// not close after the end. Nil if the connection holds none of the resource, the client is fast enough, or its
    /// request is being served.
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

    /// Closes the connection to make room for others.
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

    /// Closes the connection if no request is in progress and no output waits. Returns false otherwise.
    func closeIfIdle() -> Bool {
        guard case .head = phase, !hasHeadStarted, output.isEmpty else { return false }
        close()
        return true
    }

    // MARK: The end

    /// Gives up a client that has left or reads too slowly, and the function's response with it.
    func leave() {
        if isServing {
            giveUpFunction()
            log(status: RunnerLog.clientGone)
        }
        close()
    }

    /// Ends the function's work on the request, or takes the request out of the function's queue.
    private func giveUpFunction() {
        if let execution {
            self.execution = nil
            execution.abandon()
        } else {
            exchange.route?.pool.withdraw(self)
        }
    }

    /// Resets the connection, so that the client notices that the response is incomplete.
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
