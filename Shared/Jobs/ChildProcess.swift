import CSystem
import Glibc

/// A process that this one has forked, and the pipe that it writes to. The end of the pipe is the end of the process.
struct ChildProcess {
    /// The process could not be made; `code` is an errno.
    struct NotStarted: Error {
        let code: Int32
    }

    /// The exit status of a child whose work threw an error.
    static let failure: Int32 = 1

    let id: pid_t
    /// The end of the pipe that is read from.
    let pipe: Int32

    /// Forks. The child runs `body` with its end of the pipe and ends with the status that `body` returns. It dies with this
    /// process, and leaves SIGTERM and SIGINT to it.
    ///
    /// No connection to a database and no libcurl handle may be open: parent and child would both write to it.
    init(memoryBytes: UInt64?, _ body: (_ pipe: Int32) -> Int32) throws(NotStarted) {
        var ends: [Int32] = [-1, -1]
        guard csystem_pipe(&ends) == 0 else { throw NotStarted(code: errno) }
        let parent = getpid()
        let child = csystem_fork()
        if child == 0 {
            csystem_leave_signals_to_parent()
            guard csystem_die_with_parent(parent) == 0 else { _exit(Self.failure) }
            close(ends[0])
            csystem_be_first_out_of_memory()
            if let memoryBytes { csystem_limit_memory(memoryBytes) }
            _exit(body(ends[1]))
        }
        let code = errno
        close(ends[1])
        guard child > 0 else {
            close(ends[0])
            throw NotStarted(code: code)
        }
        id = child
        pipe = ends[0]
    }

    /// Ends the process at once.
    func kill() { Glibc.kill(id, SIGKILL) }

    /// Reads what has come through the pipe, waiting if nothing has; nil at its end.
    func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = Glibc.read(pipe, &buffer, buffer.count)
            if count > 0 { return Array(buffer.prefix(count)) }
            if count == 0 || errno != EINTR { return nil }
        }
    }

    /// Waits for the end of the process, and returns its exit status, or 128 and the number of the signal that ended it.
    func reap() -> Int32 {
        close(pipe)
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        return csystem_exit_status(status)
    }

    /// Writes a line to the pipe. A line is short enough to be written at once, and the parent reads until the end.
    static func write(_ line: String, to pipe: Int32) {
        let bytes = Array((line + "\n").utf8)
        _ = Glibc.write(pipe, bytes, bytes.count)
    }
}
