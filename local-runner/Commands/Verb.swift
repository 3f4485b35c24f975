/// A verb of the command line, with its options, its help text and its code.
struct Verb: Sendable {
    let name: String
    /// The placeholder of the operands in the help text, such as `FUNCTION`.
    let operands: String
    let summary: String
    /// More sentences for the verb's own help text.
    let details: String
    let options: [Option]
    /// Runs the verb and returns the exit status.
    let run: @Sendable (Arguments) throws -> Int32

    init(
        _ name: String, operands: String = "", _ summary: String, details: String = "", options: [Option],
        run: @escaping @Sendable (Arguments) throws -> Int32
    ) {
        self.name = name
        self.operands = operands
        self.summary = summary
        self.details = details
        self.options = options
        self.run = run
    }

    /// The output of `local-runner VERB --help`.
    var help: String {
        let usage = ["Usage: local-runner", name, operands, "[options]"].filter { !$0.isEmpty }
        let rows = (options + [Option("--help", nil, "print this text")]).map {
            ($0.form, $0.help + ($0.isRequired ? "; required" : ""))
        }
        let parts = [usage.joined(separator: " "), summary + (details.isEmpty ? "" : "\n\n" + details)]
        return (parts + ["Options:\n" + Self.table(rows)]).joined(separator: "\n\n")
    }

    /// Returns a line for each row, with the second column aligned.
    static func table(_ rows: [(String, String)]) -> String {
        let width = rows.reduce(0) { max($0, $1.0.count) }
        return rows.map { "  \($0.0)\(String(repeating: " ", count: width - $0.0.count))  \($0.1)" }
            .joined(separator: "\n")
    }
}

extension Option {
    /// The options of verbs that read the configuration. Some of these verbs leave options out.
    static let configuration = [
        Option("--config", "FILE", "the configuration file; default: wrangler-like.json in this folder or above"),
        Option("--env", "NAME", "the environment, an entry of \"env\" in the configuration"),
        Option(
            "--persist-to", "DIR", "the folder for local state; default: .local-runner next to the configuration"),
        Option(
            "--database", "URL", DatabaseArgument.help + "; default: the configuration's DATABASE_URL"),
    ]
}
