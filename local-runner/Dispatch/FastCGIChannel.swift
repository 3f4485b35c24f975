import FastCGI
import Glibc

/// The process at the other end of a channel.
protocol ChannelOwner: AnyObject {
    /// The function is done with the request.
    func requestEnded(_ channel: FastCGIChannel)
    /// The channel is closed.
    func channelClosed(_ channel: FastCGIChannel)
    /// Takes the lines on standard error of the process that serves the channel.
    func readLines()
    /// Ends the process that serves the channel.
    func kill(_ channel: FastCGIChannel)
}

/// A FastCGI connection to a process of a function, which carries one request at a time.
final class FastCGIChannel: EventHandler, Continuation, Execution {
    private static let requestID: UInt16 = 1
    /// Pieces that are read in one turn of the loop.
    private static let piecesAtOnce = 16
    private static let begin = beginRecord(keepConnection: false)
    private static let beginKeeping = beginRecord(keepConnection: true)

    private(set) var client: Connection?
    private(set) var deadline = 0
    private(set) var isPaused = false
    /// The forked process that serves an isolated request, once it is known.
    var process: pid_t?
    /// Whether the process is to end, as soon as it is known.
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

    /// Takes over a connected, non-blocking descriptor. Throws if the system can't watch it; it is closed then.
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

    /// True if nothing can be sent over the channel any more.
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

    /// Sends as much of the body as there is room for; some of it in later turns of the loop, if there is much.
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
            // Once there is no room, the loop tells when there is again.
            guard !isBodySent, canWrite, client != nil else { return }
        }
        goOnSoon()
    }

    /// The request whose failure the end of the process explains, whichever of the two is seen first.
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

    /// Closes the connection, without a word to the owner.
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
        // What the process has written before it went is still to be read.
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
        // First of all, so that no other request is given to a process that has gone.
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

    /// Handles one piece of what the process sends; false when it makes no sense.
    private func take(_ event: RecordReader.Event) -> Bool {
        switch event {
        case .output(let bytes):
            guard let client, !client.receive(bytes) else { return true }
            self.client = nil
            owner.kill(self)
            return false
        case .endOfOutput:
            takeClient()?.responseEnded()
        case .error(let bytes): pool.log.write(Array(bytes), function: pool.program.function.function)
        case .endOfRequest: hasRequestEnded = true
        }
        return true
    }

    private func fail() {
        failedRequest = unansweredRequest
        takeClient()?.functionFailed(.functionFailed)
    }

    /// The client, for the end of its exchange, which the process's lines until now belong to.
    private func takeClient() -> Connection? {
        if client != nil { owner.readLines() }
        defer { client = nil }
        return client
    }
}
