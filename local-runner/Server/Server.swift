import Base
import CSystem
import Glibc

/// The HTTP server: listens from `init` on, serves in `run`.
final class Server: EventHandler {
    /// Clients at once; more wait in the system's queue.
    static let maximumConnections = 1024
    /// How often time limits are looked at, in milliseconds.
    private static let sweepInterval = 50

    /// The loop that everything runs on; its timers serve the cron triggers too.
    let loop: EventLoop
    /// Where it listens, with the port that the system picked.
    let address: ListenAddress
    let crons: [CronTrigger]
    let log: RunnerLog
    let router: Router
    var requestIDs = RequestIDs()
    var date = HTTPDate()
    /// Whether it finishes what it serves and takes nothing new.
    private(set) var isDraining = false

    private let functions: [FunctionConfiguration]
    private let functionsDirectory: String
    private let listener: Listener
    private let pools: [FunctionPool]
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var canAccept = true
    private var isSweeping = false

    /// Binds and listens. Throws `ServerError` when it can't.
    init(_ configuration: Configuration, functionsDirectory: String, log: RunnerLog) throws(ServerError) {
        Self.raiseDescriptorLimit()
        signal(SIGPIPE, SIG_IGN)
        let loop = try EventLoop()
        self.loop = loop
        self.log = log
        self.functionsDirectory = functionsDirectory
        functions = configuration.functions
        crons = configuration.crons
        listener = try Listener(configuration.listen)
        address = listener.address
        pools = configuration.functions.map {
            FunctionPool(FunctionProgram($0, functionsDirectory: functionsDirectory), loop: loop, log: log)
        }
        router = Router(pools, listen: address)
    }

    /// Serves until SIGTERM or SIGINT, then lets requests in flight finish. A second signal ends it at once.
    func run() {
        var signals = 0
        loop.onTermination { [weak self] in
            signals += 1
            if signals == 1 { self?.drain() }
        }
        loop.afterRound = { [unowned self] in
            accept()
            sweepSoon()
            log.flush()
        }
        guard loop.watch(listener.descriptor, self) != nil else { return }
        loop.run { signals > 1 || isDraining && connections.isEmpty && pools.allSatisfy(\.isIdle) }
        pools.forEach { $0.kill() }
        log.flush()
    }

    /// Lets every process of a function finish what it serves and starts new ones for what comes next, such
    /// as after a build.
    func replaceProcesses() { pools.forEach { $0.replaceProcesses() } }

    /// Runs the trigger's function once with an event that was due at `time`; `completion` gets the response's
    /// status (502 and 504 as for HTTP).
    func fire(_ trigger: CronTrigger, at time: Timestamp, completion: @escaping (_ status: Int) -> Void) {
        guard let function = functions.first(where: { $0.function == trigger.function }) else {
            return completion(RunnerError.functionFailed.status)
        }
        let start = EventLoop.now
        let event = ScheduledEvent(cron: trigger.cron.description, time: time)
        OneShot.start(
            function, event: event.bytes, functionsDirectory: functionsDirectory, loop: loop, log: log
        ) { [log] outcome in
            let status = outcome.status
            log.write(
                .init(
                    line: Array("CRON \(trigger.cron.description)".utf8), status: status,
                    duration: EventLoop.now - start, function: function.function, id: Array(event.id.utf8)),
                lines: [])
            completion(status)
        }
    }

    func handle(_ readiness: Readiness) { canAccept = true }

    /// A connection has ended.
    func forget(_ connection: Connection) { connections[ObjectIdentifier(connection)] = nil }

    private func accept() {
        while canAccept, !isDraining, connections.count < Self.maximumConnections {
            guard let (descriptor, peer) = listener.accept() else {
                let code = errno
                if code == EINTR || code == ECONNABORTED { continue }
                canAccept = false
                if code != EAGAIN { retryAccept(code) }
                return
            }
            let connection = Connection(self, descriptor: descriptor, peer: peer)
            guard connection.open() else {
                close(descriptor)
                return
            }
            connections[ObjectIdentifier(connection)] = connection
        }
    }

    /// No descriptors are left, or no memory: clients wait until there are some.
    private func retryAccept(_ code: Int32) {
        log.write("accept: \(String(cString: strerror(code))); trying again")
        loop.after(milliseconds: 100) { [weak self] in self?.canAccept = true }
    }

    private func drain() {
        isDraining = true
        close(listener.descriptor)
        for connection in connections.values { _ = connection.closeIfIdle() }
    }

    /// Looks at all time limits now and then, while there is anything that has one.
    private func sweepSoon() {
        guard !isSweeping, !connections.isEmpty || !pools.allSatisfy(\.isIdle) else { return }
        isSweeping = true
        loop.after(milliseconds: Self.sweepInterval) { [weak self] in
            guard let self else { return }
            isSweeping = false
            let now = EventLoop.now
            pools.forEach { $0.checkDeadlines(now) }
            for connection in Array(connections.values) { connection.checkDeadline(now) }
        }
    }

    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
