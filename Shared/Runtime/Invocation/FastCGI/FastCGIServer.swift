import Base
import CSystem
import Glibc

// The template process: how requests are isolated from each other without the cost of a cold start.
//
// Problem. A request must not see anything that an earlier request left in memory. A new process for each request
// guarantees that, but most of its time would be spent on starting: setting up the Swift runtime and SQLite, and
// loading the database's schema.
//
// Approach. With FUNCTION_DISPATCH=isolated this process is a template. It warms up once: it answers one request for
// each method on a database in memory (`Service.warmUp`), loads the schema of the real database (csqlite_template.h),
// and arranges its heap and code for forking (`csystem_settle_heap`, `csystem_use_large_pages`). Then it accepts
// connections and forks a child for each. The child serves one request, and exits. All that the template has prepared
// is in the child's memory already, and the kernel copies only pages that the child or the template writes.
//
// Pairing. The runner must know which child serves which connection, for example to kill it after a timeout. The
// template reports over descriptor 3 each fork, and each end of a child with its exit status. It accepts connections in
// the order in which they were made, and reports exactly one fork for each connection from the runner, even if the fork
// fails. So the runner pairs the n-th report of a fork with the n-th connection that it has made.
//
// Why it is safe. The template has only one thread, so a fork can't copy a lock that another thread holds. When it
// forks, it has no open database file, no connection to a server, and nothing of any request: the warm-up uses a
// database and an API key of its own, which are gone before the first fork. A child closes descriptor 3 and is killed
// when the template ends (`csystem_die_with_parent`).
//
// Costs. A fork for each request, and page faults for the memory that a child writes.

/// A FastCGI responder (FastCGI Specification 1.0) on the listening socket that is descriptor 0.
///
/// With FUNCTION_DISPATCH=isolated it is a template, which forks a child for each connection. Otherwise it serves one
/// connection after the other itself. If a connection is idle and another one waits, the idle one is closed.
struct FastCGIServer<S: Service> {
    /// The time in milliseconds that a new connection has to send a request before another connection may take its
    /// place.
    private static var patience: Int32 { 1_000 }

    private let service: S
    private let environment: Environment

    init(_ service: S, _ environment: Environment) {
        self.service = service
        self.environment = environment
    }

    func run() -> Int32 {
        let listener: FastCGIListener
        do {
            listener = try FastCGIListener(environment)
        } catch {
            Log().write(.error, "FastCGI can't be served: \(error)")
            return 1
        }
        csystem_catch_signals()
        let isTemplate = environment["FUNCTION_DISPATCH"] == "isolated"
        if isTemplate {
            service.warmUp()
            FastCGIConnection.warmUp(service, environment)
            csystem_settle_heap(1 << 20)
            csystem_use_large_pages()
        }
        let supervisor = Supervisor()
        while csystem_is_terminating() == 0 {
            let isReady = csystem_wait_for_connection(STDIN_FILENO, -1) != 0
            if isTemplate { supervisor.reportEndedChildren() }
            guard isReady, let connection = listener.accept() else { continue }
            if isTemplate {
                fork(serving: connection, supervisor)
                connection.close()
            } else {
                var next: Descriptor? = connection
                while let connection = next {
                    next = serve(connection, listener)
                    connection.close()
                }
            }
        }
        return 0
    }

    /// Serves the requests of one connection, which the caller then closes. If the connection is idle and another one
    /// arrives, returns that one; otherwise nil. A web server may keep idle connections forever, and open another one
    /// while every process holds one of them.
    private func serve(_ descriptor: Descriptor, _ listener: FastCGIListener) -> Descriptor? {
        let connection = FastCGIConnection(descriptor, service, environment)
        var isReady = descriptor.isReadable(within: Self.patience)
        while csystem_is_terminating() == 0 {
            if isReady, connection.serveRequest() == .closeConnection { return nil }
            isReady = connection.hasBufferedInput
            while !isReady {
                let ready = csystem_wait_for_connection(STDIN_FILENO, descriptor.number)
                guard csystem_is_terminating() == 0 else { return nil }
                isReady = ready & Int32(CSYSTEM_CONNECTION_READY) != 0
                guard !isReady, ready != 0, let other = listener.accept() else { continue }
                // This connection may have received a request when the other one arrived. The request is served first.
                if descriptor.isReadable() { _ = connection.serveRequest() }
                return other
            }
        }
        return nil
    }

    private func fork(serving connection: Descriptor, _ supervisor: Supervisor) {
        let template = getpid()
        let child = csystem_fork()
        guard child == 0 else { return supervisor.reportFork(child) }
        csystem_populate_heap(192 << 10)
        csystem_release_signals()
        guard csystem_die_with_parent(template) == 0 else { _exit(1) }
        supervisor.leaveToParent()
        let connection = FastCGIConnection(connection, service, environment)
        while connection.serveRequest() == .awaitRequest {}
        _exit(0)
    }
}

/// The template's connection to the runner. It reports each fork and each child's end over descriptor 3, as two native
/// 32-bit integers: a process id (-1 if the fork failed), and an exit status or, for a fork, -1. Forks are reported in
/// the order of their connections.
private struct Supervisor {
    /// Nil if descriptor 3 is not open: the process was not started by the runner, and no program reads reports.
    private let control: Descriptor?

    init() {
        var status = stat()
        control = fstat(3, &status) == 0 ? Descriptor(number: 3) : nil
    }

    func reportFork(_ child: pid_t) { report(child, -1) }

    func reportEndedChildren() {
        var status: Int32 = 0
        while true {
            let child = waitpid(-1, &status, WNOHANG)
            guard child > 0 else { return }
            report(child, csystem_exit_status(status))
        }
    }

    func leaveToParent() {
        control?.close()
    }

    private func report(_ child: pid_t, _ status: Int32) {
        withUnsafeBytes(of: (child, status)) { message in
            // If writing fails, the runner has ended, and no program needs the report.
            _ = try? control?.write(message)
        }
    }
}
