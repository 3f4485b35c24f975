@_spi(System) import Auth
import Base
import Store

/// The database, the person who acts, and the form of the output of an administration verb.
struct Administration {
    let access: SystemAccess
    /// The person, as the audit log names them.
    let actor: Caller
    let output: Output
    private let source: DatabaseSource

    /// Runs a verb on the database that the arguments name, and returns the exit status.
    ///
    /// - Throws: `UsageError`; `Failure` with a sentence that says what happened, where, and what to do next.
    static func run(_ arguments: Arguments, _ body: (Administration) throws -> Void) throws -> Int32 {
        let output = try Output(arguments)
        let actor = Caller.administrator(name: try name(arguments))
        let source = try DatabaseSource(arguments)
        let database = try source.open()
        defer { database.close() }
        do {
            try source.explained {
                try body(
                    Administration(access: SystemAccess(database), actor: actor, output: output, source: source))
            }
        } catch let error as AdministrationError {
            throw Failure(error.description)
        } catch let error as any DomainError {
            throw Failure(error.sentence)
        }
        return 0
    }

    /// The name in --by, or else that of the user who runs the program.
    private static func name(_ arguments: Arguments) throws -> String {
        let environment = Environment.process
        let name =
            arguments["--by"] ?? environment["SUDO_USER"] ?? environment["USER"] ?? environment["LOGNAME"] ?? "unknown"
        guard (1...100).contains(name.utf8.count), name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw UsageError("--by: write a name of 1 to 100 bytes on one line")
        }
        return name
    }

    /// The workspace of the option --workspace, for the person who acts.
    func workspace(_ arguments: Arguments) throws -> Workspace {
        guard let id = try arguments.identifier("--workspace") else { throw UsageError("say --workspace UUID") }
        return try workspace(id)
    }

    /// A workspace, for the person who acts.
    func workspace(_ id: Identifier) throws -> Workspace {
        guard let workspace = try access.workspace(id, for: actor) else {
            throw Failure("there is no workspace \(id) in \(source.name); local-runner workspace list shows all")
        }
        return workspace
    }
}

/// The form in which a verb says what it did or found.
struct Output {
    enum Format: String, CaseIterable { case text, json }

    let format: Format

    /// Reads --format.
    init(_ arguments: Arguments) throws(UsageError) {
        let formats = Format.allCases.map(\.rawValue)
        format = try arguments.word("--format", of: formats).flatMap(Format.init) ?? .text
    }

    /// Prints a JSON document, or what `text` prints for people.
    func say(_ json: @autoclosure () -> JSON, text: () -> Void) {
        switch format {
        case .json: Terminal.say(String(decoding: JSONWriter.bytes(json()), as: UTF8.self))
        case .text: text()
        }
    }

    /// Prints a list: one JSON document with the array under `name`, or a table.
    func say(_ name: String, _ elements: [JSON], header: [String], rows: [[String]], none: String) {
        say([name: .array(elements)]) {
            if rows.isEmpty { Terminal.say(none) } else { Terminal.say(table: [header] + rows) }
        }
    }
}

extension Option {
    /// The options of verbs that need a database and nothing else.
    static let database =
        [
            Option(
                "--database", "URL",
                DatabaseArgument.help + "; default: DATABASE_URL, or that of the configuration")
        ] + configuration.filter { $0.name != "--database" }

    static let format = Option(
        "--format", "FORMAT", "text or json; default: text", words: Output.Format.allCases.map(\.rawValue))

    static let workspace = Option("--workspace", "UUID", "the workspace")

    private static let by = Option("--by", "NAME", "who does it, as the audit log names them; default: the user")

    /// The options of verbs that only read.
    static let reading = [format] + database
    /// The options of verbs that change something.
    static let changing = [format, by] + database
}

extension Arguments {
    /// The one operand, a UUID; `what` says what it names.
    func identifier(operand what: String) throws(UsageError) -> Identifier {
        guard operands.count == 1, let text = operands.first else { throw UsageError("name \(what), and one only") }
        guard let identifier = Identifier(text) else { throw UsageError("\(text): write a UUID") }
        return identifier
    }

    /// The value of an option that must be there.
    func required(_ name: String, _ form: String) throws(UsageError) -> String {
        guard let value = self[name] else { throw UsageError("say \(name) \(form)") }
        return value
    }
}
