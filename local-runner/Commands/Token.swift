@_spi(System) import Auth
import Base
import Demonstration
import Store

extension Verb {
    static let token = Verb(
        "token", "Prints a session token for a member, as Supabase would issue it.",
        details: """
            The member is the first one with the role in the workspace, or the one that --user or --email names. With
            both options the token is for that person, who need not be a member. The token is signed with
            SUPABASE_JWT_SECRET (HS256).
            """,
        options: [
            Option(
                "--role", "ROLE",
                "\(Role.allCases.map(\.rawValue).joined(separator: ", ")); default: admin",
                words: Role.allCases.map(\.rawValue)),
            Option("--workspace", "UUID", "the workspace; default: the demonstration workspace"),
            Option("--user", "UUID", "the user's id"),
            Option("--email", "ADDRESS", "the user's e-mail address"),
            Option(
                "--aal", "LEVEL", "aal1, or aal2 for a session with a second factor; default: aal2",
                words: ["aal1", "aal2"]),
            Option("--expires-in", "SECONDS", "how long it is valid; -31 or less: expired; default: 604800, a week"),
        ] + Option.database
    ) { arguments in
        let lifetime = try arguments.integer("--expires-in", in: -1_000_000_000...1_000_000_000)
        if let lifetime, (-30...0).contains(lifetime) {
            throw UsageError(
                "--expires-in \(lifetime): a token is accepted for 30 seconds after its end; for an expired one, write "
                    + "-31 or less")
        }
        let level = try arguments.word("--aal", of: ["aal1", "aal2"]) ?? "aal2"
        let project = try Project(arguments)
        let person = try person(arguments)
        // Reading the configuration with its secrets may create .dev.vars, so the person is looked up before.
        let tokens = try SessionTokens(project.configuration(needsSecrets: true))
        try Terminal.say(tokens.issue(person, level: level, lifetime: lifetime ?? SessionTokens.lifetime))
        return 0
    }

    private static func person(_ arguments: Arguments) throws -> SessionTokens.Person {
        let user = try arguments.identifier("--user")
        let workspace = try arguments.identifier("--workspace")
        let role = try arguments.word("--role", of: Role.allCases.map(\.rawValue)).flatMap(Role.init)
        if let user, let email = arguments["--email"] {
            return SessionTokens.Person(userID: user, email: email)
        }
        let source = try DatabaseSource(arguments)
        let database = try source.open()
        defer { database.close() }
        let members = try source.explained {
            try SystemAccess(database).workspace(workspace ?? Demonstration.workspaceID)?.members()
        }
        guard let members else {
            throw Failure(
                workspace.map {
                    "there is no workspace \($0) in \(source.name); local-runner workspace list shows the ids"
                }
                    ?? "there is no demonstration workspace in \(source.name); local-runner seed creates it")
        }
        let isNamed = user != nil || arguments["--email"] != nil
        let match = members.first { member in
            (user == nil || member.userID == user)
                && (arguments["--email"] == nil
                    || member.email.lowercased() == arguments["--email"]?.lowercased())
                && (role == nil && isNamed || member.role == role ?? .admin)
        }
        guard let match else {
            throw Failure("the workspace has no such member; for a person who is no member, give --user and --email")
        }
        return SessionTokens.Person(userID: match.userID, email: match.email)
    }
}
