import Auth
import Base
import Demonstration

extension Verb {
    static let token = Verb(
        "token", "Prints a session token for a member, as Supabase would issue it.",
        details: """
            The member is the first one of the role in the workspace, or whom --user or --email names. With both
            of them the token is for anybody, member or not. It is signed with SUPABASE_JWT_SECRET (HS256).
            """,
        options: [
            Option(
                "--role", "ROLE",
                "\(Role.allCases.map(\.rawValue).joined(separator: ", ")); admin, if not given"),
            Option("--workspace", "UUID", "the workspace; the demonstration workspace, if not given"),
            Option("--user", "UUID", "the user's id"),
            Option("--email", "ADDRESS", "the user's e-mail address"),
            Option("--aal", "LEVEL", "aal1, or aal2 for a session with a second factor; aal2, if not given"),
            Option("--expires-in", "SECONDS", "negative for a token that has expired; 604800, if not given"),
        ] + Option.configuration
    ) { arguments in
        let workplace = try Workplace(arguments)
        let configuration = try workplace.configuration(needsSecrets: true)
        let lifetime = try arguments.integer("--expires-in", in: -1_000_000_000...1_000_000_000)
        let level = try arguments.word("--aal", of: ["aal1", "aal2"]) ?? "aal2"
        let person = try person(arguments, workplace, configuration)
        let tokens = try SessionTokens(configuration)
        Terminal.say(tokens.issue(person, level: level, lifetime: lifetime ?? SessionTokens.lifetime))
        return 0
    }

    private static func person(
        _ arguments: Arguments, _ workplace: Workplace, _ configuration: Configuration
    ) throws -> SessionTokens.Person {
        let user = try arguments.identifier("--user")
        let workspace = try arguments.identifier("--workspace")
        let role = try arguments.word("--role", of: Role.allCases.map(\.rawValue)).flatMap(Role.init)
        if let user, let email = arguments["--email"] {
            return SessionTokens.Person(userID: user, email: email)
        }
        let database = try workplace.database(configuration)
        let members = try Member.all(of: workspace ?? Demonstration.workspaceID, in: database)
        let isNamed = user != nil || arguments["--email"] != nil
        let match = members.first { member in
            (user == nil || member.userID == user)
                && (arguments["--email"] == nil
                    || member.email.lowercased() == arguments["--email"]?.lowercased())
                && (role == nil && isNamed || member.role == role ?? .admin)
        }
        guard let match else {
            throw Failure(
                members.isEmpty
                    ? "there is no such workspace; local-runner seed makes the demonstration workspace"
                    : "the workspace has no such member; --user and --email together make a token for anybody"
            )
        }
        return SessionTokens.Person(userID: match.userID, email: match.email)
    }
}
