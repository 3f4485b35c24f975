import Base
import CSystem
import Glibc
import Store

/// Asks the database for its state, in a process of its own.
///
/// A database that does not answer may block a connection for many seconds, while the loop must continue to serve. So a
/// forked process asks the database. It keeps its one connection to the database open. For each byte that it gets on
/// one pipe it writes one line, the state, to another. It ends when the first pipe is closed. The loop never waits for
/// this process: a request for the state is answered from the last line if that is recent, or when the next line comes,
/// or after two seconds without one. If the process has not answered for ten seconds, the next request kills it, and a
/// later one starts another.
final class StoreWatch {
    /// The time, in microseconds, for which a state counts as recent.
    private static let freshness = 2_000_000
    /// The longest time, in milliseconds, that a request for the state waits.
    private static let patience = 2_000
    /// If the process has taken more than this time, in microseconds, for an answer, it is replaced. It may wait
    /// forever for a connection that was lost without a sign, while a new process could use the database.
    private static let limit = 10_000_000
    /// The shortest time, in microseconds, after which the log repeats that the database can't be used.
    private static let reportInterval = 60_000_000

    private let url: Secret
    private let loop: EventLoop
    private let log: RunnerLog
    private var process: pid_t = 0
    private var questions: Int32 = -1
    private var answers: PipeReader?
    /// The time at which the process was asked for the answer that is awaited. Nil if no answer is awaited.
    private var askedAt: Int?
    private var latest: (state: StoreState, time: Int)?
    private var waiting: [(number: Int, body: (StoreState?) -> Void)] = []
    private var lastNumber = 0
    private var nextReport = 0

    /// Creates a watch of the database at `url`. The first look starts the watch's process.
    init(_ url: Secret, loop: EventLoop, log: RunnerLog) {
        self.url = url
        self.loop = loop
        self.log = log
    }

    /// Calls `body` with the database's state, now or later. Calls it with nil if the state is not known in time, or
    /// the process that asks the database ends or can't be started.
    func look(_ body: @escaping (StoreState?) -> Void) {
        if let latest, EventLoop.now - latest.time < Self.freshness { return body(latest.state) }
        lastNumber += 1
        let number = lastNumber
        waiting.append((number, body))
        loop.after(milliseconds: Self.patience) { [weak self] in
            guard let self, let index = waiting.firstIndex(where: { $0.number == number }) else { return }
            report("it does not answer")
            waiting.remove(at: index).body(nil)
        }
        ask()
    }

    /// Makes the process end. Waits for it for about a second at most, so that it can close the database.
    func stop() {
        guard process > 0 else { return }
        close(questions)
        questions = -1
        for _ in 0..<100 where waitpid(process, nil, WNOHANG) == 0 { usleep(10_000) }
    }

    private func ask() {
        if let askedAt {
            // The first look after the process's end starts another process.
            if process > 0, EventLoop.now - askedAt > Self.limit { kill(process, SIGKILL) }
            return
        }
        if process == 0 { start() }
        guard process > 0 else { return answer(nil) }
        var byte: UInt8 = 0
        if write(questions, &byte, 1) == 1 { askedAt = EventLoop.now }
    }

    private func receive(_ line: [UInt8]) {
        askedAt = nil
        guard let state = StoreState(line: line) else { return }
        latest = (state, EventLoop.now)
        if let problem = state.problem { report(problem) } else { nextReport = 0 }
        answer(state)
    }

    private func answer(_ state: StoreState?) {
        let bodies = waiting.map(\.body)
        waiting = []
        bodies.forEach { $0(state) }
    }

    /// Logs the reason why the database can't be used, at most once a minute until it can be used again.
    private func report(_ problem: String) {
        guard EventLoop.now >= nextReport else { return }
        nextReport = EventLoop.now + Self.reportInterval
        log.write("not ready: \(problem)", level: .error)
    }

    // MARK: The process

    private func start() {
        var first: [Int32] = [-1, -1]
        var second: [Int32] = [-1, -1]
        guard csystem_pipe(&first) == 0 else { return report("no pipe: \(String(cString: strerror(errno)))") }
        guard csystem_pipe(&second) == 0 else {
            first.forEach { close($0) }
            return report("no pipe: \(String(cString: strerror(errno)))")
        }
        let theirs = (questions: first[0], answers: second[1])
        let ours = (questions: first[1], answers: second[0])
        let parent = getpid()
        let child = csystem_fork()
        if child == 0 { Self.serve(url, parent: parent, questions: theirs.questions, answers: theirs.answers) }
        close(theirs.questions)
        close(theirs.answers)
        guard child > 0 else {
            close(ours.questions)
            close(ours.answers)
            return report("no process: \(String(cString: strerror(errno)))")
        }
        process = child
        questions = ours.questions
        csystem_set_nonblocking(questions)
        csystem_set_nonblocking(ours.answers)
        let lines = LineSplitter { [weak self] in self?.receive($0) }
        answers = PipeReader(
            ours.answers, loop: loop,
            onBytes: {
                lines.split($0)
                return true
            })
        loop.whenEnded(child) { [weak self] _ in self?.ended() }
    }

    private func ended() {
        process = 0
        askedAt = nil
        answers?.close()
        answers = nil
        if questions >= 0 { close(questions) }
        questions = -1
        answer(nil)
    }

    /// Does the work of the forked process.
    private static func serve(_ url: Secret, parent: pid_t, questions: Int32, answers: Int32) -> Never {
        guard csystem_die_with_parent(parent) == 0 else { _exit(1) }
        csystem_set_name("store-watch")
        // The signals that end the server reach a terminal's whole process group. This process ends with the pipe.
        signal(SIGINT, SIG_IGN)
        signal(SIGTERM, SIG_IGN)
        closeOthers(than: [questions, answers])
        let place = url.reveal { DatabaseURL($0) }
        let database = place?.database()
        var byte: UInt8 = 0
        while true {
            let count = read(questions, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1, let place, let database else { break }
            guard File.write(answers, StoreState.look(at: place, database).line[...]) else { break }
        }
        database?.close()
        _exit(0)
    }

    /// Closes this process's copies of the server's descriptors, except `kept` and the standard ones, so that a port or
    /// a connection that the server closes is closed for its client.
    private static func closeOthers(than kept: [Int32]) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        for number in 3..<max(3, Int32(clamping: min(limit.rlim_cur, 65_536))) where !kept.contains(number) {
            close(number)
        }
    }
}
