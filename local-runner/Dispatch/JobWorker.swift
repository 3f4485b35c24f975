import Base
import Glibc

/// A process of the function scheduled-jobs that stays and runs jobs, next to a server or on a machine of its own. It
/// is replaced every hour, so that its memory does not grow, and after a failure.
final class JobWorker {
    /// The name of the function that runs jobs.
    static let function = "scheduled-jobs"
    private static let seconds = 3_600
    /// A worker that exits sooner than this, in microseconds, has failed, whatever its exit status.
    private static let shortest = 5_000_000

    private var program: FunctionProgram
    private let processes: Int
    private let functionsDirectory: String
    private let loop: EventLoop
    private let log: RunnerLog
    private let metrics: Metrics?
    private var process: FunctionProcess?
    private var startedAt = 0
    private var isStopping = false
    /// True if the process was asked to end, so that another one takes its place.
    private var isReplacing = false

    /// Returns true if a configuration has the function that runs jobs.
    static func canRun(_ configuration: Configuration) -> Bool {
        configuration.functions.contains { $0.function == function }
    }

    /// Creates a worker that runs at most this number of jobs at the same time.
    ///
    /// - Throws: `Failure` if the configuration has no function that runs jobs.
    init(
        _ configuration: Configuration, processes: Int, functionsDirectory: String, loop: EventLoop, log: RunnerLog,
        metrics: Metrics? = nil
    ) throws {
        self.processes = processes
        self.functionsDirectory = functionsDirectory
        program = try Self.program(configuration, processes, functionsDirectory)
        self.loop = loop
        self.log = log
        self.metrics = metrics
    }

    private static func program(
        _ configuration: Configuration, _ processes: Int, _ functionsDirectory: String
    ) throws -> FunctionProgram {
        var configuration = configuration
        configuration.set("JOB_PROCESSES", to: Secret(String(processes)))
        configuration.set("JOB_WORKER_SECONDS", to: Secret(String(seconds)))
        guard let function = configuration.functions.first(where: { $0.function == Self.function }) else {
            throw Failure("the configuration has no function \(Self.function), which runs the jobs")
        }
        return FunctionProgram(function, functionsDirectory: functionsDirectory)
    }

    /// Returns the running process's jobs to the queue, and runs them in a new one, with the configuration's values.
    func replace(_ configuration: Configuration) throws {
        program = try Self.program(configuration, processes, functionsDirectory)
        guard let process else { return }
        isReplacing = true
        Glibc.kill(process.id, SIGTERM)
    }

    /// True if the process has ended.
    var hasEnded: Bool { process == nil }

    /// Starts the process. If that fails, tries again later.
    func start() {
        guard !isStopping else { return }
        startedAt = EventLoop.now
        let event = String(decoding: ScheduledEvent(cron: "", time: .now).bytes, as: UTF8.self)
        process = try? FunctionProcess(
            program, input: -1, output: -1, variables: ["FUNCTION_EVENT=\(event)"], loop: loop, log: log,
            metrics: metrics
        ) { [weak self] status in self?.ended(status) }
        if process == nil { startAgain(1) }
    }

    /// Asks the process to return its jobs to the queue and to exit.
    func stop() {
        isStopping = true
        if let process { Glibc.kill(process.id, SIGTERM) }
    }

    private func ended(_ status: Int32) {
        process = nil
        if isReplacing, !isStopping {
            isReplacing = false
            return start()
        }
        let isEarly = EventLoop.now - startedAt < Self.shortest
        if status != 0, !isStopping { metrics?.noteCrash(Self.function) }
        if status != 0 || isEarly, !isStopping { log.write("the worker ended with status \(status); restarting it") }
        startAgain(isEarly ? 1 : status)
    }

    private func startAgain(_ status: Int32) {
        guard !isStopping else { return }
        loop.after(milliseconds: status == 0 ? 0 : 2_000) { [weak self] in self?.start() }
    }
}
