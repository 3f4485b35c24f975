import CSystem
import Glibc

/// A forked child process, and the pipe that the child writes to. The pipe's end of file means that the child has
/// ended, since it keeps its end open until then.
struct ChildProcess {
    /// The child could not be forked. `code` is an errno.
    struct NotStarted: Error, CustomStringConvertible {
        let code: Int32

        var description: String { "a process can't be started: \(String(cString: strerror(code)))" }
    }

    /// The exit status of a child whose work threw an error, or whose parent had ended before it could begin.
    static let failure: Int32 = 1

    let id: pid_t
    /// The end of the pipe that this process reads.
    let pipe: Int32

    /// Forks a child. The child calls `body` with its end of the pipe, and exits with the status that `body` returns.
    /// The child is killed when this process ends, and ignores SIGTERM and SIGINT, because this process decides when
    /// the child ends.
    ///
    /// No database connection and no libcurl handle may be open in this process, because parent and child would both
    /// write to the same connection.
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

    /// Kills the child with SIGKILL.
    func kill() { Glibc.kill(id, SIGKILL) }

    /// Returns bytes that the child has written, waiting for some if necessary. Returns nil at the end of file, or if
    /// reading fails.
    func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = Glibc.read(pipe, &buffer, buffer.count)
            if count > 0 { return Array(buffer.prefix(count)) }
            if count == 0 || errno != EINTR { return nil }
        }
    }

    /// Waits for the child's end. Returns its exit status, or 128 plus the number of the signal that ended it.
    func reap() -> Int32 {
        close(pipe)
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        return csystem_exit_status(status)
    }

    /// Writes a line to the pipe. A line is short enough for a single write, and the parent reads the pipe until its
    /// end.
    static func write(_ line: String, to pipe: Int32) {
        let bytes = Array((line + "\n").utf8)
        _ = Glibc.write(pipe, bytes, bytes.count)
    }
}
