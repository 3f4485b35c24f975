import CSystem
import Glibc

/// A process of a function: its exit status, and its lines on standard error.
final class FunctionProcess {
    /// The reason why a process did not start: an errno, and the operation that failed.
    struct NotStarted: Error {
        let code: Int32
        /// The operation that failed; nil if the errno's text says enough.
        var reason: String?

        var description: String {
            let text = String(cString: strerror(code))
            guard let reason else { return text }
            return reason.contains(text) ? reason : "\(reason): \(text)"
        }
    }

    let id: pid_t
    /// The exit status, once the process has ended; 128 plus the signal's number if a signal ended it.
    private(set) var exitStatus: Int32?

    private let errors: PipeReader
    private let lines: LineSplitter

    /// Starts a process with the descriptors `input` and `output` as 0 and 1, and `more` from 3 on. The lines of its
    /// standard error go to the log, or to the request of the client that `findClient` returns for a line. The caller
    /// keeps its own descriptors.
    init(
        _ program: FunctionProgram, input: Int32, output: Int32, more: [Int32] = [], variables: [String] = [],
        loop: EventLoop, log: RunnerLog, metrics: Metrics?,
        findClient: @escaping ([UInt8]) -> Connection? = { _ in nil },
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
        metrics?.noteStart(name)
        let lines = LineSplitter { line in
            metrics?.note(line: line)
            if let client = findClient(line), client.exchange.addLine(line) { return }
            log.write(line, function: name)
        }
        self.lines = lines
        // Reads little at a time, since handling a line costs much more than its bytes, and many processes may write at
        // once.
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

    /// Reads lines that the process has written so far, at most 64 KiB, so that the log shows them below their request.
    func readLines() { errors.readAhead() }

    /// Reads the rest, at most 64 KiB and including a last line without a line break, of a process that has ended.
    func readLastLine() {
        errors.readAhead()
        lines.finish()
    }

    /// Kills the process, unless it has ended, and the processes that it has forked in its process group.
    func kill() {
        if exitStatus == nil { Glibc.kill(-id, SIGKILL) }
    }

    /// Asks the process to exit, and kills it if it has not done so after two seconds.
    func terminate(_ loop: EventLoop) {
        guard exitStatus == nil else { return }
        Glibc.kill(id, SIGTERM)
        loop.after(milliseconds: 2_000) { self.kill() }
    }
}
