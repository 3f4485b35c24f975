import Base
import CSystem
import Glibc

/// The HTTP server. Its port is open as soon as it is created, and `run` serves the requests.
final class Server {
    /// The shortest time, in milliseconds, between two checks of the time limits of connections and of functions.
    private static let sweepInterval = 50
    /// If a check is later than planned by more than this time, in microseconds, this process is assumed to have been
    /// suspended.
    private static let standstill = 500_000
    /// The longest time, in microseconds, for which time limits are not enforced after such a suspension.
    private static let longestLeniency = 5_000_000
    /// The shortest time, in microseconds, from the end of one period without time limits to the beginning of the next.
    /// Without it, time limits might never be enforced on a slow machine.
    private static let leniencyInterval = 10_000_000
    /// The largest number of connections in one check. If a tenth of all connections is more, a check looks at a tenth.
    private static let sweptConnections = 256
    /// The largest number of connections that are accepted on one port in one turn of the loop.
    private static let acceptedAtOnce = 64

    /// The loop on which all work of the server is done. Its timers also start the functions of the cron triggers.
    let loop: EventLoop
    /// The address on which the server listens. If the configured port is 0, this has the port that the system picked.
    let address: ListenAddress
    /// The address of the port that has only the server's own pages; nil if there is none.
    let metricsAddress: ListenAddress?
    private(set) var crons: [CronTrigger]
    let log: RunnerLog
    private(set) var router: Router
    let budget: Budget
    let metrics = Metrics()
    let bodies: BodyStore
    let settings: ServerSettings
    /// Asks the database for its state; nil if the server has no pages about itself or no DATABASE_URL.
    let store: StoreWatch?
    /// Tells systemd about the server's state; nil if systemd expects no messages, or if none can be sent.
    var serviceManager: ServiceManager?
    /// The developer console; nil if there is none.
    var console: Console?
    var requestIDs = RequestIDs()
    var date = DateLine()
    /// True once the server has been told to end. It finishes running requests. If it has a limited time for that, it
    /// still serves new ones in the first half of this time.
    private(set) var isDraining = false
    /// True once the time to finish running work is over.
    private var isTimeUp = false

    /// The functions among which the cron triggers' functions are found by name.
    var scheduledFunctions: [FunctionConfiguration]
    private let entrances: [Entrance]
    private(set) var pools: [FunctionPool]
    /// The pools of earlier configurations. A pool is removed after no request uses it any longer.
    private var formerPools: [FunctionPool] = []
    private let functionsDirectory: String
    private let folders: TemporaryFolders
    private(set) var connections: [Connection] = []
    /// The index of the first connection that the next check looks at.
    private var nextSwept = 0
    private var isSweeping = false
    /// The end of the period in which time limits are not enforced, in microseconds on the monotonic clock.
    private var lenientUntil = -Server.leniencyInterval
    private var hasAcceptFailed = false
    private var isWaitingForLog = false
    private var nextRefusalNote = 0
    /// The searches that found no connection to close, each with the time until which it is not repeated, in
    /// microseconds on the monotonic clock.
    var fruitlessSearches: [Search: Int] = [:]
    /// The runs of scheduled functions that have not ended, by the descriptions of their triggers.
    private var runs: [String: OneShot] = [:]

    /// Creates a server that already listens. Throws `ServerError` if it can't listen or has no descriptors for its
    /// loop.
    init(
        _ configuration: Configuration, functionsDirectory: String, settings: ServerSettings, log: RunnerLog
    ) throws(ServerError) {
        signal(SIGPIPE, SIG_IGN)
        let loop = try EventLoop()
        self.loop = loop
        self.log = log
        self.settings = settings
        self.functionsDirectory = functionsDirectory
        scheduledFunctions = configuration.functions
        crons = configuration.crons
        let listener = try Listener(configuration.listen)
        address = listener.address
        let second = try settings.metricsAddress.map { address throws(ServerError) in try Listener(address) }
        metricsAddress = second?.address
        entrances = [Entrance(listener, isForPages: false)] + (second.map { [Entrance($0, isForPages: true)] } ?? [])
        let databaseURL = settings.pages == nil ? nil : configuration.variables["DATABASE_URL"]
        store = databaseURL.map { StoreWatch($0, loop: loop, log: log) }
        let budget = Budget(connections: Self.connectionLimit(), trustedProxies: configuration.trustedProxies)
        self.budget = budget
        let folders = TemporaryFolders(stateFolder: settings.stateFolder)
        self.folders = folders
        bodies = BodyStore(budget: budget, folders: folders.onDisk, scratch: loop.bodyScratch, log: log)
        let metrics = metrics
        pools = configuration.functions.map {
            FunctionPool(
                FunctionProgram($0, functionsDirectory: functionsDirectory), loop: loop, log: log, metrics: metrics,
                budget: budget, folders: folders.all)
        }
        router = Router(pools, listen: address, servesAnyPath: settings.servesAnyPath)
        bodies.makeRoom = { [unowned self] resource, amount, body in
            makeRoom(resource, amount, for: body.account) { $0.exchange.body === body }
        }
    }

    /// Serves until SIGTERM or SIGINT. Then lets running requests and scheduled functions finish, and makes `worker`
    /// return its jobs to the queue. A second signal, or the end of the time that the settings allow, ends all requests
    /// and scheduled functions at once. Returns at once if the system can't watch the listening sockets.
    func run(beside worker: JobWorker? = nil) {
        var signals = 0
        loop.onTermination { [weak self] in
            signals += 1
            guard signals == 1 else { return }
            self?.drain()
            worker?.stop()
        }
        loop.afterRound = { [unowned self] in
            for entrance in entrances where entrance.mayAccept { accept(entrance) }
            sweepSoon()
            flushLog()
        }
        guard entrances.allSatisfy({ loop.watch($0.listener.descriptor, $0) != nil }) else { return }
        serviceManager?.tell("READY=1")
        showLife()
        // Logs at once if the database can't be used.
        store?.look { _ in }
        loop.run { signals > 1 || isTimeUp || isDraining && isIdle && worker?.hasEnded ?? true }
        store?.stop()
        (pools + formerPools).forEach { $0.kill() }
        runs.values.forEach { $0.kill() }
        log.finish()
    }

    private var isIdle: Bool {
        connections.isEmpty && runs.isEmpty && pools.allSatisfy(\.isIdle) && formerPools.allSatisfy(\.isIdle)
    }

    /// Lets every process of a function finish its current request, and starts new processes for further requests, for
    /// example after a build.
    func replaceProcesses() { pools.forEach { $0.replaceProcesses() } }

    /// Serves another configuration's functions from now on. Requests that functions already serve, or that wait for
    /// one, still use the earlier configuration. The server's address stays.
    func serve(_ configuration: Configuration) {
        formerPools += pools
        pools.forEach { $0.replaceProcesses() }
        pools = configuration.functions.map {
            FunctionPool(
                FunctionProgram($0, functionsDirectory: functionsDirectory), loop: loop, log: log, metrics: metrics,
                budget: budget, folders: folders.all)
        }
        router = Router(pools, listen: address, servesAnyPath: settings.servesAnyPath)
        scheduledFunctions = configuration.functions
        crons = configuration.crons
        budget.trustedProxies = configuration.trustedProxies
    }

    // MARK: Scheduled functions

    /// Returns true if the last run of a trigger's function has not ended.
    func isRunning(_ trigger: CronTrigger) -> Bool { runs[trigger.description] != nil }

    /// Runs the trigger's function once, with the event that was due at `time`. Logs and counts the run, and calls
    /// `completion` with the response's status: 502 if there is no usable response, 504 if the run exceeded its time
    /// limit. If no function has the trigger's name, only calls `completion`, with 502.
    func fire(_ trigger: CronTrigger, at time: Timestamp, completion: @escaping (_ status: Int) -> Void) {
        guard let function = scheduledFunctions.first(where: { $0.function == trigger.function }) else {
            return completion(RunnerError.functionFailed.status)
        }
        let start = EventLoop.now
        let event = ScheduledEvent(cron: trigger.cron.description, time: time)
        let run = OneShot(loop, metrics)
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
            metrics.noteRun(function.function, status: status)
            if case .failed = outcome { metrics.noteCrash(function.function) }
            log.write(
                .init(
                    line: Array("CRON \(trigger.cron.description)".utf8), status: status,
                    duration: EventLoop.now - start, function: function.function, id: Array(event.id.utf8),
                    client: []), lines: [])
            completion(status)
        }
    }

    // MARK: Connections

    /// Removes a connection that has ended.
    func forget(_ connection: Connection) {
        let index = connection.index
        guard index < connections.count, connections[index] === connection else { return }
        connections.swapAt(index, connections.count - 1)
        connections.removeLast()
        if index < connections.count { connections[index].index = index }
        budget.give(.connections, connection.account)
    }

    private func accept(_ entrance: Entrance) {
        entrance.mayAccept = false
        for _ in 0..<Self.acceptedAtOnce {
            guard entrance.isOpen else { return }
            guard let (descriptor, peer) = entrance.listener.accept() else {
                switch errno {
                case EINTR, ECONNABORTED: continue
                case EAGAIN: return
                case let code: return retryAccept(code, entrance)
                }
            }
            hasAcceptFailed = false
            let account = budget.account(peer.bytes)
            guard hasRoom(for: account) else {
                close(descriptor)
                noteRefusal(peer)
                continue
            }
            let connection = Connection(
                self, descriptor: descriptor, peer: peer.text, account: account, isOnPagesPort: entrance.isForPages)
            guard connection.open() else {
                let code = errno
                budget.give(.connections, account)
                close(descriptor)
                return retryAccept(code, entrance)
            }
            connection.index = connections.count
            connections.append(connection)
        }
        loop.soon(entrance)
    }

    /// Logs that connections are refused, at most once a minute.
    private func noteRefusal(_ peer: PeerAddress) {
        guard loop.round >= nextRefusalNote else { return }
        nextRefusalNote = loop.round + 60_000_000
        log.write("no room for more connections; refused one from \(String(decoding: peer.text, as: UTF8.self))")
    }

    /// Handles a failure to accept a client, usually for lack of descriptors or memory: closes some of the slowest
    /// connections, and tries again after 100 milliseconds. Clients wait until then.
    private func retryAccept(_ code: Int32, _ entrance: Entrance) {
        if !hasAcceptFailed { log.write("accept: \(String(cString: strerror(code))); trying again until it succeeds") }
        hasAcceptFailed = true
        evict(.connections, of: nil) { _ in false }
        loop.after(milliseconds: 100) { entrance.mayAccept = true }
    }

    /// Sets this process's limit on descriptors to the largest allowed number, at most 65,536. Returns the largest
    /// number of connections, at most 16,384, that leaves descriptors for files of bodies and processes of functions.
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
        serviceManager?.tell("STOPPING=1")
        if let seconds = settings.drainSeconds {
            for connection in connections { _ = connection.closeIfIdle() }
            loop.after(milliseconds: seconds * 500) { [weak self] in self?.stopListening() }
            loop.after(milliseconds: seconds * 1_000) { [weak self] in self?.endDraining() }
        } else {
            stopListening()
        }
        guard !isIdle else { return }
        let limit = settings.drainSeconds.map { "in at most \($0) seconds" } ?? "without a limit"
        log.write(
            "finishing running work \(limit) (connections in use: \(connections.count), scheduled functions: "
                + "\(runs.count)); a second signal ends at once")
    }

    private func stopListening() {
        entrances.forEach { $0.close() }
        for connection in connections { _ = connection.closeIfIdle() }
    }

    /// Ends all work that still runs, because the time for it is over.
    private func endDraining() {
        isTimeUp = true
        log.write(
            "the time to finish is over; ending the rest (connections in use: \(connections.count), "
                + "scheduled functions: \(runs.count))", level: .error)
    }

    /// Tells systemd's watchdog that the server is alive, again and again after half of the time after which the
    /// watchdog would act. The loop calls this, so it proves that the loop runs.
    private func showLife() {
        guard let serviceManager, let interval = serviceManager.watchdogInterval else { return }
        serviceManager.tell("WATCHDOG=1")
        loop.after(milliseconds: max(1, interval / 2_000)) { [weak self] in self?.showLife() }
    }

    /// Schedules the next check of time limits, unless it is already scheduled or the server is idle.
    private func sweepSoon() {
        guard !isSweeping, !isIdle else { return }
        isSweeping = true
        let due = loop.round + Self.sweepInterval * 1_000
        loop.after(milliseconds: Self.sweepInterval) { [weak self] in
            guard let self else { return }
            isSweeping = false
            let now = EventLoop.now
            noteDelay(now - due, now)
            guard now >= lenientUntil else { return }
            pools.forEach { $0.checkDeadlines(now) }
            formerPools.forEach { $0.checkDeadlines(now) }
            formerPools.removeAll(where: \.isIdle)
            sweepConnections(now)
        }
    }

    /// Stops enforcing time limits for a while if this process seems to have been suspended, for example because its
    /// container was paused. Clients and functions are not to blame for that delay: the loop must first handle the data
    /// that has arrived, and functions that were suspended too get a part of the time back.
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
    /// The addresses in TRUSTED_PROXIES, of proxies that send the requests of many clients. Text that is no address is
    /// ignored.
    fileprivate var trustedProxies: [IPRange] {
        let text = variables["TRUSTED_PROXIES"]?.reveal { $0 } ?? ""
        return text.split { $0 == "," || $0 == " " }.compactMap { IPRange(String($0)) }
    }
}

extension CronTrigger: CustomStringConvertible {
    /// The expression and the function, which together identify a trigger.
    var description: String { "\(cron) \(function)" }
}
