import Glibc
import HTTP

/// The processes of one function, and the requests that wait for them.
final class FunctionPool {
    /// The number of requests that may wait while all places are in use, as a multiple of the function's `concurrency`.
    private static let queueFactor = 8
    /// After this time, in microseconds, a waiting request is refused at the next check.
    private static let longestWait = 1_000_000
    /// The number of requests that are assumed to keep all processors busy, if they compute all the time. More requests
    /// at the same time would only slow each other down, since each process has its own working set in the processor's
    /// caches.
    private static let concurrencyTarget = 2 * max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    /// One in this number of the places that a function has for simultaneous requests, and at least one of several,
    /// can't be taken by an address that has all others. This does not limit trusted proxies.
    private static let sharedPlaces = 8
    /// A request that takes longer than this, in milliseconds, is assumed to wait for something other than a processor.
    private static let busyTime = 20
    /// A process that exits sooner than this, in microseconds, and has served nothing, has failed to start.
    private static let minimumLifetime = 1_000_000
    /// The largest number of failed starts in a row that do not delay further starts.
    private static let toleratedFailures = 5

    let program: FunctionProgram
    let loop: EventLoop
    let log: RunnerLog
    let metrics: Metrics
    /// The folders in which the functions' sockets may be created, in the order in which they are tried.
    let folders: [String]
    var limits: Limits { program.function.limits }

    private let budget: Budget
    private var running: [(execution: any Execution, since: Int, account: Budget.Account, claim: Claim)] = []
    private var waiting: [(client: Connection, until: Int, claim: Claim)] = []
    private var willLookAgain = false
    private var template: Template?
    /// Idle workers. The last one was used most recently, so its memory is most likely still in the caches.
    private var idle: [Worker] = []
    private var processes: [ObjectIdentifier: FunctionProcess] = [:]
    private var failures = 0
    private var notBefore = 0
    /// The reason of the last failed start, which the log already has.
    private var reportedFailure: String?

    init(
        _ program: FunctionProgram, loop: EventLoop, log: RunnerLog, metrics: Metrics, budget: Budget, folders: [String]
    ) {
        self.program = program
        self.loop = loop
        self.log = log
        self.metrics = metrics
        self.budget = budget
        self.folders = folders
    }

    /// The number of requests that are being served.
    var inUse: Int { running.count }
    /// The number of processes, without forks of them.
    var processCount: Int { processes.count }
    /// The number of requests that wait.
    var waitingCount: Int { waiting.count }

    /// True if no request is being served or waits.
    var isIdle: Bool { running.isEmpty && waiting.isEmpty }

    // MARK: Requests

    /// Starts to serve a client's request, lets it wait, or refuses it.
    func submit(_ client: Connection) {
        let claim = Claim(client)
        // A request may overtake others that wait only because their share is used up.
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
        // With `isolated` and `spawn` each request gets a fresh process anyway.
        guard program.function.dispatch == .reuse, running.count >= Self.concurrencyTarget else { return true }
        let recent = running.count { $0.since > loop.round - Self.busyTime * 1_000 }
        // The number of new requests may be as large as that of slow ones. So if all requests wait for something other
        // than a processor, the number that run can double every 20 milliseconds.
        return recent < max(Self.concurrencyTarget, running.count - recent)
    }

    /// Returns true if a request leaves enough places to others.
    ///
    /// An address, unless it is a trusted proxy, may take seven in eight places. A request with the same credentials as
    /// others gets another place only while more places are free than these credentials have. Of 8 places the first
    /// credentials get at most 4, the next ones 2, and each further ones 1. So three callers whose requests wait for a
    /// provider that never answers do not lock out all others.
    private func isWithinShare(_ claim: Claim) -> Bool {
        let share = max(1, limits.concurrency - max(1, limits.concurrency / Self.sharedPlaces))
        if !claim.isTrusted, running.count >= share {
            let own = running.count { $0.claim.address == claim.address }
            if own >= share { return false }
        }
        let free = limits.concurrency - running.count
        // If fewer places are taken than are free, no credentials can have too many.
        guard let credentials = claim.credentials, running.count >= free else { return true }
        let own = running.count { $0.claim.credentials == credentials }
        return own == 0 || own < free
    }

    /// Returns true if one more request may wait. A quarter of the queue is reserved for other addresses and other
    /// credentials.
    private func mayWait(_ claim: Claim) -> Bool {
        guard running.count + waiting.count < limits.concurrency * (1 + Self.queueFactor) else { return false }
        let share = limits.concurrency * Self.queueFactor * 3 / 4
        guard waiting.count >= share else { return true }
        let ofAddress = claim.isTrusted ? 0 : waiting.count { $0.claim.address == claim.address }
        let withSame = claim.credentials == nil ? 0 : waiting.count { $0.claim.credentials == claim.credentials }
        return max(ofAddress, withSame) < share
    }

    /// Starts waiting requests in order, as far as there are places for them. Passes over those whose share is used up.
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

    /// Tries again, after `busyTime`, to start waiting requests. A request that still runs then is assumed to wait for
    /// something other than a processor, so another one may be started.
    private func lookAgain() {
        guard !willLookAgain, !waiting.isEmpty, running.count < limits.concurrency else { return }
        willLookAgain = true
        loop.after(milliseconds: Self.busyTime) { [weak self] in
            self?.willLookAgain = false
            self?.startWaiting()
        }
    }

    /// Removes a client that left while it waited.
    func withdraw(_ client: Connection) { waiting.removeAll { $0.client === client } }

    /// Called when an execution is over and its process is idle or has ended.
    func finished(_ execution: any Execution) {
        guard let index = running.firstIndex(where: { $0.execution === execution }) else { return }
        let account = running[index].account
        running.swapAt(index, running.count - 1)
        running.removeLast()
        budget.give(.places, account)
        if !waiting.isEmpty { startWaiting() }
    }

    /// Ends requests that have exceeded the function's time limit, and refuses those that have waited too long. Called
    /// periodically.
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
            // Uses the time at which this turn began, because starting processes takes time that says nothing about the
            // request.
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

    /// Starts a process that ends with the runner. `onExit` gets its exit status.
    func startProcess(
        input: Int32, output: Int32, more: [Int32] = [], variables: [String] = [],
        onExit: @escaping (_ status: Int32) -> Void
    ) throws(FunctionProcess.NotStarted) -> FunctionProcess {
        var key: ObjectIdentifier?
        let process = try FunctionProcess(
            program, input: input, output: output, more: more, variables: variables, loop: loop, log: log,
            metrics: metrics,
            findClient: { [weak self] in self?.client(of: $0) },
            onExit: { [weak self] status in
                if let key { self?.processes[key] = nil }
                onExit(status)
            })
        key = ObjectIdentifier(process)
        processes[ObjectIdentifier(process)] = process
        return process
    }

    /// Called when a long-lived process has ended by itself.
    func noteEnd(_ process: pid_t, status: Int32, request: String?, started: Int, hasServed: Bool) {
        logEnd(process, status: status, request: request)
        if !hasServed, EventLoop.now - started < Self.minimumLifetime { noteFailure(nil) }
    }

    /// Logs how a process ended, with the request that it was serving, and counts the crash in the metrics.
    func logEnd(_ process: pid_t, status: Int32, request: String?) {
        metrics.noteCrash(program.function.function)
        log.write(
            "\(program.function.function): process \(process) ended with status \(status)",
            function: program.function.function, request: request)
    }

    /// Called when a process has served a request, or, with the dispatch `spawn`, when a process has ended.
    func noteSuccess() { (failures, reportedFailure) = (0, nil) }

    /// Records a failed start. After several failures in a row, the program is started less often. The log says a
    /// reason once.
    private func noteFailure(_ reason: String?) {
        if let reason, reason != reportedFailure {
            reportedFailure = reason
            let name = program.function.function
            log.write("\(name) did not start: \(reason)", function: name)
        }
        failures += 1
        guard failures > Self.toleratedFailures else { return }
        let delay = min(5_000_000, 100_000 << min(failures - Self.toleratedFailures - 1, 6))
        notBefore = EventLoop.now + delay
    }

    func addIdle(_ worker: Worker) { idle.append(worker) }

    func remove(_ worker: Worker) { idle.removeAll { $0 === worker } }

    func remove(_ template: Template) {
        if self.template === template { self.template = nil }
    }

    /// Makes idle processes exit now and busy ones after their requests. New processes are started for all further
    /// requests.
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

    /// Kills all processes immediately.
    func kill() {
        template?.retire()
        for process in processes.values {
            process.kill()
            process.readLastLine()
        }
    }

    /// Returns the client that a log line of a function belongs to; nil if there is none. Functions write the request
    /// id into their lines, as a member of a JSON object. Clients can choose ids, so only this member counts; in a
    /// message its quotation marks would be escaped.
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

/// One request that a process of a function is serving.
protocol Execution: AnyObject {
    /// The connection that the response goes to; nil if the client has left.
    var client: Connection? { get }
    /// The time at which the process is killed if it still serves the request, in microseconds on the monotonic clock.
    var deadline: Int { get }
    /// True while the function waits because the client has not read enough of the response.
    var isPaused: Bool { get }

    /// Continues after a pause.
    func resume()
    /// Kills the process, because the client has left before the response was complete.
    func abandon()
    /// Sends the client an error, and kills the process, because the time for the request is up.
    func expire()
}
