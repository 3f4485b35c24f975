import Glibc

/// A process of a function that serves one request after the other over one connection ("reuse"), and is replaced
/// after a number of them.
final class Worker: ChannelOwner {
    /// Requests that one process serves. Its start, and on PostgreSQL its connection, take as long as tens of requests.
    private static let requestsPerProcess = 10_000

    private let pool: FunctionPool
    private let started = EventLoop.now
    private var process: FunctionProcess?
    private var channel: FastCGIChannel?
    private var served = 0
    private var isRetired = false
    private var isKilled = false
    private var isClosed = false

    /// Starts the process and connects to it; nil when that fails.
    init?(_ pool: FunctionPool) {
        self.pool = pool
        guard let socket = FunctionSocket(), let descriptor = socket.connect() else { return nil }
        process = pool.startProcess(input: socket.listener, output: -1) { [weak self] status in
            self?.ended(status)
        }
        guard process != nil else {
            close(descriptor)
            return nil
        }
        channel = FastCGIChannel(descriptor, pool: pool, owner: self)
        guard channel != nil else {
            process?.kill()
            return nil
        }
    }

    /// Sends a client's request.
    func start(_ client: Connection) -> FastCGIChannel? {
        channel?.begin(client, keepConnection: true)
        return channel
    }

    /// Ends the process, which serves nothing.
    func retire() {
        isRetired = true
        channel?.close()
        process?.terminate(pool.loop)
    }

    /// Has workers end that are serving, once they have served.
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
        } else {
            pool.addIdle(self)
        }
        pool.finished(channel)
    }

    func channelClosed(_ channel: FastCGIChannel) {
        isClosed = true
        pool.remove(self)
        // It serves no more, whether it has ended or not.
        process?.kill()
        finishIfOver()
    }

    func readLines() { process?.readLines() }

    func kill(_ channel: FastCGIChannel) {
        isKilled = true
        process?.kill()
    }

    private func ended(_ status: Int32) {
        readLines()
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

    /// The end of the process and what it has written before come in either order.
    private func finishIfOver() {
        guard isClosed, process == nil, let channel else { return }
        self.channel = nil
        pool.finished(channel)
    }
}
