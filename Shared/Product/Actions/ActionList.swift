public import Auth
public import Base
import Integrations
public import Operation
import Store

/// An action in the form in which lists show it: without secrets.
public struct ListedAction: Sendable {
    public let id: Identifier
    public let workspaceID: Identifier
    public let type: String
    public let platform: String
    /// The target as the request named it: by the product's id, by the platform's id, or by the name of an application
    /// or platform.
    public let targetID: String
    /// The target's name, if it is known.
    public let targetLabel: String?
    public let status: RemediationAction.Status
    public let requestedBy: String
    public let decidedBy: String?
    public let findingID: Identifier?
    public let error: String?
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
    let reason: String?
    /// The parameters. A secret has the value ‹redacted›.
    let parameters: [String: JSON]

    fileprivate init(_ row: any Row, in workspaceID: Identifier) throws {
        self.workspaceID = workspaceID
        id = try row[0]
        type = try row[1]
        platform = try row[2]
        targetID = try row[3]
        targetLabel = try row[4]
        status = try row[5]
        requestedBy = try row[6]
        decidedBy = try row[7]
        findingID = try row[8]
        error = try row[9]
        createdAt = try row[10]
        updatedAt = try row[11]
        reason = try row[12]
        parameters = StoredParameters.withoutSecrets((try row[13] as JSON).object ?? [:], replacement: "‹redacted›")
    }

    /// The time after which an action can no longer be approved; the next housekeeping cancels it. Nil for an action
    /// that does not wait for approval.
    public var approvalEndsAt: Timestamp? {
        status == .pendingApproval ? createdAt + Workspace.approvalTime : nil
    }

    /// The action as JSON, without its parameters.
    public var json: JSON {
        func text(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }
        return [
            "id": .string(id.description), "workspace_id": .string(workspaceID.description),
            "action_type": .string(type), "platform": .string(platform), "target_id": .string(targetID),
            "target_label": text(targetLabel), "status": .string(status.rawValue),
            "requested_by": .string(requestedBy), "decided_by": text(decidedBy),
            "finding_id": text(findingID?.description), "error": text(error),
            "created_at": .string(createdAt.description), "updated_at": .string(updatedAt.description),
            "approval_ends_at": text(approvalEndsAt?.description),
        ]
    }
}

/// The place of an action in a list, which begins with the newest.
public struct ActionPosition: ListPosition {
    let createdAt: Timestamp
    let id: Identifier

    fileprivate init(_ action: ListedAction) { (createdAt, id) = (action.createdAt, action.id) }

    public var key: [String] { [createdAt.description, id.description] }

    public init?(key: [String]) {
        guard key.count == 2, let createdAt = Timestamp(key[0]), let id = Identifier(key[1]) else { return nil }
        (self.createdAt, self.id) = (createdAt, id)
    }
}

/// A page of a workspace's actions, the newest first.
public struct ActionPage: Described {
    private let actions: [ListedAction]
    private let tiers: Tiers
    /// The cursor of the next page. Nil if this is the last page.
    private let cursor: String?

    fileprivate init(_ found: [ListedAction], limit: Int, _ tiers: Tiers) {
        actions = Array(found.prefix(limit))
        self.tiers = tiers
        cursor = found.count > limit ? actions.last.map { ActionPosition($0).cursor } : nil
    }

    public static var schema: JSONSchema {
        let action = JSONSchema.object(
            .field("id", .uuid, "The action's id, with which it is approved or rejected."),
            .field("action_type", .string, "The action, such as suspend_user."),
            .field("platform", .string, "The platform, such as okta."),
            .field("target_id", .string, "The target as the request named it."),
            .field("target_label", .string.orNull, "The target's name; null if it is not known."),
            .field("parameters", .anyObject, "The parameters. A secret has the value ‹redacted›."),
            .field("status", .oneOf(RemediationAction.Status.self), "The status."),
            .field("tier", .oneOf(Tier.self), "The workspace's rule for requests of this action by API keys."),
            .field("finding_id", .uuid.orNull, "The finding that the action is about; null if there is none."),
            .field("reason", .string.orNull, "The reason of the request; null if none was given."),
            .field("requested_by", .string, "The one who requested the action."),
            .field("decided_by", .string.orNull, "The one who approved or rejected it; null if nobody has."),
            .field("error", .string.orNull, "The reason why it failed or was not carried out."),
            .field("created_at", .timestamp, "The time of the request."),
            .field("updated_at", .timestamp, "The time of the last change."),
            .field(
                "approval_ends_at", .timestamp.orNull,
                "The time after which it can no longer be approved; null if it does not wait for approval."))
        return .object(
            .field("actions", .array(of: action), "The actions, newest first."),
            .field("returned", .count, "The number of actions in this answer."),
            .optional("cursor", .string, "The cursor of the next page, if more actions follow."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("actions", actions.map(members))
            json.field("returned", actions.count)
            json.field("cursor", ifPresent: cursor)
        }
    }

    private func members(_ action: ListedAction) -> JSON {
        var members = action.json.object ?? [:]
        members["workspace_id"] = nil
        members["parameters"] = .object(action.parameters)
        members["reason"] = action.reason.map(JSON.string) ?? .null
        let tier = ActionType(rawValue: action.type).map(tiers.tier) ?? .never
        members["tier"] = .string(tier.rawValue)
        return .object(members)
    }
}

extension Workspace {
    /// Returns the newest actions behind `position`, or of all if that is nil, newest first, at most `limit`: those with
    /// `status`, or all if that is nil.
    @_spi(System) public func actions(
        _ status: RemediationAction.Status?, after position: ActionPosition? = nil, limit: Int
    ) throws -> [ListedAction] {
        let behind: SQL = position == nil ? "" : " AND (created_at < $4 OR created_at = $4 AND id > $5)"
        var parameters: [any SQLParameter] = [status?.rawValue ?? "", limit]
        if let position { parameters += [position.createdAt, position.id] as [any SQLParameter] }
        var actions: [ListedAction] = []
        try forEachRow(
            """
            SELECT id, action_type, target_platform, target_entity_id, target_entity_label, status, requested_by,
                decided_by, finding_id, error, created_at, updated_at, reason, extra_params
            FROM remediation_actions WHERE workspace_id = $1 AND ($2 = '' OR status = $2) \(behind)
            ORDER BY created_at DESC, id LIMIT $3
            """, parameters
        ) { row in
            actions.append(try ListedAction(row, in: id))
        }
        return actions
    }

    /// Returns a page of the actions behind `position`, with at most `limit` actions.
    public func actionPage(
        _ status: RemediationAction.Status?, after position: ActionPosition?, limit: Int
    ) throws -> ActionPage {
        try read {
            ActionPage(try actions(status, after: position, limit: limit + 1), limit: limit, try tiers())
        }
    }
}
