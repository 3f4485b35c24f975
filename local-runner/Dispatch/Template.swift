import CSystem
import Glibc

/// A warmed-up process of a function that forks a child for each connection (dispatch "isolated"). The child serves one
/// request and exits.
///
/// Through its descriptor 3 the template reports each fork, in the order of the connections, and the end of each child.
/// A report is two native 32-bit integers: a process id, and an exit status, which is -1 for a fork.
final class Template: ChannelOwner {
    private static let messageLength = 8

    private let pool: FunctionPool
    private var socket: FunctionSocket?
    private let started = EventLoop.now
    private var process: FunctionProcess?
    /// Channels that are connected, but whose child the template has not reported yet.
    private var awaitingFork: [FastCGIChannel] = []
    private var forked: [FastCGIChannel] = []
    private var message: [UInt8] = []
    private var hasServed = false
    private var isRetired = false

    /// Starts the process, with a new listening socket as its standard input.
    init(_ pool: FunctionPool) throws(FunctionProcess.NotStarted) {
        self.pool = pool
        var ends: [Int32] = [-1, -1]
        let socket = try FunctionSocket(in: pool.folders)
        guard csystem_pipe(&ends) == 0 else { throw FunctionProcess.NotStarted(code: errno, reason: "no pipe") }
        self.socket = socket
        defer { close(ends[1]) }
        do throws(FunctionProcess.NotStarted) {
            process = try pool.startProcess(
                input: socket.listener, output: -1, more: [ends[1]], variables: ["FUNCTION_DISPATCH=isolated"]
            ) { [weak self] status in self?.ended(status) }
        } catch {
            close(ends[0])
            throw error
        }
        csystem_set_nonblocking(ends[0])
        let reports = PipeReader(ends[0], loop: pool.loop) { [weak self] bytes in
            self?.read(bytes)
            return true
        }
        guard reports.isOpen else {
            let code = errno
            process?.kill()
            throw FunctionProcess.NotStarted(code: code, reason: "its reports can't be watched")
        }
    }

    /// Sends a client's request to a new child.
    func start(_ client: Connection) throws(FunctionProcess.NotStarted) -> FastCGIChannel {
        guard let socket else { throw FunctionProcess.NotStarted(code: EPIPE) }
        let channel = try FastCGIChannel(try socket.connect(), pool: pool, owner: self)
        awaitingFork.append(channel)
        channel.begin(client, keepConnection: false)
        return channel
    }

    /// Ends the process now if it has no children, otherwise when all of them have ended.
    func retire() {
        isRetired = true
        socket = nil
        if awaitingFork.isEmpty, forked.isEmpty { process?.terminate(pool.loop) }
    }

    // Does nothing, because the child exits by itself and its end is reported.
    func requestEnded(_ channel: FastCGIChannel) {}

    func channelClosed(_ channel: FastCGIChannel) {}

    func readLines() { process?.readLines() }

    func kill(_ channel: FastCGIChannel) {
        channel.isKilled = true
        if let process = channel.process { Glibc.kill(process, SIGKILL) }
    }

    private func read(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            message.append(byte)
            guard message.count == Self.messageLength else { continue }
            let (process, status) = message.withUnsafeBytes { bytes in
                (bytes.loadUnaligned(as: Int32.self), bytes.loadUnaligned(fromByteOffset: 4, as: Int32.self))
            }
            message.removeAll(keepingCapacity: true)
            if status == -1 { childStarted(process) } else { childEnded(process, status) }
        }
    }

    private func childStarted(_ process: pid_t) {
        guard !awaitingFork.isEmpty else { return }
        let channel = awaitingFork.removeFirst()
        guard process > 0 else { return pool.finished(channel) }
        channel.process = process
        forked.append(channel)
        if channel.isKilled { Glibc.kill(process, SIGKILL) }
    }

    private func childEnded(_ process: pid_t, _ status: Int32) {
        guard let index = forked.firstIndex(where: { $0.process == process }) else { return }
        // The child's response may still be unread, but all its log lines have been written.
        self.process?.readLastLine()
        let channel = forked.remove(at: index)
        channel.process = nil
        hasServed = true
        pool.noteSuccess()
        if status != 0, !channel.isKilled {
            pool.logEnd(process, status: status, request: channel.unansweredRequest)
        }
        pool.finished(channel)
        if isRetired { retire() }
    }

    /// Called when the template itself has ended. Its children end with it.
    private func ended(_ status: Int32) {
        process?.readLastLine()
        let process = process?.id ?? 0
        self.process = nil
        // Closing the socket ends connections that were not accepted. Accepted connections end with the children.
        socket = nil
        pool.remove(self)
        if !isRetired {
            pool.noteEnd(process, status: status, request: nil, started: started, hasServed: hasServed)
        }
        let channels = awaitingFork + forked
        (awaitingFork, forked) = ([], [])
        for channel in channels {
            channel.process = nil
            pool.finished(channel)
        }
    }
}
