import Base
import CSystem
import Glibc

/// The HTTP server: listens from `init` on, serves in `run`.
final class Server: EventHandler, Continuation {
    /// How often the time limits of functions are looked at, in milliseconds.
    private static let sweepInterval = 50
    /// A sweep that comes so much too late, in microseconds, says that this process itself stood still.
    private static let standstill = 500_000
    /// For so long at most, in microseconds, nobody's time is up after that.
    private static let longestLeniency = 5_000_000
    /// So much time, in microseconds, lies between two such times: on a machine that is always late they would never end.
    private static let leniencyInterval = 10_000_000
    /// Connections of which so many are looked at in each sweep, or a tenth of all, if that is more.
    private static let sweptConnections = 256
    /// Connections that are accepted in one turn of the loop.
    private static let acceptedAtOnce = 64

    /// The loop that everything runs on; its timers serve the cron triggers too.
    let loop: EventLoop
    /// Where it listens, with the port that the system picked.
    let address: ListenAddress
    let crons: [CronTrigger]
    let log: RunnerLog
    let router: Router
    let budget: Budget
    let bodies: BodyStore
    /// What callers of the runner's own paths must know; nil if nobody may call them.
    let localToken: Secret?
    var requestIDs = RequestIDs()
    var date = HTTPDate()
    /// Whether it finishes what it serves and takes nothing new.
    private(set) var isDraining = false

    private let functions: [FunctionConfiguration]
    private let functionsDirectory: String
    private let listener: Listener
    private let pools: [FunctionPool]
    private(set) var connections: [Connection] = []
    /// The first connection of the next sweep.
    private var nextSwept = 0
    private var canAccept = true
    private var isSweeping = false
    /// The time until which nobody's time is up, in microseconds on the monotonic clock.
    private var lenientUntil = -Server.leniencyInterval
    private var hasAcceptFailed = false
    private var isWaitingForLog = false
    private var nextRefusalNote = 0
    /// Searches for connections that make room which found none, and until when that counts.
    var fruitlessSearches: [Search: Int] = [:]
    /// Scheduled functions that run, by their triggers.
    private var runs: [String: OneShot] = [:]

    /// Binds and listens. `stateFolder` is a folder that this process may write to, if no other serves for temporary files.
    /// Throws `ServerError` when it can't listen.
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

    /// Serves until SIGTERM or SIGINT, then lets requests and scheduled functions finish that run, and `worker` give its jobs
    /// back. A second signal ends it at once.
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

    /// Lets every process of a function finish what it serves and starts new ones for what comes next, such
    /// as after a build.
    func replaceProcesses() { pools.forEach { $0.replaceProcesses() } }

    // MARK: Scheduled functions

    /// True if a trigger's function still runs from its last time.
    func isRunning(_ trigger: CronTrigger) -> Bool { runs[trigger.description] != nil }

    /// Runs the trigger's function once with an event that was due at `time`; `completion` gets the response's
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

    /// Accepts more of the clients that wait.
    func proceed() { canAccept = true }

    /// A connection has ended.
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

    /// Says in the log that connections are refused, at most once a minute.
    private func noteRefusal(_ peer: PeerAddress) {
        guard loop.round >= nextRefusalNote else { return }
        nextRefusalNote = loop.round + 60_000_000
        log.write("no room for more connections, such as one of \(String(decoding: peer.text, as: UTF8.self))")
    }

    /// Without a descriptor or memory for one more, the slowest connections are closed, and clients wait until there is room.
    private func retryAccept(_ code: Int32) {
        if !hasAcceptFailed { log.write("accept: \(String(cString: strerror(code))); trying again until it succeeds") }
        hasAcceptFailed = true
        evict(.connections, of: nil) { _ in false }
        loop.after(milliseconds: 100) { [weak self] in self?.canAccept = true }
    }

    /// Connections that leave descriptors for the files of bodies and the processes of functions.
    private static func connectionLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 512 }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let descriptors = Int(clamping: limit.rlim_cur)
        // Half as many files come with them.
        return min(16_384, max(descriptors / 2, (descriptors - 3_072) / 3 * 2))
    }

    // MARK: The end, and time limits

    private func drain() {
        isDraining = true
        close(listener.descriptor)
        for connection in connections { _ = connection.closeIfIdle() }
        guard !isIdle else { return }
        log.write(
            "ending when all is done (connections in use: \(connections.count), scheduled functions: \(runs.count)); "
                + "a second signal ends at once")
    }

    /// Looks at time limits now and then, while there is anything that has one.
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

    /// Where this process stood still, its container being paused perhaps, nobody else is to blame: what the others have done
    /// meanwhile is seen first, and who stood still too gets some of the time back.
    private func noteDelay(_ delay: Int, _ now: Int) {
        guard delay > Self.standstill, now > lenientUntil + Self.leniencyInterval else { return }
        lenientUntil = now + min(delay, Self.longestLeniency)
    }

    private func sweepConnections(_ now: Int) {
        if nextSwept >= connections.count { nextSwept = 0 }
        let end = min(connections.count, nextSwept + max(Self.sweptConnections, connections.count / 10))
        // Backwards, since the last connection takes the place of one that ends.
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
    /// The proxies whose addresses stand for many clients.
    fileprivate var trustedProxies: [IPRange] {
        let text = variables["TRUSTED_PROXIES"]?.reveal { $0 } ?? ""
        return text.split { $0 == "," || $0 == " " }.compactMap { IPRange(String($0)) }
    }
}

extension CronTrigger: CustomStringConvertible {
    /// The expression and the function, which together name a trigger.
    var description: String { "\(cron) \(function)" }
}
