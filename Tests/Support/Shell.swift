import Foundation

/// Bash, for what a test does with the programs of this machine.
public enum Shell {
    /// Runs a script; the result is what it says on standard output. `$1`, `$2` … are `arguments`. Throws if it fails, or takes
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
