import Actions
@_spi(System) import Auth
import Base
@_spi(System) import Integrations

extension Verb {
    static let workspaceCreate = Verb(
        "workspace create", "Creates a workspace and its audit log.",
        details: """
            The new workspace has no members; local-runner member add adds one. A trial ends after 30 days or at
            --trial-ends, and can then still be used for 7 days.
            """,
        options: [
            Option("--name", "NAME", "the company's name", isRequired: true),
            Option("--plan", "PLAN", plans, words: Plan.allCases.map(\.rawValue), isRequired: true),
            Option("--trial-ends", "TIME", "the end of the trial, such as 2026-05-15T00:00:00Z"),
        ] + Option.changing
    ) { arguments in
        let name = try arguments.required("--name")
        let plan = try arguments.required("--plan", as: Plan.self)
        let trialText = arguments["--trial-ends"]
        let trialEnd = trialText.flatMap { Timestamp($0) }
        guard trialText == nil || trialEnd != nil && plan == .trial else {
            throw UsageError("--trial-ends must be a time such as 2026-05-15T00:00:00Z, and needs --plan trial")
        }
        return try Administration.run(arguments) { administration in
            let made = try administration.access.createWorkspace(
                name: name, plan: plan, trialEnd: trialEnd, by: administration.actor)
            try administration.output.say(made.json) { try Terminal.say("Created workspace \(made.id), \(made.name).") }
        }
    }

    static let workspaceList = Verb(
        "workspace list", "Lists the workspaces.",
        options: [Option("--deleted", nil, "include workspaces whose data was erased")] + Option.reading
    ) { arguments in
        try Administration.run(arguments) { administration in
            let all = try administration.access.workspaceOverviews(includesDeleted: arguments.has("--deleted"))
            try administration.output.say(
                "workspaces", all.map(\.json),
                header: ["ID", "NAME", "PLAN", "MEMBERS", "KEYS", "INTEGRATIONS", "CREATED", "DELETED"],
                rows: all.map { one in
                    [
                        one.id.description, one.name, one.plan.rawValue, String(one.members), String(one.apiKeys),
                        String(one.integrations), one.createdAt.description, one.deletedAt?.description ?? "",
                    ]
                }, none: "There are no workspaces. local-runner workspace create creates one.")
        }
    }

    static let workspaceShow = Verb(
        "workspace show", operands: "ID", "Shows a workspace's settings.", options: Option.reading
    ) { arguments in
        let id = try arguments.identifier(operand: "the workspace's id")
        return try Administration.run(arguments) { administration in
            guard let overview = try administration.access.workspaceOverview(id) else {
                _ = try administration.workspace(id)
                return
            }
            try show(overview, administration.output)
        }
    }

    static let workspaceSet = Verb(
        "workspace set", operands: "ID KEY=VALUE…", "Changes settings of a workspace.",
        details: """
            Either all settings change or none does. The keys:

            \(table(WorkspaceSetting.keys.map { ($0.0, $0.1) }))

            ACTION is one of \(actions.joined(separator: ", ")). TIER says what happens when an API key requests the \
            action: \(tiers.joined(separator: ", ")). risk_settings are stored for the customer's own programs; the \
            product does not use them.
            """,
        options: Option.changing
    ) { arguments in
        guard let first = arguments.operands.first, arguments.operands.count > 1 else {
            throw UsageError("write the workspace's id and at least one KEY=VALUE")
        }
        guard let id = Identifier(first) else {
            throw UsageError("\(first) is not a UUID; write the workspace's id first")
        }
        var settings: [WorkspaceSetting] = []
        for text in arguments.operands.dropFirst() {
            do throws(AdministrationError) {
                settings.append(try WorkspaceSetting(text, actions: actions, tiers: tiers))
            } catch {
                throw UsageError(Administration.plain(error))
            }
        }
        return try Administration.run(arguments) { administration in
            try show(try administration.workspace(id).change(settings), administration.output)
        }
    }

    static let workspaceDelete = Verb(
        "workspace delete", operands: "ID", "Erases a workspace's data.",
        details: """
            Deletes members, API keys, integrations with their credentials, all synced data, findings, jobs and
            conversations in one transaction. The workspace's id and its audit log stay, so that the log can still be
            checked. Only a backup can bring the data back. Running jobs of the workspace end without a result. With
            SQLite, other writers wait until it is done.
            """,
        options: [Option("--confirm", "NAME", "the workspace's name, as a confirmation")] + Option.changing
    ) { arguments in
        let id = try arguments.identifier(operand: "the workspace's id")
        return try Administration.run(arguments) { administration in
            let workspace = try administration.workspace(id)
            let name = try administration.access.workspaceOverview(id)?.name ?? ""
            // A name with characters that can't be shown may be confirmed in the form in which it is shown.
            guard let confirmed = arguments["--confirm"], [name, name.harmless].contains(confirmed) else {
                throw UsageError(
                    "this erases the data of \"\(name)\" for good; to confirm, add --confirm '\(name)'")
            }
            let rows = try workspace.erase()
            try administration.output.say(["id": .string(id.description), "rows_deleted": .integer(rows)]) {
                try Terminal.say("Erased workspace \(id): \(Terminal.counted(rows, "row")). Its audit log was kept.")
            }
        }
    }

    private static let plans = Plan.allCases.map(\.rawValue).joined(separator: ", ")
    private static let actions = ActionType.allCases.map(\.rawValue)
    private static let tiers = Tier.allCases.map(\.rawValue)

    private static func show(_ overview: WorkspaceOverview, _ output: Output) throws {
        try output.say(overview.json) { try Terminal.say(members: overview.json) }
    }
}
