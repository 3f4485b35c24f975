import Auth
import Base
import Findings
import Integrations
import Remediation
import Store

extension Tool {
    private static let email = ToolInput.required("email", .text(320), "The person's e-mail address.")
    private static let platform = ToolInput.optional(
        "platform", .text(100), "The platform's identifier; needed when the person has accounts on several.")
    private static let appName = ToolInput.required("app_name", .text(200), "The application's name.")
    private static let findingID = ToolInput.optional("finding_id", .uuid, "The finding that this mends.")
    private static let reason = ToolInput.optional("reason", .text(1000), "The reason, for the audit log.")

    /// The tools that the model can only propose. The person confirms by sending the same message again with the
    /// proposal's token.
    static let confirmed: [Tool] = [
        onAccount(.suspendUser, "Suspends a person's account on a platform."),
        onAccount(.forcePasswordChange, "Has a person choose a new password at the next sign-in."),
        onAccount(.revokeSessions, "Ends all of a person's sessions on a platform."),
        Tool(
            name: "revoke_oauth_token", description: "Takes away an application's OAuth access to a person's account.",
            permission: .initiateRemediation, inputs: [email, appName, platform, findingID, reason],
            work: .confirmed { try $0.grant() }),
        Tool(
            name: "contain_host", description: "Cuts a device off from the network.", permission: .initiateRemediation,
            inputs: [.required("hostname", .text(255), "The device's host name."), findingID, reason],
            work: .confirmed { try $0.containment() }),
        Tool(
            name: "block_app", description: "Blocks an application.", permission: .manageAppPolicies,
            inputs: [appName, findingID, reason],
            work: .confirmed { try $0.onApplication(.blockApp) }),
        Tool(
            name: "create_access_review", description: "Starts a review of who has access to an application.",
            permission: .initiateRemediation, plans: [.trial, .pro, .enterprise], inputs: [appName, findingID, reason],
            work: .confirmed { try $0.onApplication(.createAccessReview) }),
    ]

    private static func onAccount(_ action: ActionType, _ description: String) -> Tool {
        Tool(
            name: action.rawValue, description: description, permission: .initiateRemediation,
            inputs: [email, platform, findingID, reason], work: .confirmed { try $0.onAccount(action) })
    }
}

// Translation of names and addresses into records of this workspace. Records of other workspaces are never found.
extension ToolCall {
    private func action(
        _ type: ActionType, on platform: String, _ entity: Identifier, _ label: String
    ) throws -> ProposedAction {
        var request = ActionRequest(type, on: platform, entityID: entity.description)
        request.findingID = identifier("finding_id")
        request.reason = text("reason")
        let action = ProposedAction(request: request, label: label)
        guard let findingID = request.findingID else { return action }
        let isThere = try workspace.first(
            "SELECT 1 FROM findings WHERE workspace_id = $1 AND id = $2", findingID
        ) { _ in true }
        guard isThere == true else { throw FindingError.unknown }
        return action
    }

    private typealias Entity = (id: Identifier, label: String, platform: String)

    private static func entity(_ row: any Row) throws -> Entity {
        (id: try row[0], label: try row[1], platform: try row[2])
    }

    fileprivate func onAccount(_ type: ActionType) throws -> ProposedAction {
        let email = EmailAddress.canonical(try required(text("email")))
        let identity = try workspace.first(
            "SELECT id FROM identities WHERE workspace_id = $1 AND email = $2", email
        ) { try $0[0] as Identifier }
        guard let identity else {
            throw AssistantError.unknown("No identity in this workspace has this e-mail address.")
        }
        let platforms = try workspace.rows(
            """
            SELECT DISTINCT integrations.platform
            FROM accounts JOIN integrations ON integrations.id = accounts.integration_id
            WHERE accounts.workspace_id = $1 AND accounts.identity_id = $2 AND integrations.status = 'connected'
                AND accounts.hr_status IS NULL
            ORDER BY integrations.platform
            """, identity
        ) { try $0[0] as String }
        let chosen = text("platform").map { name in platforms.filter { $0 == name } } ?? platforms
        guard chosen.count == 1 else {
            throw AssistantError.invalidInput(
                platforms.isEmpty
                    ? "This person has no account on a connected platform."
                    : "platform must be one of \(platforms.joined(separator: ", ")).")
        }
        return try action(type, on: chosen[0], identity, email)
    }

    fileprivate func onApplication(_ type: ActionType) throws -> ProposedAction {
        let applications = try workspace.rows(
            """
            SELECT applications.id, applications.name, integrations.platform
            FROM applications JOIN integrations ON integrations.id = applications.integration_id
            WHERE applications.workspace_id = $1 AND applications.name_folded = $2
            ORDER BY applications.first_seen_at, applications.id
            """, try required(text("app_name")).lowercased(), decode: Self.entity)
        let able =
            applications.first { remediation.canAlone(type, on: $0.platform) }
            ?? applications.first { remediation.can(type, on: $0.platform) }
        guard let application = able ?? applications.first else {
            throw AssistantError.unknown("This workspace has no such application.")
        }
        return try action(type, on: application.platform, application.id, application.label)
    }

    fileprivate func containment() throws -> ProposedAction {
        let devices = try workspace.rows(
            """
            SELECT devices.id, devices.hostname, integrations.platform
            FROM devices JOIN integrations ON integrations.id = devices.integration_id
            WHERE devices.workspace_id = $1 AND devices.hostname = $2 AND integrations.status = 'connected'
            ORDER BY devices.id
            """, try required(text("hostname")), decode: Self.entity
        ).filter { remediation.can(.containHost, on: $0.platform) }
        guard devices.count <= 1 else { throw AssistantError.severalDevices }
        guard let device = devices.first else {
            throw AssistantError.unknown("No device with this host name is on a platform that can contain it.")
        }
        return try action(.containHost, on: device.platform, device.id, device.label)
    }

    /// Returns the proposal to revoke one application's access to one person's account.
    fileprivate func grant() throws -> ProposedAction {
        let grants = try workspace.rows(
            """
            SELECT oauth_grants.id, applications.name, integrations.platform
            FROM oauth_grants JOIN applications ON applications.id = oauth_grants.application_id
            JOIN identities ON identities.id = oauth_grants.identity_id
            JOIN integrations ON integrations.id = oauth_grants.integration_id
            WHERE oauth_grants.workspace_id = $1 AND identities.email = $2 AND applications.name_folded = $3
                AND integrations.status = 'connected' AND integrations.platform = coalesce($4, integrations.platform)
            ORDER BY integrations.platform, oauth_grants.id
            """, EmailAddress.canonical(try required(text("email"))), try required(text("app_name")).lowercased(),
            text("platform"), decode: Self.entity)
        guard grants.count <= 1 else {
            let platforms = grants.map(\.platform).joined(separator: ", ")
            throw AssistantError.invalidInput("There are several grants; platform must name one of \(platforms).")
        }
        guard let grant = grants.first else {
            throw AssistantError.unknown("This application has no known OAuth access to this person's accounts.")
        }
        let person = text("email").map(EmailAddress.canonical) ?? ""
        return try action(.revokeOAuthToken, on: grant.platform, grant.id, "\(person): \(grant.label)")
    }
}
