import CSystem
import Glibc

/// A running process of a function: its end, and its lines on standard error.
final class FunctionProcess {
    /// Why a process did not start: the errno, and what failed with it.
    struct NotStarted: Error {
        let code: Int32
        /// A sentence of its own; the errno's text if there is none.
        var reason: String?

        var description: String {
            let text = String(cString: strerror(code))
            guard let reason else { return text }
            return reason.contains(text) ? reason : "\(reason): \(text)"
        }
    }

    let id: pid_t
    /// Set when the process has ended: 128 and the signal's number when a signal ended it.
    private(set) var exitStatus: Int32?

    private let errors: PipeReader
    private let lines: LineSplitter

    /// Starts a process with these descriptors for 0 and 1, standard error to the log, and `more` from 3 on.
    /// The descriptors remain the caller's. `find` gives the client that a line belongs to, if it still waits.
    init(
        _ program: FunctionProgram, input: Int32, output: Int32, more: [Int32] = [], variables: [String] = [],
        loop: EventLoop, log: RunnerLog, findClient: @escaping ([UInt8]) -> Connection? = { _ in nil },
        onExit: @escaping (Int32) -> Void
    ) throws(NotStarted) {
        var ends: [Int32] = [-1, -1]
        guard csystem_pipe(&ends) == 0 else { throw NotStarted(code: errno, reason: "no pipe") }
        csystem_set_nonblocking(ends[0])
        id = program.start(descriptors: [input, output, ends[1]] + more, variables: variables)
        close(ends[1])
        guard id > 0 else {
            close(ends[0])
            throw NotStarted(code: -id)
        }
        let name = program.function.function
        let lines = LineSplitter { line in
            if let client = findClient(line), client.exchange.addLine(line) { return }
            log.write(line, function: name)
        }
        self.lines = lines
        // A line costs far more than its bytes, and many processes may write at once.
        errors = PipeReader(
            ends[0], loop: loop, memory: loop.logScratch, bytesAtOnce: 16 << 10,
            onBytes: {
                lines.split($0)
                return true
            }, onEnd: lines.finish)
        loop.whenEnded(id) { [self] status in
            exitStatus = status
            onExit(status)
        }
    }

    /// Takes the lines that the process has written by now: those about a request belong under it in the log.
    func readLines() { errors.readAhead() }

    /// Takes also what a process that has ended, or one that it has forked, has left without a line break.
    func readLastLine() {
        errors.readAhead()
        lines.finish()
    }

    /// Ends the process and those that it has forked.
    func kill() {
        if exitStatus == nil { Glibc.kill(-id, SIGKILL) }
    }

    /// Asks the process to end; it is killed when it does not.
    func terminate(_ loop: EventLoop) {
        guard exitStatus == nil else { return }
        Glibc.kill(id, SIGTERM)
        loop.after(milliseconds: 2_000) { self.kill() }
    }
}
