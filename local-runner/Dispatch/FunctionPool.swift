import Glibc

/// One function's processes, and the requests that wait for them.
final class FunctionPool {
    /// How many requests may wait, as a multiple of those that may be served at once.
    private static let queueFactor = 8
    /// How long a request waits at most, in microseconds.
    private static let longestWait = 1_000_000
    /// So many requests keep all processors busy, unless they wait for something else. More of them would only take
    /// turns, each with its memory cold.
    private static let enough = 2 * max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    /// A request that is served for longer than this, in milliseconds, waits for something else than a processor.
    private static let busyTime = 20
    /// A process that ends sooner than this, in microseconds, without having served anything has failed to start.
    private static let shortLife = 1_000_000
    /// So many failed starts in a row are taken for chance.
    private static let freeFailures = 5

    let program: FunctionProgram
    let loop: EventLoop
    let log: RunnerLog
    var limits: Limits { program.function.limits }

    private var running: [(execution: any Execution, since: Int)] = []
    private var waiting: [(client: Connection, until: Int)] = []
    private var willLookAgain = false
    private var template: Template?
    /// Workers that wait for a request, the one that was used last at the end: its memory is warm.
    private var idle: [Worker] = []
    private var processes: [ObjectIdentifier: FunctionProcess] = [:]
    private var failures = 0
    private var notBefore = 0

    init(_ program: FunctionProgram, loop: EventLoop, log: RunnerLog) {
        self.program = program
        self.loop = loop
        self.log = log
    }

    /// Whether no request is at a process or waits for one.
    var isIdle: Bool { running.isEmpty && waiting.isEmpty }

    // MARK: Requests

    /// Serves a client's request now, soon, or not at all.
    func submit(_ client: Connection) {
        if waiting.isEmpty, mayStart {
            start(client)
        } else if running.count + waiting.count < limits.concurrency * (1 + Self.queueFactor) {
            waiting.append((client, EventLoop.now + Self.longestWait))
            lookAgain()
        } else {
            client.reject(.overloaded)
        }
    }

    private var mayStart: Bool {
        guard running.count < limits.concurrency else { return false }
        // Other processes than reused ones are cold anyhow.
        guard program.function.dispatch == .reuse, running.count >= Self.enough else { return true }
        let recent = running.count { $0.since > loop.round - Self.busyTime * 1_000 }
        // As many again as wait already: where hundreds are to wait at once, they soon do.
        return recent < max(Self.enough, running.count - recent)
    }

    private func startWaiting() {
        while !waiting.isEmpty, mayStart {
            let client = waiting.removeFirst().client
            start(client)
            client.advance()
        }
        lookAgain()
    }

    /// Where more requests may be served at once than keep the processors busy, sees whether those that are served turn
    /// out to wait for something else.
    private func lookAgain() {
        guard !willLookAgain, !waiting.isEmpty, running.count < limits.concurrency else { return }
        willLookAgain = true
        loop.after(milliseconds: Self.busyTime) { [weak self] in
            self?.willLookAgain = false
            self?.startWaiting()
        }
    }

    /// A client that waited has gone.
    func withdraw(_ client: Connection) { waiting.removeAll { $0.client === client } }

    /// An execution is over and its process free or gone.
    func finished(_ execution: any Execution) {
        guard let index = running.firstIndex(where: { $0.execution === execution }) else { return }
        running.swapAt(index, running.count - 1)
        running.removeLast()
        startWaiting()
    }

    /// Ends what has taken too long. Called from time to time.
    func checkDeadlines(_ now: Int) {
        for (execution, _) in running where now >= execution.deadline { execution.expire() }
        while let first = waiting.first, now >= first.until {
            waiting.removeFirst()
            first.client.reject(.overloaded)
            first.client.advance()
        }
    }

    private func start(_ client: Connection) {
        guard EventLoop.now >= notBefore else { return client.reject(.functionFailed) }
        let execution: (any Execution)?
        switch program.function.dispatch {
        case .isolated:
            if template == nil { template = Template(self) }
            execution = template?.start(client)
        case .reuse:
            let worker = idle.popLast() ?? Worker(self)
            execution = worker?.start(client)
        case .spawn: execution = CGIExecution(self, client)
        }
        if let execution {
            // By the round: the time that it takes to start processes says nothing of those that are started.
            running.append((execution, loop.round))
        } else {
            client.reject(.functionFailed)
        }
    }

    // MARK: Processes

    /// Starts a process that is ended with the runner. `onExit` gets its exit status.
    func startProcess(
        input: Int32, output: Int32, more: [Int32] = [], variables: [String] = [],
        onExit: @escaping (_ status: Int32) -> Void
    ) -> FunctionProcess? {
        var key: ObjectIdentifier?
        do throws(FunctionProcess.NotStarted) {
            let process = try FunctionProcess(
                program, input: input, output: output, more: more, variables: variables, loop: loop, log: log,
                findClient: { [weak self] in self?.client(of: $0) },
                onExit: { [weak self] status in
                    if let key { self?.processes[key] = nil }
                    onExit(status)
                })
            key = ObjectIdentifier(process)
            processes[ObjectIdentifier(process)] = process
            return process
        } catch {
            noteFailure()
            return nil
        }
    }

    /// A long-lived process has ended by itself.
    func noteEnd(_ process: pid_t, status: Int32, request: String?, started: Int, hasServed: Bool) {
        logEnd(process, status: status, request: request)
        if !hasServed, EventLoop.now - started < Self.shortLife { noteFailure() }
    }

    /// Says in the log how a process has ended, and which request that explains.
    func logEnd(_ process: pid_t, status: Int32, request: String?) {
        let request = request.map { " \($0)" } ?? ""
        log.write("\(program.function.function): process \(process) ended with status \(status)\(request)")
    }

    /// A process has served a request.
    func noteSuccess() { failures = 0 }

    /// A program that ends as soon as it starts is not started over and over.
    private func noteFailure() {
        failures += 1
        guard failures > Self.freeFailures else { return }
        let delay = min(5_000_000, 100_000 << min(failures - Self.freeFailures - 1, 6))
        notBefore = EventLoop.now + delay
    }

    func addIdle(_ worker: Worker) { idle.append(worker) }

    func remove(_ worker: Worker) { idle.removeAll { $0 === worker } }

    func remove(_ template: Template) {
        if self.template === template { self.template = nil }
    }

    /// Has new processes serve what comes next.
    func replaceProcesses() {
        (failures, notBefore) = (0, 0)
        let template = template
        self.template = nil
        template?.retire()
        let idle = idle
        self.idle = []
        idle.forEach { $0.retire() }
        Worker.retireLater(running.map(\.execution))
    }

    /// Ends all processes at once.
    func kill() { processes.values.forEach { $0.kill() } }

    /// The waiting client that a line of standard error is about: functions write the request's id into it. Clients pick
    /// ids, so that only this member counts; within a message its quotation marks would be escaped.
    private func client(of line: [UInt8]) -> Connection? {
        guard !running.isEmpty, let id = Self.requestID(in: line) else { return nil }
        return running.lazy.compactMap(\.execution.client).first { id.elementsEqual($0.exchange.requestID) }
    }

    private static let requestIDMember = Array(#""request_id":""#.utf8)

    private static func requestID(in line: [UInt8]) -> ArraySlice<UInt8>? {
        guard let member = line.firstRange(of: requestIDMember) else { return nil }
        return line[member.upperBound...].prefix { $0 != UInt8(ascii: "\"") }
    }
}
