@_spi(System) import Actions
@_spi(System) import Auth
import Base
@_spi(System) import Integrations

extension Verb {
    static let integrationList = Verb(
        "integration list", "Lists the integrations of a workspace.", options: [Option.workspace] + Option.reading
    ) { arguments in
        try Administration.run(arguments) { administration in
            let all = try administration.workspace(arguments).integrationRecords()
            try administration.output.say(
                "integrations", all.map(\.json),
                header: ["ID", "PLATFORM", "STATUS", "LAST SYNC", "NEXT SYNC", "ERROR"],
                rows: all.map { one in
                    [
                        one.id.description, one.platform, one.status, one.lastSyncAt?.description ?? "never",
                        one.nextSyncAt?.description ?? "none", one.error ?? "",
                    ]
                }, none: "The workspace has no integrations.")
        }
    }

    static let integrationShow = Verb(
        "integration show", operands: "ID",
        "Shows an integration with its last sync, its error, and the lists that are left out.",
        options: [Option.workspace] + Option.reading
    ) { arguments in
        let id = try arguments.identifier(operand: "the integration's id")
        return try Administration.run(arguments) { administration in
            let all = try administration.workspace(arguments).integrationRecords()
            guard let one = all.first(where: { $0.id == id }) else {
                throw Failure(
                    "the workspace has no integration \(id); local-runner integration list shows its integrations")
            }
            try administration.output.say(one.json) { try Terminal.say(members: one.json) }
        }
    }

    static let actionList = Verb(
        "action list", "Lists remediation actions with their status.",
        details: "The newest come first. Parameters are not shown, because some are secrets.",
        options: [
            Option("--workspace", "UUID", "the workspace; default: all of them"),
            Option("--status", "STATUS", statuses.joined(separator: ", ") + "; default: all", words: statuses),
            Option("--limit", "N", "the most for each workspace; default: 50"),
        ] + Option.reading
    ) { arguments in
        let status = try arguments.word("--status", of: statuses).flatMap(RemediationAction.Status.init)
        let limit = try arguments.integer("--limit", in: 1...10_000) ?? 50
        let named = try arguments.identifier("--workspace")
        return try Administration.run(arguments) { administration in
            let workspaces = try named.map { [try administration.workspace($0)] } ?? administration.access.workspaces()
            let actions = try workspaces.flatMap { try $0.actions(status, limit: limit) }
            try administration.output.say(
                "actions", actions.map(\.json),
                header: ["ID", "WORKSPACE", "ACTION", "PLATFORM", "TARGET", "STATUS", "REQUESTED BY", "CREATED"],
                rows: actions.map { action in
                    [
                        action.id.description, action.workspaceID.description, action.type, action.platform,
                        action.targetLabel ?? action.targetID, action.status.rawValue, action.requestedBy,
                        action.createdAt.description,
                    ]
                }, none: status.map { "No action has the status \($0.rawValue)." } ?? "There are no actions.")
        }
    }

    private static let statuses = RemediationAction.Status.allCases.map(\.rawValue)
}
