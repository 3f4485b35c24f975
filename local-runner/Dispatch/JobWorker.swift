import Base
import Glibc

/// A process of the function scheduled-jobs that stays and runs jobs, next to a server or on a machine of its own. It
/// is replaced every hour, so that its memory does not grow, and after a failure. If it fails again and again, the pauses
/// between two starts grow from two seconds to a minute.
final class JobWorker {
    /// The name of the function that runs jobs.
    static let function = "scheduled-jobs"
    private static let seconds = 3_600
    /// A process that exits sooner than this, in microseconds, and was not asked to, has failed, whatever its exit
    /// status.
    private static let shortest = 5_000_000
    /// The pauses between a failure and the next start, in milliseconds. They start with `first`, and double up to
    /// `longest`. They start with `first` again after a process that has run for at least `shortest`.
    private static let pauses = (first: 2_000, longest: 60_000)

    private var program: FunctionProgram
    private let processes: Int
    private let functionsDirectory: String
    private let loop: EventLoop
    private let log: RunnerLog
    private let metrics: Metrics?
    private var process: FunctionProcess?
    private var startedAt = 0
    private var pause = pauses.first
    /// The timer of the next start. Nil if no start is planned.
    private var nextStart: Int?
    private var isStopping = false
    /// True if the process was asked to end, so that another one takes its place.
    private var isReplacing = false

    /// Returns true if a configuration has the function that runs jobs.
    static func canRun(_ configuration: Configuration) -> Bool {
        configuration.functions.contains { $0.function == function }
    }

    /// Creates a worker that runs at most `processes` jobs at the same time.
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

    /// Makes the running process return its jobs to the queue and end, and then starts another one with the
    /// configuration's values. During a pause, starts it at once. Throws `Failure` if the configuration has no function
    /// that runs jobs.
    func replace(_ configuration: Configuration) throws {
        program = try Self.program(configuration, processes, functionsDirectory)
        guard let process else {
            // With the new values the process may succeed, so it need not wait for the end of a pause.
            if let nextStart {
                loop.cancel(nextStart)
                start()
            }
            return
        }
        isReplacing = true
        Glibc.kill(process.id, SIGTERM)
    }

    /// True if no process is running.
    var hasEnded: Bool { process == nil }

    /// Starts the process, unless the worker is stopping. If that fails, tries again later.
    func start() {
        nextStart = nil
        guard !isStopping else { return }
        startedAt = EventLoop.now
        let event = String(decoding: ScheduledEvent(cron: "", time: .now).bytes, as: UTF8.self)
        process = try? FunctionProcess(
            program, input: -1, output: -1, variables: ["FUNCTION_EVENT=\(event)"], loop: loop, log: log,
            metrics: metrics
        ) { [weak self] status in self?.ended(status) }
        if process == nil { startAgain(after: nextPause()) }
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
        guard !isStopping else { return }
        let duration = EventLoop.now - startedAt
        if duration >= Self.shortest { pause = Self.pauses.first }
        if status != 0 { metrics?.noteCrash(Self.function) }
        guard status != 0 || duration < Self.shortest else { return startAgain(after: 0) }
        let next = nextPause()
        log.write("the worker ended with status \(status); restarting it in \(next / 1_000) seconds")
        startAgain(after: next)
    }

    /// Returns the pause in milliseconds after a failure. The next pause is twice as long, up to the longest.
    private func nextPause() -> Int {
        defer { pause = min(Self.pauses.longest, pause * 2) }
        return pause
    }

    private func startAgain(after milliseconds: Int) {
        nextStart = loop.after(milliseconds: milliseconds) { [weak self] in self?.start() }
    }
}
