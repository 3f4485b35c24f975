import Base
import Store

extension Verb {
    static let backup = Verb(
        "backup", operands: "FILE", "Writes a backup of a SQLite database.",
        details: """
            The product may keep running: the backup contains one state of the data. It is written to FILE.partial,
            checked with the audit log of every workspace, and then renamed to FILE. Only its owner can read it.

            It does not contain counters (rate limits, and when an API key was last used), and no secrets of the
            configuration: keep CREDENTIALS_KEY elsewhere. For PostgreSQL, use pg_dump.
            """,
        options: [Option("--replace", nil, "replace FILE if it exists"), Option.format] + Option.database
    ) { arguments in
        let file = try arguments.operand("FILE, the file to write,")
        return try run(arguments) { path in
            let summary = try SQLiteBackup(of: path).write(to: file, replaces: arguments.has("--replace"))
            return ("Wrote \(file)", file, summary)
        }
    }

    static let restore = Verb(
        "restore", operands: "FILE", "Replaces a SQLite database by a backup.",
        details: """
            The backup is copied next to the database, checked with the audit log of every workspace, and then put in the
            database's place in one step. A database that exists is replaced only with --replace, and never while a
            process uses it: stop the server, the workers and the schedules first. All changes since the backup are lost,
            including their audit entries. For PostgreSQL, use pg_restore.
            """,
        options: [
            Option("--replace", nil, "replace the database if it exists"),
            Option(
                "--any-schema", nil,
                "go on if the backup's schema is older than the database's, or newer than this build can serve"),
            Option.format,
        ] + Option.database
    ) { arguments in
        let file = try arguments.operand("FILE, the backup to read,")
        return try run(arguments) { path in
            let summary = try SQLiteBackup(of: path).restore(
                from: file, replaces: arguments.has("--replace"), allowsAnySchema: arguments.has("--any-schema"))
            return ("Restored \(path)", path, summary)
        }
    }

    private static func run(
        _ arguments: Arguments, _ body: (String) throws -> (said: String, file: String, SQLiteBackup.Summary)
    ) throws -> Int32 {
        let output = try Output(arguments)
        let source = try DatabaseSource(arguments)
        let path = try source.sqliteFile()
        let (said, file, summary): (String, String, SQLiteBackup.Summary)
        do {
            (said, file, summary) = try source.explained { try body(path) }
        } catch let error as any DomainError {
            throw Failure(Administration.plain(error))
        }
        try output.say([
            "file": .string(file), "bytes": .integer(summary.bytes), "schema_version": .integer(summary.version),
            "workspaces": .integer(summary.workspaces),
            "audit_entries": summary.auditEntries.map(JSON.integer) ?? .null,
        ]) {
            let entries = summary.auditEntries.map {
                Terminal.counted($0, "audit entry", plural: "audit entries") + ", all intact"
            }
            try Terminal.say(
                "\(said): \(summary.bytes) bytes, \(Terminal.counted(summary.workspaces, "workspace")), "
                    + (entries ?? "audit entries not checked, because the schema is newer than this build"))
            if summary.version < SchemaState.ofThisBuild {
                Terminal.printError(
                    "Its schema version \(summary.version) is older than this build's \(SchemaState.ofThisBuild); "
                        + "run local-runner migrate before the product uses it.")
            }
        }
        return 0
    }
}
