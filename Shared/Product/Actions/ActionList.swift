public import Auth
public import Base
import Store

/// An action in the form in which operators see it: without its parameters, some of which are secrets.
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
    }

    /// The time after which an action can no longer be approved; the next housekeeping cancels it. Nil for an action
    /// that does not wait for approval.
    public var approvalEndsAt: Timestamp? {
        status == .pendingApproval ? createdAt + Workspace.approvalTime : nil
    }

    /// The action as JSON.
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

extension Workspace {
    /// Returns the newest actions, newest first, at most `limit`: those with `status`, or all if that is nil.
    @_spi(System) public func actions(
        _ status: RemediationAction.Status?, limit: Int
    ) throws -> [ListedAction] {
        try rows(
            """
            SELECT id, action_type, target_platform, target_entity_id, target_entity_label, status, requested_by,
                decided_by, finding_id, error, created_at, updated_at
            FROM remediation_actions WHERE workspace_id = $1 AND ($2 = '' OR status = $2)
            ORDER BY created_at DESC, id LIMIT $3
            """, status?.rawValue ?? "", limit
        ) { row in
            try ListedAction(row, in: id)
        }
    }
}
