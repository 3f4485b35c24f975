import Base

/// Puts a changed configuration, or changed values in .dev.vars, into service while the server runs. The address and
/// the database stay.
final class Reload {
    private var running: Configuration
    private let folder: String
    private let server: Server
    private let scheduler: Scheduler
    private let worker: JobWorker?
    private let log: RunnerLog
    private let read: () throws -> Configuration
    private let prepare: (Configuration) throws -> Void

    /// - Parameters:
    ///   - running: The configuration that is in service.
    ///   - folder: The folder of the functions' executables.
    ///   - read: Reads the configuration.
    ///   - prepare: Issues new session tokens, signed with the secret of a configuration.
    init(
        running: Configuration, in folder: String, server: Server, scheduler: Scheduler, worker: JobWorker?,
        log: RunnerLog, read: @escaping () throws -> Configuration, prepare: @escaping (Configuration) throws -> Void
    ) {
        self.running = running
        self.folder = folder
        self.server = server
        self.scheduler = scheduler
        self.worker = worker
        self.log = log
        self.read = read
        self.prepare = prepare
    }

    /// Reads the configuration and serves it. Returns its functions. If the configuration has problems, the log names
    /// them, the previous configuration stays in service, and the result is nil.
    func callAsFunction() -> [FunctionConfiguration]? {
        do {
            var next = try read()
            try Verb.checkBuilt(next.functions, in: folder)
            let url = running.databaseURL
            if next.databaseURL.reveal({ $0 }) != url.reveal({ $0 }) {
                log.write("DATABASE_URL has changed; that takes effect when the runner is started again")
                next.set("DATABASE_URL", to: url)
            }
            try prepare(next)
            try worker?.replace(next)
            server.serve(next)
            scheduler.replace(next.crons)
            for warning in next.warnings where !running.warnings.contains(warning) {
                log.write("\(warning).", level: .warning)
            }
            running = next
            log.write("the changed configuration is in service", level: .info)
            return next.functions
        } catch {
            log.write("the configuration stays as it was: \(error)", level: .error)
            return nil
        }
    }
}
