import Foundation

/// Runs scripts with Bash.
public enum Shell {
    /// Runs a script; returns its standard output. `$1`, `$2` … are `arguments`. Throws if the script fails, or takes
    /// longer than `seconds`.
    @discardableResult
    public static func run(_ script: String, _ arguments: [String] = [], seconds: Double = 60) throws -> String {
        let program = try PipedProgram(
            "/bin/bash", arguments: ["-euo", "pipefail", "-c", script, "bash"] + arguments,
            environment: ProcessInfo.processInfo.environment, seconds: seconds)
        try program.finishOutput()
        let status = try program.waitForEnd()
        guard status == 0 else {
            throw Program.Failure(
                description: "status \(status): " + String(decoding: program.errors + program.output, as: UTF8.self))
        }
        return String(decoding: program.output, as: UTF8.self)
    }
}
