import Glibc

/// The standard streams, written at once: scripts that read them through a pipe wait for lines.
enum Terminal {
    /// Writes a line to standard output.
    static func say(_ line: String = "") { _ = File.write(STDOUT_FILENO, Array("\(line)\n".utf8)[...]) }

    /// Writes a line to standard error.
    static func complain(_ line: String) { _ = File.write(STDERR_FILENO, Array("\(line)\n".utf8)[...]) }
}
