import CSystem
import FastCGI
import Glibc

/// A process for one request, over CGI/1.1 ("spawn"): variables in its environment, the body on its standard
/// input, the response on its standard output.
final class CGIExecution: Execution {
    /// How long a process that has closed its output may take to end, in milliseconds, before its response counts
    /// as whole: it may have work left to do.
    private static let patience = 20

    private(set) var client: Connection?
    let deadline: Int

    private let pool: FunctionPool
    private var process: FunctionProcess?
    private var input: PipeWriter?
    private var output: PipeReader?
    private var isBodySent = false
    private var isKilled = false
    private var exitStatus: Int32?

    /// Starts the process.
    init(_ pool: FunctionPool, _ client: Connection) throws(FunctionProcess.NotStarted) {
        self.pool = pool
        deadline = EventLoop.now + pool.limits.timeoutMilliseconds * 1_000
        guard let pipes = StandardPipes() else { throw FunctionProcess.NotStarted(code: errno, reason: "no pipe") }
        defer { pipes.closeTheirs() }
        var variables: [String] = []
        _ = NameValuePairs.decode(client.exchange.parameters) { variables.append("\($0)=\($1)") }
        do throws(FunctionProcess.NotStarted) {
            process = try pool.startProcess(
                input: pipes.theirInput, output: pipes.theirOutput, variables: variables
            ) { self.ended($0) }
        } catch {
            pipes.closeOurs()
            throw error
        }
        self.client = client
        client.execution = self
        input = PipeWriter(pipes.ourInput, loop: pool.loop) { [weak self] in self?.inputDrained() }
        output = PipeReader(pipes.ourOutput, loop: pool.loop, onBytes: take) { [weak self] in
            self?.outputEnded()
        }
        sendBody()
    }

    /// Hands on as much of the body as there is room for.
    private func sendBody() {
        guard let input, let client, !isBodySent else { return }
        while !input.output.isFull, !isBodySent {
            let hasMore = client.exchange.body?.take(limit: OutputBuffer.highWater) {
                input.output.bytes.append(contentsOf: $0)
            }
            isBodySent = hasMore != true
        }
        input.write()
    }

    var isPaused: Bool { output?.isPaused ?? false }

    func resume() { output?.read() }

    func abandon() {
        _ = takeClient()
        kill()
    }

    func expire() {
        takeClient()?.functionFailed(.functionTimedOut)
        kill()
    }

    private func kill() {
        isKilled = true
        process?.kill()
        resume()
    }

    private func inputDrained() {
        if isBodySent {
            input?.close()
            input = nil
        } else {
            sendBody()
        }
    }

    /// False when the client has to take what it got first.
    private func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let client else { return true }
        guard client.receive(bytes) else {
            self.client = nil
            kill()
            return true
        }
        return !client.output.isFull
    }

    /// The output has ended, and often the process with it; how, says whether this was the whole response.
    private func outputEnded() {
        output = nil
        guard process != nil else { return conclude() }
        pool.loop.after(milliseconds: Self.patience) { [weak self] in self?.conclude() }
    }

    private func conclude() {
        guard let client = takeClient() else { return }
        if (exitStatus ?? 0) == 0 { client.responseEnded() } else { client.functionFailed(.functionFailed) }
    }

    /// The client, for the end of its exchange, which the process's lines until now belong to.
    private func takeClient() -> Connection? {
        if client != nil { process?.readLines() }
        defer { client = nil }
        return client
    }

    private func ended(_ status: Int32) {
        process?.readLastLine()
        exitStatus = status
        // It was started: whether it served the request is no matter of the program.
        pool.noteSuccess()
        if status != 0, !isKilled {
            let request = client.map { String(decoding: $0.exchange.requestID, as: UTF8.self) }
            pool.logEnd(process?.id ?? 0, status: status, request: request)
        }
        process = nil
        input?.close()
        input = nil
        if output == nil { conclude() }
        pool.finished(self)
    }
}

/// The pipes of a process's standard input and output, as seen from both sides.
struct StandardPipes {
    let theirInput: Int32
    let theirOutput: Int32
    /// Non-blocking.
    let ourInput: Int32
    /// Non-blocking.
    let ourOutput: Int32

    /// Nil with errno.
    init?() {
        var input: [Int32] = [-1, -1]
        var output: [Int32] = [-1, -1]
        guard csystem_pipe(&input) == 0 else { return nil }
        guard csystem_pipe(&output) == 0 else {
            input.forEach { close($0) }
            return nil
        }
        (theirInput, ourInput, ourOutput, theirOutput) = (input[0], input[1], output[0], output[1])
        csystem_set_nonblocking(ourInput)
        csystem_set_nonblocking(ourOutput)
    }

    func closeTheirs() {
        close(theirInput)
        close(theirOutput)
    }

    func closeOurs() {
        close(ourInput)
        close(ourOutput)
    }
}
