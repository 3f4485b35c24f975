import Base
import CSystem
import Glibc

/// The main program: finds the verb and runs it. Exit status 0 means success, 1 a failure, 2 a command line that can't
/// be understood. `invoke` has its own.
@main
struct Main {
    static let verbs = [
        Verb.dev, Verb.work, Verb.invoke, Verb.token, Verb.routes, Verb.migrate, Verb.seed, Verb.jobs, Verb.copyStore,
        Verb.auditVerify,
    ]

    static func main() {
        csystem_open_standard_descriptors()
        // With SIGXFSZ ignored, a write beyond the file size limit (RLIMIT_FSIZE) returns an error instead of ending
        // the process.
        signal(SIGXFSZ, SIG_IGN)
        exit(run(Array(ProgramArguments.all.dropFirst())))
    }

    /// Runs the command line `words` and returns the exit status.
    static func run(_ words: [String]) -> Int32 {
        guard let name = words.first else { return fail(help, status: 2) }
        if ["--help", "-h", "help"].contains(name) {
            guard let verb = verbs.first(where: { $0.name == words.dropFirst().first }) else {
                Terminal.say(help)
                return 0
            }
            Terminal.say(verb.help)
            return 0
        }
        if name == "--version" {
            Terminal.say(Components.lines.joined(separator: "\n"))
            return 0
        }
        guard let verb = verbs.first(where: { $0.name == name }) else {
            let kind = name.hasPrefix("-") ? "option" : "verb"
            let known = kind == "verb" ? verbs.map(\.name) : ["--help", "--version"]
            return fail(
                "local-runner: unknown \(kind) \(name); \(NearestWord.advice(name, known))", status: 2)
        }
        let rest = Array(words.dropFirst())
        if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
            Terminal.say(verb.help)
            return 0
        }
        do {
            let arguments = try Arguments(rest, options: verb.options)
            if verb.operands.isEmpty, let extra = arguments.operands.first {
                throw UsageError("\"\(extra)\" is an unexpected argument")
            }
            return try verb.run(arguments)
        } catch let error as UsageError {
            return fail("local-runner \(name): \(error); see local-runner \(name) --help", status: 2)
        } catch {
            return fail("local-runner \(name): \(error)", status: 1)
        }
    }

    private static var help: String {
        """
        Usage: local-runner VERB [options]

        Runs the functions of wrangler-like.json on this machine.

        Verbs:
        \(Verb.table(verbs.map { (($0.name + " " + $0.operands), $0.summary) }))

        local-runner VERB --help describes one verb. local-runner --version lists the libraries that this program
        contains.
        """
    }

    private static func fail(_ message: String, status: Int32) -> Int32 {
        Terminal.complain(message)
        return status
    }
}
