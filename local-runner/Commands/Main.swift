import Base
import CSystem
import Glibc

/// The main program: finds the verb and runs it. Exit status 0 means success, 1 a failure, 2 a command line that can't
/// be understood. For `invoke`, a response with a status from 500 on is a failure too.
@main
struct Main {
    static let verbs: [Verb] = [
        Verb.dev, Verb.serve, Verb.work, Verb.tail, Verb.invoke, Verb.mcp, Verb.token, Verb.routes, Verb.openAPI,
        Verb.migrate,
        Verb.seed,
        Verb.jobs,
        Verb.workspaceCreate, Verb.workspaceList, Verb.workspaceShow, Verb.workspaceSet, Verb.workspaceDelete,
        Verb.memberAdd, Verb.memberList, Verb.memberRole, Verb.memberRemove, Verb.keyCreate, Verb.keyList,
        Verb.keyRevoke, Verb.sessionRevoke, Verb.ruleSet, Verb.ruleList, Verb.integrationList, Verb.integrationShow,
        Verb.actionList,
        Verb.credentialsReseal, Verb.check, Verb.backup, Verb.restore, Verb.copyStore, Verb.package,
        Verb.auditVerify, Verb.completion,
    ]

    static func main() {
        csystem_open_standard_descriptors()
        // With SIGXFSZ ignored, a write beyond the file size limit (RLIMIT_FSIZE) returns an error instead of ending
        // the process.
        signal(SIGXFSZ, SIG_IGN)
        exit(run(Array(ProgramArguments.all.dropFirst())))
    }

    /// Runs the command line `words`, which does not include the program's name, and returns the exit status.
    static func run(_ words: [String]) -> Int32 {
        guard let name = words.first else { return fail(help, status: 2) }
        do {
            if ["--help", "-h", "help"].contains(name) {
                let rest = Array(words.dropFirst())
                try Terminal.say(try rest.isEmpty ? help : VerbTable.find(rest, among: verbs).help)
                return 0
            }
            if name == "--version" {
                try Terminal.say(Components.lines.joined(separator: "\n"))
                return 0
            }
            let found = try VerbTable.find(words, among: verbs)
            if found.rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
                try Terminal.say(found.help)
                return 0
            }
            guard case .verb(let verb, let rest) = found else { return fail(found.help, status: 2) }
            return run(verb, rest)
        } catch let error as UsageError {
            return fail("local-runner\(error)", status: 2)
        } catch {
            return fail("local-runner: \(error)", status: 1)
        }
    }

    private static func run(_ verb: Verb, _ rest: [String]) -> Int32 {
        do {
            let arguments = try Arguments(rest, options: verb.options)
            if verb.operands.isEmpty, let extra = arguments.operands.first {
                throw UsageError("\"\(extra)\" is an unexpected argument")
            }
            return try verb.run(arguments)
        } catch let error as UsageError {
            let text = error.description.hasSuffix(".") ? String(error.description.dropLast()) : error.description
            return fail("local-runner \(verb.name): \(text); see local-runner \(verb.name) --help", status: 2)
        } catch {
            return fail("local-runner \(verb.name): \(error)", status: 1)
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
        Terminal.printError(message)
        return status
    }
}
