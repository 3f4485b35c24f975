@_spi(System) import Auth
import Base

extension Verb {
    static let memberAdd = Verb(
        "member add", "Adds a member to a workspace.",
        details: "The user's id is the one in Supabase Auth, the subject (sub) of their session tokens.",
        options: [
            Option.workspace, userOption, roleOption,
            Option(
                "--email", "ADDRESS", "the address that the audit log shows; default: the one in their session token"),
        ] + Option.changing
    ) { arguments in
        let user = try arguments.required(identifier: "--user")
        let role = try arguments.required("--role", as: Role.self)
        let email = arguments["--email"] ?? ""
        guard email.isEmpty || isAddress(email) else { throw UsageError("--email \(email): must be an e-mail address") }
        return try Administration.run(arguments) { administration in
            let member = try administration.workspace(arguments).addMember(user, email: email, role: role)
            try administration.output.say(member.json) {
                try Terminal.say("Added \(member.userID) as \(role.rawValue).")
            }
        }
    }

    static let memberList = Verb(
        "member list", "Lists the members of a workspace.", options: [Option.workspace] + Option.reading
    ) { arguments in
        try Administration.run(arguments) { administration in
            let members = try administration.workspace(arguments).members()
            try administration.output.say(
                "members", members.map(\.json), header: ["USER", "ROLE", "EMAIL", "SINCE"],
                rows: members.map { [$0.userID.description, $0.role.rawValue, $0.email, $0.createdAt.description] },
                none: "The workspace has no members. local-runner member add adds one.")
        }
    }

    static let memberRole = Verb(
        "member role", "Gives a member another role.", details: "The role applies from the member's next request on.",
        options: [Option.workspace, userOption, roleOption, leavesNoAdmin] + Option.changing
    ) { arguments in
        let user = try arguments.required(identifier: "--user")
        let role = try arguments.required("--role", as: Role.self)
        return try Administration.run(arguments) { administration in
            let member = try administration.workspace(arguments).changeRole(
                of: user, to: role, mayLeaveNoAdmin: arguments.has("--leave-no-admin"))
            try administration.output.say(member.json) {
                try Terminal.say("\(member.userID) has the role \(role.rawValue).")
            }
        }
    }

    static let memberRemove = Verb(
        "member remove", "Removes a member from a workspace.",
        details: """
            The member has no access from the next request on. The API keys that the member has created are listed,
            and revoked unless --keep-keys is given.
            """,
        options: [
            Option.workspace, userOption, Option("--keep-keys", nil, "leave the member's API keys valid"),
            leavesNoAdmin,
        ] + Option.changing
    ) { arguments in
        let user = try arguments.required(identifier: "--user")
        return try Administration.run(arguments) { administration in
            let removed = try administration.workspace(arguments).removeMember(
                user, keepsKeys: arguments.has("--keep-keys"), mayLeaveNoAdmin: arguments.has("--leave-no-admin"))
            let keys = removed.keys.map { KeyText.json($0) }
            try administration.output.say([
                "member": removed.member.json, "keys": .array(keys), "keys_revoked": .bool(removed.areKeysRevoked),
            ]) {
                try Terminal.say("Removed \(removed.member.userID).")
                guard !removed.keys.isEmpty else { return }
                try Terminal.say(
                    "Their API keys, \(removed.areKeysRevoked ? "which are now revoked" : "which stay valid"):")
                try Terminal.say(table: [KeyText.header] + removed.keys.map(KeyText.row))
            }
        }
    }

    private static let roles = Role.allCases.map(\.rawValue)
    private static let leavesNoAdmin = Option(
        "--leave-no-admin", nil, "go on even if the workspace then has no member with the role admin")
    private static let userOption = Option("--user", "UUID", "the user's id", isRequired: true)
    private static let roleOption = Option(
        "--role", "ROLE", roles.joined(separator: ", "), words: roles, isRequired: true)

    /// Returns true if a text has at most 254 bytes, contains one @ that is neither the first nor the last character,
    /// and neither white space nor invisible characters.
    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && text.utf8.count <= 254
            && !text.unicodeScalars.contains { $0.isHarmful || $0.properties.isWhitespace }
    }
}

/// The texts in which verbs show API keys.
enum KeyText {
    static let header = ["ID", "NAME", "PREFIX", "SCOPE", "CREATED", "LAST USED"]

    static func row(_ key: APIKeySummary) -> [String] {
        [
            key.id.description, key.name, key.prefix, key.scope.rawValue, key.createdAt.description,
            key.lastUsedAt?.description ?? "never",
        ]
    }

    static func json(_ key: APIKeySummary, _ more: [String: JSON] = [:]) -> JSON {
        var members: [String: JSON] = [
            "id": .string(key.id.description), "name": .string(key.name), "prefix": .string(key.prefix),
            "scope": .string(key.scope.rawValue), "created_at": .string(key.createdAt.description),
            "last_used_at": key.lastUsedAt.map { .string($0.description) } ?? .null,
        ]
        members.merge(more) { $1 }
        return .object(members)
    }
}
