import Glibc

/// A process of a function that serves requests one after the other over one connection (dispatch "reuse"). It is
/// replaced after a number of requests.
final class Worker: ChannelOwner {
    /// The largest number of requests that one process serves. Starting a process, and connecting it to PostgreSQL,
    /// takes as long as tens of requests.
    private static let requestsPerProcess = 10_000

    private let pool: FunctionPool
    private let started = EventLoop.now
    private var process: FunctionProcess?
    private var channel: FastCGIChannel?
    private var served = 0
    private var isRetired = false
    private var isKilled = false
    private var isClosed = false

    /// Starts the process and connects to it.
    init(_ pool: FunctionPool) throws(FunctionProcess.NotStarted) {
        self.pool = pool
        let socket = try FunctionSocket(in: pool.folders)
        let descriptor = try socket.connect()
        do throws(FunctionProcess.NotStarted) {
            process = try pool.startProcess(
                input: socket.listener, output: -1, variables: ["FUNCTION_DISPATCH=reuse"]
            ) { [weak self] status in self?.ended(status) }
        } catch {
            close(descriptor)
            throw error
        }
        do throws(FunctionProcess.NotStarted) {
            channel = try FastCGIChannel(descriptor, pool: pool, owner: self)
        } catch {
            isKilled = true
            process?.kill()
            throw error
        }
    }

    /// Sends a client's request.
    func start(_ client: Connection) throws(FunctionProcess.NotStarted) -> FastCGIChannel {
        guard let channel, !channel.isClosed else { throw FunctionProcess.NotStarted(code: EPIPE) }
        channel.begin(client, keepConnection: true)
        return channel
    }

    /// Closes the connection and ends the process, which must be idle.
    func retire() {
        isRetired = true
        isClosed = true
        channel?.close()
        process?.terminate(pool.loop)
        finishIfOver()
    }

    /// Makes busy workers exit after their current request.
    static func retireLater(_ executions: [any Execution]) {
        for execution in executions {
            ((execution as? FastCGIChannel)?.owner as? Worker)?.isRetired = true
        }
    }

    func requestEnded(_ channel: FastCGIChannel) {
        served += 1
        pool.noteSuccess()
        if served == Self.requestsPerProcess || isRetired {
            retire()
        } else if process != nil, !channel.isClosed {
            pool.addIdle(self)
        }
        pool.finished(channel)
    }

    func channelClosed(_ channel: FastCGIChannel) {
        isClosed = true
        pool.remove(self)
        // The worker can serve no further requests, even if its process still runs.
        process?.kill()
        finishIfOver()
    }

    func readLines() { process?.readLines() }

    func kill(_ channel: FastCGIChannel) {
        isKilled = true
        process?.kill()
    }

    private func ended(_ status: Int32) {
        process?.readLastLine()
        let process = process?.id ?? 0
        self.process = nil
        pool.remove(self)
        if !isRetired, !isKilled {
            pool.noteEnd(
                process, status: status, request: channel?.unansweredRequest, started: started,
                hasServed: served > 0)
        }
        finishIfOver()
    }

    /// Finishes once the process has ended and its connection is closed. These two can be seen in either order.
    private func finishIfOver() {
        guard isClosed, process == nil, let channel else { return }
        self.channel = nil
        pool.finished(channel)
    }
}
