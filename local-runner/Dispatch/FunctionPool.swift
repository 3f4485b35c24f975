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
    /// One in so many of a function's places is kept for other addresses.
    private static let sharedPlaces = 8
    /// A request that is served for longer than this, in milliseconds, waits for something else than a processor.
    private static let busyTime = 20
    /// A process that ends sooner than this, in microseconds, without having served anything has failed to start.
    private static let shortLife = 1_000_000
    /// So many failed starts in a row are taken for chance.
    private static let freeFailures = 5

    let program: FunctionProgram
    let loop: EventLoop
    let log: RunnerLog
    /// Folders for sockets.
    let folders: [String]
    var limits: Limits { program.function.limits }

    private let budget: Budget
    private var running: [(execution: any Execution, since: Int, account: Budget.Account, claim: Claim)] = []
    private var waiting: [(client: Connection, until: Int, claim: Claim)] = []
    private var willLookAgain = false
    private var template: Template?
    /// Workers that wait for a request, the one that was used last at the end: its memory is warm.
    private var idle: [Worker] = []
    private var processes: [ObjectIdentifier: FunctionProcess] = [:]
    private var failures = 0
    private var notBefore = 0
    /// Why the last start failed, as the log says already.
    private var reportedFailure: String?

    init(_ program: FunctionProgram, loop: EventLoop, log: RunnerLog, budget: Budget, folders: [String]) {
        self.program = program
        self.loop = loop
        self.log = log
        self.budget = budget
        self.folders = folders
    }

    /// Whether no request is at a process or waits for one.
    var isIdle: Bool { running.isEmpty && waiting.isEmpty }

    // MARK: Requests

    /// Serves a client's request now, soon, or not at all.
    func submit(_ client: Connection) {
        let claim = Claim(client)
        // Those that wait only because they have their share are overtaken.
        if mayStart(claim), !waiting.contains(where: { isWithinShare($0.claim) }) {
            start(client, claim)
        } else if mayWait(claim) {
            waiting.append((client, EventLoop.now + Self.longestWait, claim))
            lookAgain()
        } else {
            client.reject(.overloaded)
        }
    }

    private func mayStart(_ claim: Claim) -> Bool {
        guard running.count < limits.concurrency, isWithinShare(claim) else { return false }
        // Other processes than reused ones are cold anyhow.
        guard program.function.dispatch == .reuse, running.count >= Self.enough else { return true }
        let recent = running.count { $0.since > loop.round - Self.busyTime * 1_000 }
        // As many again as wait already: where hundreds are to wait at once, they soon do.
        return recent < max(Self.enough, running.count - recent)
    }

    /// True if a request leaves some of the places to others.
    ///
    /// An address may have all but one in eight. Whoever has places with the same credentials gets another only while more
    /// than as many are free: of 8 places the first holder of credentials gets at most 4, the next one 2, and each further
    /// one 1. So three holders whose requests wait for a provider that never answers do not keep everybody else out.
    private func isWithinShare(_ claim: Claim) -> Bool {
        let share = max(1, limits.concurrency - max(1, limits.concurrency / Self.sharedPlaces))
        if !claim.isTrusted, running.count >= share {
            let own = running.count { $0.claim.address == claim.address }
            if own >= share { return false }
        }
        let free = limits.concurrency - running.count
        // Nobody has more places than are taken.
        guard let credentials = claim.credentials, running.count >= free else { return true }
        let own = running.count { $0.claim.credentials == credentials }
        return own == 0 || own < free
    }

    /// True if one more may wait: one place in four is kept for other addresses, and for other credentials.
    private func mayWait(_ claim: Claim) -> Bool {
        guard running.count + waiting.count < limits.concurrency * (1 + Self.queueFactor) else { return false }
        let share = limits.concurrency * Self.queueFactor * 3 / 4
        guard waiting.count >= share else { return true }
        let ofAddress = claim.isTrusted ? 0 : waiting.count { $0.claim.address == claim.address }
        let withSame = claim.credentials == nil ? 0 : waiting.count { $0.claim.credentials == claim.credentials }
        return max(ofAddress, withSame) < share
    }

    /// Serves those that wait, in their order, as far as there are places for them.
    private func startWaiting() {
        var index = 0
        var refused: Claim?
        while index < waiting.count, running.count < limits.concurrency {
            let claim = waiting[index].claim
            if claim != refused, mayStart(claim) {
                let next = waiting.remove(at: index)
                start(next.client, claim)
            } else {
                refused = claim
                index += 1
            }
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
        let account = running[index].account
        running.swapAt(index, running.count - 1)
        running.removeLast()
        budget.give(.places, account)
        if !waiting.isEmpty { startWaiting() }
    }

    /// Ends what has taken too long. Called from time to time.
    func checkDeadlines(_ now: Int) {
        for (execution, _, _, _) in running where now >= execution.deadline { execution.expire() }
        while let first = waiting.first, now >= first.until {
            waiting.removeFirst()
            first.client.reject(.overloaded)
        }
    }

    private func start(_ client: Connection, _ claim: Claim) {
        guard EventLoop.now >= notBefore else { return client.reject(.functionFailed) }
        guard budget.take(.places, client.account) else { return client.reject(.overloaded) }
        do throws(FunctionProcess.NotStarted) {
            let execution = try execute(client)
            // By the turn's time: that which it takes to start processes says nothing of those that are started.
            running.append((execution, loop.round, client.account, claim))
        } catch {
            budget.give(.places, client.account)
            noteFailure(error.description)
            client.reject(.functionFailed)
        }
    }

    private func execute(_ client: Connection) throws(FunctionProcess.NotStarted) -> any Execution {
        switch program.function.dispatch {
        case .isolated:
            if let template { return try template.start(client) }
            let template = try Template(self)
            self.template = template
            return try template.start(client)
        case .reuse:
            if let worker = idle.popLast() { return try worker.start(client) }
            return try Worker(self).start(client)
        case .spawn: return try CGIExecution(self, client)
        }
    }

    // MARK: Processes

    /// Starts a process that is ended with the runner. `onExit` gets its exit status.
    func startProcess(
        input: Int32, output: Int32, more: [Int32] = [], variables: [String] = [],
        onExit: @escaping (_ status: Int32) -> Void
    ) throws(FunctionProcess.NotStarted) -> FunctionProcess {
        var key: ObjectIdentifier?
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
    }

    /// A long-lived process has ended by itself.
    func noteEnd(_ process: pid_t, status: Int32, request: String?, started: Int, hasServed: Bool) {
        logEnd(process, status: status, request: request)
        if !hasServed, EventLoop.now - started < Self.shortLife { noteFailure(nil) }
    }

    /// Says in the log how a process has ended, and which request that explains.
    func logEnd(_ process: pid_t, status: Int32, request: String?) {
        log.write(
            "\(program.function.function): process \(process) ended with status \(status)",
            function: program.function.function, request: request)
    }

    /// A process has served a request.
    func noteSuccess() { (failures, reportedFailure) = (0, nil) }

    /// A program that ends as soon as it starts, or can't be started, is not started over and over. The log says once why.
    private func noteFailure(_ reason: String?) {
        if let reason, reason != reportedFailure {
            reportedFailure = reason
            let name = program.function.function
            log.write("\(name) did not start: \(reason)", function: name)
        }
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
    func kill() {
        template?.retire()
        for process in processes.values {
            process.kill()
            process.readLastLine()
        }
    }

    /// The waiting client that a line of standard error is about: functions write the request's id into it. Clients pick
    /// ids, so that only this member counts; within a message its quotation marks would be escaped.
    private func client(of line: [UInt8]) -> Connection? {
        guard !running.isEmpty, let id = Self.requestID(in: line) else { return nil }
        return running.lazy.compactMap(\.execution.client).first { id.elementsEqual($0.exchange.requestID) }
    }

    private static let requestIDMember = Array(#""request_id":""#.utf8)

    private static func requestID(in line: [UInt8]) -> ArraySlice<UInt8>? {
        guard let member = line.firstRange(of: requestIDMember) else { return nil }
        return line.dropFirst(member.upperBound).prefix { $0 != UInt8(ascii: "\"") }
    }
}
