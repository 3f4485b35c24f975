import Auth
import Base
import Findings
import Integrations
import Remediation
import Store

extension Tool {
    private static let findingID = ToolInput.required("finding_id", .uuid, "The finding's id, from list_findings.")
    private static let reason = ToolInput.optional("reason", .text(1000), "The reason, for the audit log.")

    /// The tools that are carried out as soon as the model calls them. They change no one's access, one message can
    /// cause at most ten such calls (`Turn`), and each change is in the audit log.
    static let immediate: [Tool] = [
        Tool(
            name: "acknowledge_finding", description: "Takes up an open finding: its status becomes in_progress.",
            permission: .initiateRemediation, inputs: [findingID],
            work: .immediate { call in
                try call.workspace.acknowledgeFinding(
                    try call.required(call.identifier("finding_id")), now: call.now)
                return ["status": "in_progress"] as JSON
            }),
        Tool(
            name: "dismiss_finding", description: "Sets a finding aside for good.", permission: .initiateRemediation,
            inputs: [findingID, reason],
            work: .immediate { call in
                _ = try call.run(
                    .dismissFinding, ["findingId": call.input["finding_id"], "reason": call.input["reason"]])
                return ["status": "dismissed"] as JSON
            }),
        Tool(
            name: "snooze_finding", description: "Puts a finding off, until it opens again by itself.",
            permission: .initiateRemediation,
            inputs: [findingID, .required("days", .integer(1...90), "For how many days, 1 to 90."), reason],
            work: .immediate { call in
                let decision = try call.run(
                    .snoozeFinding,
                    [
                        "findingId": call.input["finding_id"], "days": call.input["days"],
                        "reason": call.input["reason"],
                    ])
                return ["status": "snoozed", "snoozed_until": .string(decision.until.description)] as JSON
            }),
        Tool(
            name: "star_finding", description: "Marks a finding with a star, or takes the star away.",
            permission: .initiateRemediation,
            inputs: [findingID, .optional("starred", .boolean, "False takes the star away; true if left out.")],
            work: .immediate { call in
                let isStarred = call.boolean("starred") ?? true
                try call.workspace.starFinding(
                    try call.required(call.identifier("finding_id")), isStarred: isStarred, now: call.now)
                return ["is_starred": .bool(isStarred)] as JSON
            }),
        Tool(
            name: "sanction_app", description: "Approves an application, which resolves its shadow-IT findings.",
            permission: .manageAppPolicies, inputs: [.required("app_name", .text(200), "The application's name.")],
            work: .immediate { call in
                try call.run(.setAppPolicy, ["app_name": call.input["app_name"], "status": "sanctioned"])
            }),
        Tool(
            name: "create_ticket", description: "Opens a ticket about a finding in the connected ticketing platform.",
            permission: .initiateRemediation, inputs: [findingID, reason],
            work: .immediate { call in
                let findingID = try call.required(call.identifier("finding_id"))
                guard try call.hasTicketing() else { throw AssistantError.noTicketing }
                return try call.remediation.request(
                    of: findingID, by: .createTicket, reason: call.text("reason"), in: call.workspace, now: call.now)
            }),
        Tool(
            name: "trigger_sync", description: "Has connected platforms synced now: all of them, or one.",
            permission: .manageIntegrations,
            inputs: [.optional("platform", .text(100), "The platform's identifier, from get_integrations.")],
            work: .immediate { call in
                guard let platform = call.text("platform") else { return try call.run(.requestSyncs) }
                try call.workspace.requestSync(of: platform, now: call.now)
                return ["status": "triggered", "platforms": [.string(platform)]] as JSON
            }),
    ]
}

extension ToolCall {
    fileprivate func hasTicketing() throws -> Bool {
        let platforms = try workspace.rows(
            "SELECT platform FROM integrations WHERE workspace_id = $1 AND status = 'connected'"
        ) { try $0[0] as String }
        return platforms.contains { remediation.can(.createTicket, on: $0) }
    }
}
