import Base
import CSystem
import Glibc

/// The HTTP server. It listens as soon as it is created, and serves in `run`.
final class Server: EventHandler, Continuation {
    /// The time between two checks of the functions' time limits, in milliseconds.
    private static let sweepInterval = 50
    /// If a check comes later than planned by this time, in microseconds, this process itself was suspended.
    private static let standstill = 500_000
    /// After such a suspension, time limits are not enforced for at most this time, in microseconds.
    private static let longestLeniency = 5_000_000
    /// The shortest time, in microseconds, from the end of one such period to the beginning of the next. Without it,
    /// time limits would never be enforced on a slow machine.
    private static let leniencyInterval = 10_000_000
    /// The number of connections that are checked at a time, or a tenth of all connections if that is more.
    private static let sweptConnections = 256
    /// The number of connections that are accepted in one turn of the loop.
    private static let acceptedAtOnce = 64

    /// The loop that everything runs on. Its timers also serve the cron triggers.
    let loop: EventLoop
    /// The address, with the port that the system picked if it was 0.
    let address: ListenAddress
    let crons: [CronTrigger]
    let log: RunnerLog
    let router: Router
    let budget: Budget
    let bodies: BodyStore
    /// The token that callers of the runner's own paths need; nil if those paths are closed.
    let localToken: Secret?
    var requestIDs = RequestIDs()
    var date = DateLine()
    /// True if the server finishes running requests and accepts no new ones.
    private(set) var isDraining = false

    private let functions: [FunctionConfiguration]
    private let functionsDirectory: String
    private let listener: Listener
    private let pools: [FunctionPool]
    private(set) var connections: [Connection] = []
    /// The first connection of the next check.
    private var nextSwept = 0
    private var canAccept = true
    private var isSweeping = false
    /// The end of the period in which time limits are not enforced, in microseconds on the monotonic clock.
    private var lenientUntil = -Server.leniencyInterval
    private var hasAcceptFailed = false
    private var isWaitingForLog = false
    private var nextRefusalNote = 0
    /// Searches for slow connections that found none, each with the time until which it is not repeated.
    var fruitlessSearches: [Search: Int] = [:]
    /// The scheduled functions that are running, by their triggers.
    private var runs: [String: OneShot] = [:]

    /// Binds and listens. `stateFolder` holds temporary files if no other folder is writable. Throws `ServerError` if
    /// it can't listen.
    init(
        _ configuration: Configuration, functionsDirectory: String, stateFolder: String, localToken: Secret?,
        log: RunnerLog
    ) throws(ServerError) {
        signal(SIGPIPE, SIG_IGN)
        let loop = try EventLoop()
        self.loop = loop
        self.log = log
        self.localToken = localToken
        self.functionsDirectory = functionsDirectory
        functions = configuration.functions
        crons = configuration.crons
        listener = try Listener(configuration.listen)
        address = listener.address
        let budget = Budget(connections: Self.connectionLimit(), trustedProxies: configuration.trustedProxies)
        self.budget = budget
        let folders = TemporaryFolders(stateFolder: stateFolder)
        bodies = BodyStore(budget: budget, folders: folders.onDisk, scratch: loop.bodyScratch, log: log)
        pools = configuration.functions.map {
            FunctionPool(
                FunctionProgram($0, functionsDirectory: functionsDirectory), loop: loop, log: log, budget: budget,
                folders: folders.all)
        }
        router = Router(pools, listen: address)
        bodies.makeRoom = { [unowned self] resource, amount, body in
            makeRoom(resource, amount, for: body.account) { $0.exchange.body === body }
        }
    }

    /// Serves until SIGTERM or SIGINT. Then lets running requests and scheduled functions finish, and `worker` return
    /// its jobs to the queue. A second signal ends everything at once.
    func run(beside worker: JobWorker? = nil) {
        var signals = 0
        loop.onTermination { [weak self] in
            signals += 1
            guard signals == 1 else { return }
            self?.drain()
            worker?.stop()
        }
        loop.afterRound = { [unowned self] in
            if canAccept { accept() }
            sweepSoon()
            flushLog()
        }
        guard loop.watch(listener.descriptor, self) != nil else { return }
        loop.run { signals > 1 || isDraining && isIdle && worker?.hasEnded ?? true }
        pools.forEach { $0.kill() }
        runs.values.forEach { $0.kill() }
        log.finish()
    }

    private var isIdle: Bool { connections.isEmpty && runs.isEmpty && pools.allSatisfy(\.isIdle) }

    /// Lets every process finish its current request, and starts new ones for further requests, for example after a
    /// build.
    func replaceProcesses() { pools.forEach { $0.replaceProcesses() } }

    // MARK: Scheduled functions

    /// Returns true if a trigger's function is still running from the last time.
    func isRunning(_ trigger: CronTrigger) -> Bool { runs[trigger.description] != nil }

    /// Runs the trigger's function once, with the event that was due at `time`. Calls `completion` with the response's
    /// status (502 and 504 as for HTTP).
    func fire(_ trigger: CronTrigger, at time: Timestamp, completion: @escaping (_ status: Int) -> Void) {
        guard let function = functions.first(where: { $0.function == trigger.function }) else {
            return completion(RunnerError.functionFailed.status)
        }
        let start = EventLoop.now
        let event = ScheduledEvent(cron: trigger.cron.description, time: time)
        let run = OneShot(loop)
        runs[trigger.description] = run
        let program = FunctionProgram(function, functionsDirectory: functionsDirectory)
        run.start(program, event: event.bytes, log: log) { [weak self] outcome in
            guard let self else { return }
            runs[trigger.description] = nil
            if case .notStarted(let code) = outcome {
                log.write(
                    "\(function.function) did not start: \(String(cString: strerror(code)))",
                    function: function.function)
            }
            let status = outcome.status
            log.write(
                .init(
                    line: Array("CRON \(trigger.cron.description)".utf8), status: status,
                    duration: EventLoop.now - start, function: function.function, id: Array(event.id.utf8),
                    client: []), lines: [])
            completion(status)
        }
    }

    // MARK: Connections

    func handle(_ readiness: Readiness) { canAccept = true }

    /// Accepts more of the waiting clients.
    func proceed() { canAccept = true }

    /// Removes a connection that has ended.
    func forget(_ connection: Connection) {
        let index = connection.index
        guard index < connections.count, connections[index] === connection else { return }
        connections.swapAt(index, connections.count - 1)
        connections.removeLast()
        if index < connections.count { connections[index].index = index }
        budget.give(.connections, connection.account)
    }

    private func accept() {
        canAccept = false
        for _ in 0..<Self.acceptedAtOnce {
            guard !isDraining else { return }
            guard let (descriptor, peer) = listener.accept() else {
                switch errno {
                case EINTR, ECONNABORTED: continue
                case EAGAIN: return
                case let code: return retryAccept(code)
                }
            }
            hasAcceptFailed = false
            let account = budget.account(peer.bytes)
            guard hasRoom(for: account) else {
                close(descriptor)
                noteRefusal(peer)
                continue
            }
            let connection = Connection(self, descriptor: descriptor, peer: peer.text, account: account)
            guard connection.open() else {
                let code = errno
                budget.give(.connections, account)
                close(descriptor)
                return retryAccept(code)
            }
            connection.index = connections.count
            connections.append(connection)
        }
        loop.soon(self)
    }

    /// Logs that connections are refused, at most once a minute.
    private func noteRefusal(_ peer: PeerAddress) {
        guard loop.round >= nextRefusalNote else { return }
        nextRefusalNote = loop.round + 60_000_000
        log.write("no room for more connections; refused one from \(String(decoding: peer.text, as: UTF8.self))")
    }

    /// Closes the slowest connections if there is no descriptor or memory for a new one. Clients wait until there is
    /// room.
    private func retryAccept(_ code: Int32) {
        if !hasAcceptFailed { log.write("accept: \(String(cString: strerror(code))); trying again until it succeeds") }
        hasAcceptFailed = true
        evict(.connections, of: nil) { _ in false }
        loop.after(milliseconds: 100) { [weak self] in self?.canAccept = true }
    }

    /// Returns the number of connections that leaves enough descriptors for files of bodies and processes of functions.
    private static func connectionLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 512 }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let descriptors = Int(clamping: limit.rlim_cur)
        // Bodies may use half as many files as there are connections.
        return min(16_384, max(descriptors / 2, (descriptors - 3_072) / 3 * 2))
    }

    // MARK: The end, and time limits

    private func drain() {
        isDraining = true
        close(listener.descriptor)
        for connection in connections { _ = connection.closeIfIdle() }
        guard !isIdle else { return }
        log.write(
            "finishing running work (connections in use: \(connections.count), scheduled functions: \(runs.count)); "
                + "a second signal ends at once")
    }

    /// Schedules the next check of time limits, if there are connections or requests to check.
    private func sweepSoon() {
        guard !isSweeping, !connections.isEmpty || !pools.allSatisfy(\.isIdle) else { return }
        isSweeping = true
        let due = loop.round + Self.sweepInterval * 1_000
        loop.after(milliseconds: Self.sweepInterval) { [weak self] in
            guard let self else { return }
            isSweeping = false
            let now = EventLoop.now
            noteDelay(now - due, now)
            guard now >= lenientUntil else { return }
            pools.forEach { $0.checkDeadlines(now) }
            sweepConnections(now)
        }
    }

    /// Stops enforcing time limits for a while if this process itself was suspended, for example because its container
    /// was paused. Clients and functions are not to blame for that delay: the loop must first handle the data that has
    /// arrived, and functions that were suspended too get a part of the time back.
    private func noteDelay(_ delay: Int, _ now: Int) {
        guard delay > Self.standstill, now > lenientUntil + Self.leniencyInterval else { return }
        lenientUntil = now + min(delay, Self.longestLeniency)
    }

    private func sweepConnections(_ now: Int) {
        if nextSwept >= connections.count { nextSwept = 0 }
        let end = min(connections.count, nextSwept + max(Self.sweptConnections, connections.count / 10))
        // Goes backwards, since the last connection takes the place of one that ends.
        for index in (nextSwept..<end).reversed() where index < connections.count {
            connections[index].checkDeadline(now)
        }
        nextSwept = end
    }

    private func flushLog() {
        log.flush()
        guard log.isBlocked, !isWaitingForLog else { return }
        isWaitingForLog = true
        loop.after(milliseconds: 20) { [weak self] in self?.isWaitingForLog = false }
    }
}

extension Configuration {
    /// The addresses of proxies that send the requests of many clients.
    fileprivate var trustedProxies: [IPRange] {
        let text = variables["TRUSTED_PROXIES"]?.reveal { $0 } ?? ""
        return text.split { $0 == "," || $0 == " " }.compactMap { IPRange(String($0)) }
    }
}

extension CronTrigger: CustomStringConvertible {
    /// The expression and the function, which together identify a trigger.
    var description: String { "\(cron) \(function)" }
}
