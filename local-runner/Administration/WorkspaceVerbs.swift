import Actions
@_spi(System) import Auth
import Base
@_spi(System) import Integrations

extension Verb {
    static let workspaceCreate = Verb(
        "workspace create", "Makes a workspace, and begins its audit log.",
        details: """
            Nobody is a member of it yet: add somebody with member add. A trial ends after 30 days, unless
            --trial-ends says when; then come 7 days of grace.
            """,
        options: [
            Option("--name", "NAME", "the company's name"),
            Option("--plan", "PLAN", plans, words: Plan.allCases.map(\.rawValue)),
            Option("--trial-ends", "TIME", "the end of the trial, such as 2026-05-15T00:00:00Z"),
        ] + Option.changing
    ) { arguments in
        let name = try arguments.required("--name", "NAME")
        let plan = try arguments.word("--plan", of: Plan.allCases.map(\.rawValue)).flatMap(Plan.init)
        guard let plan else { throw UsageError("say --plan PLAN; \(plans)") }
        let trialText = arguments["--trial-ends"]
        let trialEnd = trialText.flatMap { Timestamp($0) }
        guard trialText == nil || trialEnd != nil && plan == .trial else {
            throw UsageError("--trial-ends is a time such as 2026-05-15T00:00:00Z, and only for --plan trial")
        }
        return try Administration.run(arguments) { administration in
            let made = try administration.access.createWorkspace(
                name: name, plan: plan, trialEnd: trialEnd, by: administration.actor)
            administration.output.say(made.json) { Terminal.say("Made workspace \(made.id), \(made.name).") }
        }
    }

    static let workspaceList = Verb(
        "workspace list", "Lists the workspaces.",
        options: [Option("--deleted", nil, "also those whose data was erased")] + Option.reading
    ) { arguments in
        try Administration.run(arguments) { administration in
            let all = try administration.access.workspaceOverviews(includesDeleted: arguments.has("--deleted"))
            administration.output.say(
                "workspaces", all.map(\.json),
                header: ["ID", "NAME", "PLAN", "MEMBERS", "KEYS", "INTEGRATIONS", "CREATED", "DELETED"],
                rows: all.map { one in
                    [
                        one.id.description, one.name, one.plan.rawValue, String(one.members), String(one.apiKeys),
                        String(one.integrations), one.createdAt.description, one.deletedAt?.description ?? "",
                    ]
                }, none: "There is no workspace; make one with local-runner workspace create.")
        }
    }

    static let workspaceShow = Verb(
        "workspace show", operands: "ID", "Shows a workspace's settings.", options: Option.reading
    ) { arguments in
        let id = try arguments.identifier(operand: "the workspace by its id")
        return try Administration.run(arguments) { administration in
            guard let overview = try administration.access.workspaceOverview(id) else {
                _ = try administration.workspace(id)
                return
            }
            show(overview, administration.output)
        }
    }

    static let workspaceSet = Verb(
        "workspace set", operands: "ID KEY=VALUE…", "Changes settings of a workspace.",
        details: """
            All of them change together, or none does. The keys:

            \(table(WorkspaceSetting.keys.map { ($0.0, $0.1) }))

            ACTION is one of \(actions.joined(separator: ", ")); its TIER says if API keys may have it carried out: \
            \(tiers.joined(separator: ", ")). The product stores risk_settings and does not use them.
            """,
        options: Option.changing
    ) { arguments in
        guard let first = arguments.operands.first, arguments.operands.count > 1 else {
            throw UsageError("name a workspace and at least one KEY=VALUE")
        }
        guard let id = Identifier(first) else { throw UsageError("\(first): write the workspace's id, a UUID") }
        var settings: [WorkspaceSetting] = []
        for text in arguments.operands.dropFirst() {
            do throws(AdministrationError) {
                settings.append(try WorkspaceSetting(text, actions: actions, tiers: tiers))
            } catch {
                throw UsageError(error.description)
            }
        }
        return try Administration.run(arguments) { administration in
            show(try administration.workspace(id).change(settings), administration.output)
        }
    }

    static let workspaceDelete = Verb(
        "workspace delete", operands: "ID", "Erases a workspace's data.",
        details: """
            Members, API keys, integrations with their credentials, everything that was synced and found, jobs and
            conversations go, in one transaction. The workspace's id and its audit log stay, so that the chain can be
            checked. There is no way back but a backup. On SQLite other writers wait until it is done.
            """,
        options: [Option("--confirm", "NAME", "the workspace's name, to show that it is meant")] + Option.changing
    ) { arguments in
        let id = try arguments.identifier(operand: "the workspace by its id")
        return try Administration.run(arguments) { administration in
            let workspace = try administration.workspace(id)
            let name = try administration.access.workspaceOverview(id)?.name ?? ""
            guard arguments["--confirm"] == name else {
                throw UsageError(
                    "this erases the data of \"\(name)\" for good; if it is meant, add --confirm '\(name)'")
            }
            let rows = try workspace.erase()
            administration.output.say(["id": .string(id.description), "rows_deleted": .integer(rows)]) {
                Terminal.say("Erased workspace \(id): \(rows) rows. Its audit log stays.")
            }
        }
    }

    private static let plans = Plan.allCases.map(\.rawValue).joined(separator: ", ")
    private static let actions = ActionType.allCases.map(\.rawValue)
    private static let tiers = Tier.allCases.map(\.rawValue)

    private static func show(_ overview: WorkspaceOverview, _ output: Output) {
        output.say(overview.json) { Terminal.say(members: overview.json) }
    }
}
