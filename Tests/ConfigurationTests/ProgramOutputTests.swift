import Glibc
import Testing

@testable import local_runner

/// The output of programs that `local-runner check` runs.
@Suite struct ProgramOutputTests {
    private func run(_ script: String, patience: Int32) throws -> (status: Int32, text: String) {
        try #require(ProgramOutput.of("/bin/sh", ["-c", script], patience: patience))
    }

    @Test("A program's output and status are returned, also if it closes its output some time before its end")
    func output() throws {
        let plain = try run("echo one; exit 3", patience: 60_000)
        #expect(plain.status == 3 && plain.text == "one\n")
        let slow = try run("echo one; exec 1>&-; /bin/sleep 0.2; exit 4", patience: 60_000)
        #expect(slow.status == 4 && slow.text == "one\n")
    }

    @Test(
        "A program that prints nothing, or that closes its output and continues, is killed",
        arguments: ["", "exec 1>&-"])
    func patience(_ first: String) throws {
        let start = ContinuousClock.now
        let outcome = try run("echo one; \(first)\nexec /bin/sleep 600", patience: 200)
        #expect(outcome.status == 128 + SIGKILL && outcome.text == "one\n")
        #expect(ContinuousClock.now - start < .seconds(300))
    }
}
