import Auth
import Base
import Findings
import HTTP
import Store

extension Tool {
    private static let findingID = ToolInput.required("finding_id", .uuid, "The finding's id, from list_findings.")
    private static let reason = ToolInput.optional("reason", .text(1000), "Why, for the audit log.")

    /// What is done as soon as the model asks for it: each can be changed back, and stands in the audit log.
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
                try call.workspace.dismissFinding(
                    try call.required(call.identifier("finding_id")), reason: call.text("reason"), now: call.now)
                return ["status": "dismissed"] as JSON
            }),
        Tool(
            name: "snooze_finding", description: "Puts a finding off, until it opens again by itself.",
            permission: .initiateRemediation,
            inputs: [findingID, .required("days", .integer(1...90), "For how many days, 1 to 90."), reason],
            work: .immediate { call in
                let end = try call.workspace.snoozeFinding(
                    try call.required(call.identifier("finding_id")), days: try call.required(call.integer("days")),
                    reason: call.text("reason"), now: call.now)
                return ["status": "snoozed", "snoozed_until": .string(end.description)] as JSON
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
                try call.workspace.setAppPolicy(
                    .sanctioned, appName: try call.required(call.text("app_name")), now: call.now)
            }),
        Tool(
            name: "create_ticket", description: "Opens a ticket about a finding in the connected ticketing platform.",
            permission: .initiateRemediation, inputs: [findingID, reason],
            work: .immediate { call in
                let action = try call.ticket()
                let requested = try call.actions.request(action, in: call.workspace, now: call.now)
                return ["action_id": .string(requested.id.description), "status": .string(requested.status)] as JSON
            }),
        Tool(
            name: "trigger_sync", description: "Has connected platforms synced now: all of them, or one.",
            permission: .manageIntegrations,
            inputs: [.optional("platform", .text(100), "The platform's identifier, from get_integrations.")],
            work: .immediate { call in
                let platforms = try call.workspace.syncSoon(call.text("platform"), now: call.now)
                return ["status": "queued", "platforms": .array(platforms.map(JSON.string))] as JSON
            }),
    ]
}

extension ToolCall {
    fileprivate func ticket() throws -> ProposedAction {
        let findingID = try required(identifier("finding_id"))
        let title = try workspace.first(
            "SELECT title FROM findings WHERE workspace_id = $1 AND id = $2", findingID
        ) { try $0[0] as String }
        guard let title else { throw HTTPError.notFound("This finding is not in this workspace.") }
        let platform = try workspace.first(
            """
            SELECT platform FROM integrations WHERE workspace_id = $1 AND category = 'itsm' AND status = 'connected'
            ORDER BY platform
            """
        ) { try $0[0] as String }
        guard let platform else { throw HTTPError.conflict("No ticketing platform is connected.") }
        return ProposedAction(
            actionType: .createTicket, platform: platform, entityID: findingID.description, entityLabel: title,
            findingID: findingID, reason: text("reason"))
    }
}

extension Workspace {
    /// Makes the next sync of connected integrations due now: of all, or of one platform. Returns their platforms. Throws
    /// 404 when none is connected.
    func syncSoon(_ platform: String?, now: Timestamp) throws -> [String] {
        try change {
            let platforms = try rows(
                """
                UPDATE integrations SET next_auto_sync_at = $2
                WHERE workspace_id = $1 AND status IN ('connected', 'error') AND platform = coalesce($3, platform)
                RETURNING platform
                """, now, platform
            ) { try $0[0] as String }.sorted()
            guard !platforms.isEmpty else { throw HTTPError.notFound("No such platform is connected.") }
            let entry = AuditEntry(
                action: "integration.sync_requested", targetType: "workspace", targetID: id.description,
                details: ["platforms": .array(platforms.map(JSON.string))], createdAt: now)
            return (platforms, entry)
        }
    }
}
