import Base
import CSystem
import Glibc

/// A FastCGI responder (FastCGI Specification 1.0) on the listening socket that is descriptor 0.
///
/// With FUNCTION_DISPATCH=isolated the process is a template: it warms up once, and forks a child for each
/// connection, which serves one request and ends, so that no request sees what another left in memory. Otherwise it
/// serves one connection after another itself, and closes one that brings no request when another waits.
struct FastCGIServer<S: Service> {
    /// A web server sends its request as soon as it has connected. So many milliseconds are more than it needs for that.
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

    /// Serves the requests of one connection. The result is the connection that takes the place of one that brings no request: a
    /// web server may keep a connection without end, and open another while every process holds one.
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
                // A request may have come at the same moment, and is served first.
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

/// The runner's end of a template: told of each fork and of each child's end over descriptor 3, as two native 32-bit
/// integers, a process id and an exit status, or -1 for a fork. Forks are told in the order of their connections.
private struct Supervisor {
    /// Nil when the process was started by another server, which knows nothing of templates.
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
            // When the runner has gone, so will this process be in a moment.
            _ = try? control?.write(message)
        }
    }
}
