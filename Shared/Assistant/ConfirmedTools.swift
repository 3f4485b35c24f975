import Auth
import Base
import Findings
import HTTP
import Store

extension Tool {
    private static let email = ToolInput.required("email", .text(320), "The person's e-mail address.")
    private static let platform = ToolInput.optional(
        "platform", .text(100), "The platform's identifier; needed when the person has accounts on several.")
    private static let appName = ToolInput.required("app_name", .text(200), "The application's name.")
    private static let findingID = ToolInput.optional("finding_id", .uuid, "The finding that this mends.")
    private static let reason = ToolInput.optional("reason", .text(1000), "Why, for the audit log.")

    /// What the model can only propose. A person confirms, by sending the request again with its token.
    static let confirmed: [Tool] = [
        onAccount(.suspendUser, "Suspends a person's account on a platform."),
        onAccount(.forcePasswordChange, "Has a person choose a new password at the next sign-in."),
        onAccount(.revokeSessions, "Ends all of a person's sessions on a platform."),
        Tool(
            name: "revoke_oauth_token", description: "Takes away an application's OAuth access to a person's account.",
            permission: .initiateRemediation, inputs: [email, appName, platform, findingID, reason],
            work: .confirmed { call in
                let application = try call.application()
                return try call.onAccount(
                    .revokeOAuthToken,
                    [
                        "application_id": .string(application.id.description), "app_name": .string(application.name),
                    ])
            }),
        Tool(
            name: "contain_host", description: "Cuts a device off from the network.", permission: .initiateRemediation,
            inputs: [.required("hostname", .text(255), "The device's host name."), findingID, reason],
            work: .confirmed { try $0.containment() }),
        Tool(
            name: "block_app", description: "Blocks an application.", permission: .manageAppPolicies,
            inputs: [appName, findingID, reason],
            work: .confirmed { call in
                let application = try call.application()
                return call.action(.blockApp, on: application.platform, application.id, application.name)
            }),
        Tool(
            name: "create_access_review", description: "Starts a review of who has access to an application.",
            permission: .initiateRemediation, plans: [.trial, .pro, .enterprise], inputs: [appName, findingID, reason],
            work: .confirmed { call in
                let application = try call.application()
                return call.action(.createAccessReview, on: "thalian", application.id, application.name)
            }),
    ]

    private static func onAccount(_ action: ActionType, _ description: String) -> Tool {
        Tool(
            name: action.rawValue, description: description, permission: .initiateRemediation,
            inputs: [email, platform, findingID, reason], work: .confirmed { try $0.onAccount(action) })
    }
}

// What names and addresses mean in this workspace. What it does not have is not there.
extension ToolCall {
    fileprivate func action(
        _ type: ActionType, on platform: String, _ entity: Identifier, _ label: String,
        _ parameters: [String: JSON] = [:]
    ) -> ProposedAction {
        ProposedAction(
            actionType: type, platform: platform, entityID: entity.description, entityLabel: label,
            findingID: identifier("finding_id"), parameters: parameters, reason: text("reason"))
    }

    fileprivate func onAccount(_ type: ActionType, _ parameters: [String: JSON] = [:]) throws -> ProposedAction {
        let email = try required(text("email")).lowercased()
        let identity = try workspace.first(
            "SELECT id, email FROM identities WHERE workspace_id = $1 AND email = $2", email
        ) { row in (id: try row[0] as Identifier, email: try row[1] as String) }
        guard let identity else { throw HTTPError.notFound("No identity in this workspace has this e-mail address.") }
        try checkFinding()
        let platforms = try workspace.rows(
            """
            SELECT DISTINCT integrations.platform
            FROM accounts JOIN integrations ON integrations.id = accounts.integration_id
            WHERE accounts.workspace_id = $1 AND accounts.identity_id = $2 AND integrations.status = 'connected'
            ORDER BY integrations.platform
            """, identity.id
        ) { try $0[0] as String }
        let chosen = text("platform").map { name in platforms.filter { $0 == name } } ?? platforms
        guard chosen.count == 1 else {
            throw HTTPError.badRequest(
                platforms.isEmpty
                    ? "This person has no account on a connected platform."
                    : "platform must be one of \(platforms.joined(separator: ", ")).")
        }
        return action(type, on: chosen[0], identity.id, identity.email, parameters)
    }

    fileprivate func application() throws -> (id: Identifier, name: String, platform: String) {
        try checkFinding()
        let application = try workspace.first(
            """
            SELECT applications.id, applications.name, integrations.platform
            FROM applications JOIN integrations ON integrations.id = applications.integration_id
            WHERE applications.workspace_id = $1 AND applications.name_folded = $2
            ORDER BY applications.first_seen_at, applications.id
            """, try required(text("app_name")).lowercased()
        ) { row in (id: try row[0] as Identifier, name: try row[1] as String, platform: try row[2] as String) }
        guard let application else { throw HTTPError.notFound("This workspace has no such application.") }
        return application
    }

    fileprivate func containment() throws -> ProposedAction {
        try checkFinding()
        let hostname = try required(text("hostname"))
        let devices = try workspace.rows(
            """
            SELECT devices.id, integrations.platform
            FROM devices JOIN integrations ON integrations.id = devices.integration_id
            WHERE devices.workspace_id = $1 AND devices.hostname = $2 AND integrations.category = 'edr'
                AND integrations.status = 'connected' ORDER BY devices.id
            """, hostname
        ) { row in (id: try row[0] as Identifier, platform: try row[1] as String) }
        guard devices.count <= 1 else { throw HTTPError.conflict("Several devices have this host name.") }
        guard let device = devices.first else {
            throw HTTPError.notFound("No device of this host name is under a connected EDR platform.")
        }
        return action(.containHost, on: device.platform, device.id, hostname)
    }

    private func checkFinding() throws {
        guard let findingID = identifier("finding_id") else { return }
        let isThere = try workspace.first(
            "SELECT 1 FROM findings WHERE workspace_id = $1 AND id = $2", findingID
        ) { _ in true }
        guard isThere == true else { throw HTTPError.notFound("This finding is not in this workspace.") }
    }
}
