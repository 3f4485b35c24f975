@_spi(System) import Auth
import Base
import Glibc

extension Verb {
    static let keyCreate = Verb(
        "key create", "Creates an API key and prints it.",
        details: "The key can't be shown again, because only its hash is stored. A workspace may have ten keys.",
        options: [
            Option.workspace,
            Option("--name", "NAME", "the purpose of the key, 1 to 100 characters", isRequired: true),
            Option("--scope", "SCOPE", "read or write; default: read", words: scopes),
        ] + Option.changing
    ) { arguments in
        let name = try arguments.required("--name")
        guard (1...100).contains(name.unicodeScalars.count), !name.unicodeScalars.contains(where: \.isHarmful) else {
            throw UsageError("--name must have 1 to 100 characters, on one line and all visible")
        }
        let scope = try arguments.word("--scope", of: scopes).flatMap(Scope.init) ?? .read
        return try Administration.run(arguments) { administration in
            let workspace = try administration.workspace(arguments)
            // If no program reads the output, the write fails, and the process does not end before it has said so.
            signal(SIGPIPE, SIG_IGN)
            let made = try workspace.createAPIKey(name: name, scope: scope)
            let text = made.key.secret.reveal { $0 }
            do {
                try administration.output.say(KeyText.json(made.summary, ["key": .string(text)])) {
                    try Terminal.say(text)
                }
            } catch {
                throw Failure(
                    "the key was created, but can't be shown (\(error)); revoke it with local-runner key revoke "
                        + "\(made.summary.id) --workspace \(workspace.id)")
            }
        }
    }

    static let keyList = Verb(
        "key list", "Lists the active API keys of a workspace.",
        options: [Option.workspace] + Option.reading
    ) { arguments in
        try Administration.run(arguments) { administration in
            let keys = try administration.workspace(arguments).apiKeys()
            try administration.output.say(
                "keys", keys.map { KeyText.json($0) }, header: KeyText.header, rows: keys.map(KeyText.row),
                none: "The workspace has no API keys.")
        }
    }

    static let keyRevoke = Verb(
        "key revoke", operands: "ID", "Revokes an API key.", options: [Option.workspace] + Option.changing
    ) { arguments in
        let key = try arguments.identifier(operand: "the key's id")
        return try Administration.run(arguments) { administration in
            let moment = try administration.workspace(arguments).revokeAPIKey(key)
            try administration.output.say([
                "id": .string(key.description), "revoked_at": .string(moment.description),
            ]) { try Terminal.say("Revoked key \(key).") }
        }
    }

    static let sessionRevoke = Verb(
        "session revoke", "Ends a session before its tokens expire.",
        details: """
            The session's id is the claim session_id of its tokens. From the next request on, the workspace refuses
            these tokens and those that refreshing them gives.
            """,
        options: [Option.workspace, Option("--session", "UUID", "the session's id", isRequired: true)] + Option.changing
    ) { arguments in
        let session = try arguments.required(identifier: "--session")
        return try Administration.run(arguments) { administration in
            let isNew = try administration.workspace(arguments).revokeSession(session)
            try administration.output.say([
                "session_id": .string(session.description), "was_revoked_before": .bool(!isNew),
            ]) { try Terminal.say(isNew ? "Revoked session \(session)." : "Session \(session) was revoked before.") }
        }
    }

    private static let scopes = Scope.allCases.map(\.rawValue)
}
