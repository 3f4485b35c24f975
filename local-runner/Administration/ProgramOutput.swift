import CSystem
import Glibc

/// Runs a program and returns its output. A program that prints nothing for five seconds is killed, and so is one that
/// has closed its output and does not end within five seconds.
enum ProgramOutput {
    /// Runs a program without variables and without input. Returns its exit status and the standard output that it has
    /// printed until its end or until it was killed. Returns nil if it does not start.
    ///
    /// - Parameter patience: The time in milliseconds after which a program that prints nothing, or does not end, is
    ///   killed.
    static func of(
        _ path: String, _ arguments: [String], patience: Int32 = 5_000
    ) -> (status: Int32, text: String)? {
        var ends: [Int32] = [-1, -1]
        guard csystem_pipe(&ends) == 0, let readEnd = ends.first, let writeEnd = ends.last else { return nil }
        let process = spawn(path, arguments, output: writeEnd)
        close(writeEnd)
        defer { close(readEnd) }
        guard process > 0 else { return nil }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        var hasEnded = false
        while !hasEnded, csystem_wait_for_input(readEnd, patience) == 1 {
            let count = read(readEnd, &chunk, chunk.count)
            hasEnded = count <= 0
            if count > 0 { bytes += chunk.prefix(count) }
        }
        var status: Int32 = 0
        if !hasEnded || !hasExited(process, &status, within: .milliseconds(patience)) {
            kill(process, SIGKILL)
            while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        }
        return (csystem_exit_status(status), String(decoding: bytes, as: UTF8.self))
    }

    /// Waits for the end of a program that has closed its output, which usually follows at once. Returns false if it has
    /// not ended within `patience`.
    private static func hasExited(_ process: pid_t, _ status: inout Int32, within patience: Duration) -> Bool {
        let end = ContinuousClock.now + patience
        repeat {
            if waitpid(process, &status, WNOHANG) == process { return true }
            usleep(1_000)
        } while ContinuousClock.now < end
        return false
    }

    private static func spawn(_ path: String, _ arguments: [String], output: Int32) -> pid_t {
        var texts: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil, nil]
        defer { texts.forEach { free($0) } }
        return texts.withUnsafeMutableBufferPointer { texts in
            [-1, output, -1].withUnsafeBufferPointer { descriptors in
                guard let list = texts.baseAddress else { return -EINVAL }
                var how = csystem_spawn()
                how.path = UnsafePointer(list.pointee)
                how.arguments = UnsafePointer(list)
                how.environment = UnsafePointer(list + arguments.count + 2)
                how.descriptors = descriptors.baseAddress
                how.descriptor_count = Int32(clamping: descriptors.count)
                return csystem_spawn(&how)
            }
        }
    }
}
