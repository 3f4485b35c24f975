import Base
import Glibc

/// Runs a function once, with one event on its standard input and one response on its standard output. Its standard
/// error goes to the log.
final class OneShot {
    /// The result of the run.
    enum Outcome {
        /// The output of a process that exited with status 0, or with status 1 after a response whose HTTP status is an
        /// error, as a failed scheduled run does.
        case answered([UInt8])
        /// The process exceeded its time limit and was killed.
        case timedOut
        /// The process wrote more than `maximumResponse` bytes and was killed.
        case tooLarge
        /// The process exited with this status (128 plus the signal's number if a signal ended it) after writing
        /// `output`.
        case failed(status: Int32, output: [UInt8])
        /// The process could not be started, because of this errno.
        case notStarted(code: Int32)

        /// The HTTP status of the outcome: the response's own status if it has a valid one, 504 after the time limit,
        /// otherwise 502.
        var status: Int {
            switch self {
            case .answered(let bytes):
                (try? JSON(parsing: bytes))?["statusCode"]?.integer.flatMap { (100...599).contains($0) ? $0 : nil }
                    ?? 502
            case .timedOut: RunnerError.functionTimedOut.status
            case .tooLarge, .failed, .notStarted: RunnerError.functionFailed.status
            }
        }
    }

    /// The maximum length of a response, in bytes.
    static let maximumResponse = 6 << 20

    private let loop: EventLoop
    private let metrics: Metrics?
    private var completion: (Outcome) -> Void = { _ in }
    private var process: FunctionProcess?
    private var input: PipeWriter?
    private var output: PipeReader?
    private var response: [UInt8] = []
    private var timer: Int?
    private var exitStatus: Int32?
    private var hasOutputEnded = false
    /// The reason for which the process was killed; nil if it was not.
    private var verdict: Outcome?

    /// Runs the function, waits until it has ended, and returns the outcome.
    static func run(
        _ function: FunctionConfiguration, event: [UInt8], functionsDirectory: String, log: RunnerLog
    ) -> Outcome {
        signal(SIGPIPE, SIG_IGN)
        guard let loop = try? EventLoop() else { return .notStarted(code: errno) }
        var outcome: Outcome?
        let program = FunctionProgram(function, functionsDirectory: functionsDirectory)
        OneShot(loop).start(program, event: event, log: log) { outcome = $0 }
        loop.afterRound = log.flush
        loop.run { outcome != nil }
        log.finish()
        return outcome ?? .timedOut
    }

    /// Creates a run. `metrics`, if given, counts the start of its process and what the log lines of the process
    /// report.
    init(_ loop: EventLoop, _ metrics: Metrics? = nil) {
        self.loop = loop
        self.metrics = metrics
    }

    /// Kills the process.
    func kill() { process?.kill() }

    /// Starts the function with an event and returns. Calls `completion` from the loop later, or immediately if the
    /// function can't be started.
    func start(
        _ program: FunctionProgram, event: [UInt8], log: RunnerLog, completion: @escaping (Outcome) -> Void
    ) {
        self.completion = completion
        guard let pipes = StandardPipes() else { return completion(.notStarted(code: errno)) }
        defer { pipes.closeTheirs() }
        do throws(FunctionProcess.NotStarted) {
            process = try FunctionProcess(
                program, input: pipes.theirInput, output: pipes.theirOutput, loop: loop, log: log, metrics: metrics
            ) { status in
                self.process?.readLastLine()
                self.exitStatus = status
                self.finish()
            }
        } catch {
            pipes.closeOurs()
            return completion(.notStarted(code: error.code))
        }
        timer = loop.after(milliseconds: program.function.limits.timeoutMilliseconds) { [weak self] in
            self?.end(.timedOut)
        }
        output = PipeReader(pipes.ourOutput, loop: loop, onBytes: take) { [weak self] in
            self?.hasOutputEnded = true
            self?.finish()
        }
        let input = PipeWriter(pipes.ourInput, loop: loop) { [weak self] in
            self?.input?.close()
            self?.input = nil
        }
        self.input = input
        input.output.bytes = event
        input.write()
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if response.count + bytes.count > Self.maximumResponse {
            end(.tooLarge)
        } else {
            response.append(contentsOf: bytes)
        }
        return true
    }

    /// Returns true if a response is JSON with a status from 400 to 599.
    private static func isRefusal(_ response: [UInt8]) -> Bool {
        (try? JSON(parsing: response))?["statusCode"]?.integer.map { (400...599).contains($0) } == true
    }

    private func end(_ verdict: Outcome) {
        if self.verdict == nil { self.verdict = verdict }
        process?.kill()
    }

    /// Completes the run once the process has ended and all of its output was read.
    private func finish() {
        guard let exitStatus, hasOutputEnded else { return }
        if let timer { loop.cancel(timer) }
        input?.close()
        output = nil
        process = nil
        if let verdict {
            completion(verdict)
        } else {
            let hasAnswered = exitStatus == 0 || exitStatus == 1 && Self.isRefusal(response)
            completion(hasAnswered ? .answered(response) : .failed(status: exitStatus, output: response))
        }
    }
}
