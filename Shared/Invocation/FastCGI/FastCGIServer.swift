import Base
import CSystem
import Glibc

/// A FastCGI responder (FastCGI Specification 1.0) on the listening socket that is descriptor 0.
///
/// With FUNCTION_DISPATCH=isolated the process is a template: it warms up once, and forks a child for each
/// connection, which serves one request and ends, so that no request sees what another left in memory. Otherwise it
/// serves one connection after another itself.
struct FastCGIServer<S: Service> {
    private let service: S
    private let environment: Environment

    init(_ service: S, _ environment: Environment) {
        self.service = service
        self.environment = environment
    }

    func run() -> Int32 {
        csystem_catch_signals()
        let isTemplate = environment["FUNCTION_DISPATCH"] == "isolated"
        if isTemplate {
            service.warmUp()
            csystem_settle_heap(1 << 20)
            csystem_use_large_pages()
        }
        let supervisor = Supervisor()
        while csystem_is_terminating() == 0 {
            let isReady = csystem_wait_for_connection(STDIN_FILENO) != 0
            if isTemplate { supervisor.reportEndedChildren() }
            guard isReady else { continue }
            let connection = Descriptor(number: accept(STDIN_FILENO, nil, nil))
            guard connection.number >= 0 else { continue }
            if isTemplate {
                fork(serving: connection, supervisor)
            } else {
                serve(connection)
            }
            connection.close()
        }
        return 0
    }

    private func serve(_ connection: Descriptor) {
        let connection = FastCGIConnection(connection, service, environment)
        while csystem_is_terminating() == 0, connection.serveRequest() == .keepConnection {}
    }

    private func fork(serving connection: Descriptor, _ supervisor: Supervisor) {
        let template = getpid()
        let child = csystem_fork()
        guard child == 0 else { return supervisor.reportFork(child) }
        csystem_populate_heap(192 << 10)
        csystem_release_signals()
        guard csystem_die_with_parent(template) == 0 else { _exit(1) }
        supervisor.leaveToParent()
        _ = FastCGIConnection(connection, service, environment).serveRequest()
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
