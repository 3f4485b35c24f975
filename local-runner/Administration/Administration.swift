@_spi(System) import Auth
import Base
import Store

/// The context of an administration verb: the database, the operator, and the format of the output.
struct Administration {
    let access: SystemAccess
    /// The operator, as the actor of audit entries.
    let actor: Caller
    let output: Output
    private let source: DatabaseSource

    /// Runs a verb on the database that the arguments name, and returns the exit status.
    ///
    /// - Throws: `UsageError`, or, for errors of the database and the product, a `Failure` that says what happened and,
    ///   for the database, where and what to do next.
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
        } catch let error as any DomainError {
            throw failure(error)
        }
        return 0
    }

    /// Returns the verb's error for an error of the product: a `UsageError` if the input is invalid, otherwise a
    /// `Failure`.
    static func failure(_ error: any DomainError) -> any Error {
        // The error's own sentence is for users of the API, who must not learn that the workspace existed.
        if error is AuditLog.ClosedWorkspace {
            return Failure(
                "the workspace was deleted while this ran, so nothing was changed; "
                    + "local-runner workspace list --deleted shows it")
        }
        return error.kind == .invalid ? UsageError(plain(error)) : Failure(plain(error))
    }

    /// Returns an error's sentence in the form that follows the program's name on a line: without a full stop, and with
    /// a small first letter if the first word is an ordinary one.
    static func plain(_ error: any DomainError) -> String {
        var text = error.sentence
        let isWord = text.dropFirst().prefix { $0 != " " }.allSatisfy(\.isLowercase)
        if isWord, let first = text.first { text = first.lowercased() + text.dropFirst() }
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    /// Returns the operator's name: --by, or else the name of the user in SUDO_USER, USER or LOGNAME, or else
    /// `unknown`.
    private static func name(_ arguments: Arguments) throws -> String {
        let environment = Environment.process
        let name =
            arguments["--by"] ?? environment["SUDO_USER"] ?? environment["USER"] ?? environment["LOGNAME"] ?? "unknown"
        guard (1...100).contains(name.utf8.count), !name.unicodeScalars.contains(where: \.isHarmful) else {
            throw UsageError("--by must have 1 to 100 bytes, on one line and all visible")
        }
        return name
    }

    /// Returns the workspace of the option --workspace. The audit log names the operator for changes made through it.
    func workspace(_ arguments: Arguments) throws -> Workspace {
        try workspace(try arguments.required(identifier: "--workspace"))
    }

    /// Returns a workspace that has not been erased. The audit log names the operator for changes made through it.
    func workspace(_ id: Identifier) throws -> Workspace {
        guard let workspace = try access.workspace(id, for: actor) else {
            throw Failure("there is no workspace \(id) in \(source.name); local-runner workspace list shows the ids")
        }
        return workspace
    }
}

/// The format of a verb's output.
struct Output {
    enum Format: String, CaseIterable { case text, json }

    let format: Format

    /// Reads --format.
    init(_ arguments: Arguments) throws(UsageError) {
        let formats = Format.allCases.map(\.rawValue)
        format = try arguments.word("--format", of: formats).flatMap(Format.init) ?? .text
    }

    /// Prints a JSON document, or what `text` prints for people.
    func say(_ json: @autoclosure () -> JSON, text: () throws -> Void) throws {
        switch format {
        case .json: try Terminal.write(String(decoding: JSONWriter.bytes(json()), as: UTF8.self))
        case .text: try text()
        }
    }

    /// Prints a list: in JSON one document with the array under `name`, otherwise a table, or `none` if the list is
    /// empty.
    func say(_ name: String, _ elements: [JSON], header: [String], rows: [[String]], none: String) throws {
        try say([name: .array(elements)]) {
            if rows.isEmpty { try Terminal.say(none) } else { try Terminal.say(table: [header] + rows) }
        }
    }
}

extension Option {
    /// The options that name a database.
    static let database =
        [
            Option(
                "--database", "URL",
                DatabaseArgument.help + "; default: DATABASE_URL, or that of the configuration")
        ] + configuration.filter { $0.name != "--database" }

    static let format = Option(
        "--format", "FORMAT", "text or json; default: text", words: Output.Format.allCases.map(\.rawValue))

    static let workspace = Option(
        "--workspace", "UUID", "the workspace; local-runner workspace list shows the ids", isRequired: true)

    private static let by = Option("--by", "NAME", "the operator's name for the audit log; default: this user's")

    /// The options of verbs that only read from a database.
    static let reading = [format] + database
    /// The options of verbs that change a database.
    static let changing = [format, by] + database
}

extension Arguments {
    /// Returns the only operand. Error messages describe it as `meaning`, such as `the key's id`.
    func operand(_ meaning: String) throws(UsageError) -> String {
        guard let text = operands.first, !text.isEmpty else { throw UsageError("\(meaning) is missing") }
        if let extra = operands.dropFirst().first { throw UsageError("\"\(extra)\" is an unexpected argument") }
        return text
    }

    /// Returns the only operand, a UUID. Error messages describe it as `meaning`, such as `the key's id`.
    func identifier(operand meaning: String) throws(UsageError) -> Identifier {
        let text = try operand(meaning)
        guard let identifier = Identifier(text) else { throw UsageError("\(text) is not a UUID; write \(meaning)") }
        return identifier
    }
}
