import CSystem
import FastCGI
import Glibc

/// A process that serves one request over CGI/1.1 (dispatch "spawn"): CGI variables in its environment, the body on
/// standard input, the response on standard output.
final class CGIExecution: Execution {
    /// The time in milliseconds that a process may take to exit after it has closed its output. After that the response
    /// counts as complete, since the process may still do background work.
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

    /// Starts the process, which serves the request of `client`.
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

    /// Passes on as much of the body as the pipe takes.
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

    /// Passes output on to the client. Returns false if the client must first read what it was sent.
    private func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let client else { return true }
        guard client.receive(bytes) else {
            self.client = nil
            kill()
            return true
        }
        return !client.output.isFull
    }

    /// Handles the end of the output. The process usually exits at the same time. If it exits with an error, the
    /// response counts as incomplete.
    private func outputEnded() {
        output = nil
        guard process != nil else { return conclude() }
        pool.loop.after(milliseconds: Self.patience) { [weak self] in self?.conclude() }
    }

    private func conclude() {
        guard let client = takeClient() else { return }
        if (exitStatus ?? 0) == 0 { client.responseEnded() } else { client.functionFailed(.functionFailed) }
    }

    /// Detaches the client at the end of its exchange. Reads the process's log lines first, since they belong to this
    /// request.
    private func takeClient() -> Connection? {
        if client != nil { process?.readLines() }
        defer { client = nil }
        return client
    }

    private func ended(_ status: Int32) {
        process?.readLastLine()
        exitStatus = status
        // The process was started, so the program itself works, even if the request failed.
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

/// The pipes for a process's standard input and output.
struct StandardPipes {
    let theirInput: Int32
    let theirOutput: Int32
    /// The writing end of the process's standard input. Non-blocking.
    let ourInput: Int32
    /// The reading end of the process's standard output. Non-blocking.
    let ourOutput: Int32

    /// Creates the pipes. Returns nil and sets errno on failure.
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
