import FastCGI
import Glibc

/// The object that manages the process at the other end of a channel.
protocol ChannelOwner: AnyObject {
    /// Called when the function has finished the request.
    func requestEnded(_ channel: FastCGIChannel)
    /// Called when the channel has ended without a call of `close`: the process closed it, or wrote a malformed
    /// response.
    func channelClosed(_ channel: FastCGIChannel)
    /// Reads the lines that the channel's process has written on standard error.
    func readLines()
    /// Kills the process that serves the channel.
    func kill(_ channel: FastCGIChannel)
}

/// A FastCGI connection to a process of a function. It carries one request at a time.
final class FastCGIChannel: EventHandler, Continuation, Execution {
    private static let requestID: UInt16 = 1
    /// The largest number of pieces that are read, and of pieces of a body that are sent, before other work gets a
    /// turn.
    private static let piecesAtOnce = 16
    private static let begin = beginRecord(keepConnection: false)
    private static let beginKeeping = beginRecord(keepConnection: true)

    private(set) var client: Connection?
    private(set) var deadline = 0
    private(set) var isPaused = false
    /// The forked process that serves an isolated request; nil until the template has reported it.
    var process: pid_t?
    /// True if the process was killed, or must be killed as soon as its id is known.
    var isKilled = false

    private let descriptor: Int32
    private let pool: FunctionPool
    private var failedRequest: String?

    let owner: any ChannelOwner
    private var registration: EventLoop.Registration?
    private var records = RecordReader()
    private var output = OutputBuffer()
    private var isBodySent = true
    private var canRead = false
    private var canWrite = true
    private var hasPeerEnded = false
    private var hasRequestEnded = false
    private var isContinuing = false

    /// Takes over a connected, non-blocking descriptor. Closes it and throws if the system can't watch it.
    init(_ descriptor: Int32, pool: FunctionPool, owner: any ChannelOwner) throws(FunctionProcess.NotStarted) {
        self.descriptor = descriptor
        self.pool = pool
        self.owner = owner
        registration = pool.loop.watch(descriptor, self)
        guard registration != nil else {
            let code = errno
            Glibc.close(descriptor)
            throw FunctionProcess.NotStarted(code: code, reason: "its socket can't be watched")
        }
    }

    /// True once the connection is closed on this side.
    var isClosed: Bool { registration == nil }

    /// Sends the request of `client`.
    func begin(_ client: Connection, keepConnection: Bool) {
        self.client = client
        client.execution = self
        deadline = EventLoop.now + pool.limits.timeoutMilliseconds * 1_000
        hasRequestEnded = false
        isBodySent = false
        output.bytes.append(contentsOf: keepConnection ? Self.beginKeeping : Self.begin)
        output.bytes.appendRecord(.params, requestID: Self.requestID, content: client.exchange.parameters)
        output.bytes.appendRecord(.params, requestID: Self.requestID, content: EmptyCollection())
        sendBody()
    }

    /// Sends as much of the body as there is room for. The rest of a long body is sent in later turns of the loop.
    private func sendBody() {
        for _ in 0..<Self.piecesAtOnce {
            while let client, !isBodySent, !output.isFull {
                let hasMore = client.exchange.body?.take(limit: RecordHeader.maximumContentLength) { part in
                    output.bytes.appendStream(.stdin, requestID: Self.requestID, content: part)
                }
                guard hasMore != true else { continue }
                output.bytes.appendRecord(.stdin, requestID: Self.requestID, content: EmptyCollection())
                isBodySent = true
            }
            flush()
            // If there is no room, the loop calls `handle` once there is room again.
            guard !isBodySent, canWrite, client != nil else { return }
        }
        goOnSoon()
    }

    /// The id of the request whose response is incomplete because the process has ended; nil if there is none. The end
    /// of the process and the end of the connection can be seen in either order, so a failed request is remembered.
    var unansweredRequest: String? {
        failedRequest ?? client.map { String(decoding: $0.exchange.requestID, as: UTF8.self) }
    }

    func resume() { read() }

    func abandon() {
        _ = takeClient()
        owner.kill(self)
        resume()
    }

    func expire() {
        takeClient()?.functionFailed(.functionTimedOut)
        owner.kill(self)
        resume()
    }

    func handle(_ readiness: Readiness) {
        if readiness.hasEnded { hasPeerEnded = true }
        if readiness.isWritable, !canWrite {
            canWrite = true
            flush()
            if !isBodySent { sendBody() }
        }
        if readiness.isReadable {
            canRead = true
            if !isPaused { read() }
        }
    }

    func proceed() {
        isContinuing = false
        if canWrite, !isBodySent, client != nil { sendBody() }
        if !isPaused { read() }
    }

    private func goOnSoon() {
        guard !isContinuing, !isClosed else { return }
        isContinuing = true
        pool.loop.soon(self)
    }

    /// Closes the connection without telling the owner.
    func close() {
        guard let registration else { return }
        self.registration = nil
        pool.loop.forget(registration)
        Glibc.close(descriptor)
    }

    private static func beginRecord(keepConnection: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBeginRequest(requestID: requestID, keepConnection: keepConnection)
        return bytes
    }

    private func flush() {
        guard canWrite, !output.isEmpty, registration != nil else { return }
        switch output.write(to: descriptor) {
        case .drained: break
        case .blocked: canWrite = false
        // Output that the process wrote before it exited must still be read.
        case .failed:
            output.clear()
            canWrite = false
        }
    }

    private func read() {
        let scratch = pool.loop.scratch
        var hasFailed = false
        isPaused = false
        for _ in 0..<Self.piecesAtOnce where canRead && !hasFailed && !isClosed {
            if let client, client.output.isFull {
                isPaused = true
                break
            }
            let length = recv(descriptor, scratch.baseAddress, scratch.count, 0)
            if length > 0 {
                if length < scratch.count, !hasPeerEnded { canRead = false }
                hasFailed = !records.read(UnsafeRawBufferPointer(rebasing: scratch.prefix(length)), take)
            } else if length < 0, errno == EAGAIN {
                canRead = false
            } else if length == 0 || errno != EINTR {
                hasFailed = true
            }
        }
        // Closes the channel first, so that no further request is given to a process that has exited.
        if hasFailed { close() }
        if hasRequestEnded {
            hasRequestEnded = false
            if client != nil { fail() }
            owner.requestEnded(self)
        }
        if hasFailed {
            if client != nil { fail() }
            owner.channelClosed(self)
        } else if canRead, !isPaused {
            goOnSoon()
        }
    }

    /// Handles one part of the process's output. If the response is malformed, kills the process and returns false.
    private func take(_ event: RecordReader.Event) -> Bool {
        switch event {
        case .output(let bytes):
            guard let client, !client.receive(bytes) else { return true }
            self.client = nil
            owner.kill(self)
            return false
        case .endOfOutput:
            takeClient()?.responseEnded()
        case .error(let bytes):
            pool.metrics.note(line: Array(bytes))
            pool.log.write(Array(bytes), function: pool.program.function.function)
        case .endOfRequest: hasRequestEnded = true
        }
        return true
    }

    private func fail() {
        failedRequest = unansweredRequest
        takeClient()?.functionFailed(.functionFailed)
    }

    /// Detaches the client at the end of its exchange. Reads the process's log lines first, since they belong to this
    /// request.
    private func takeClient() -> Connection? {
        if client != nil { owner.readLines() }
        defer { client = nil }
        return client
    }
}
