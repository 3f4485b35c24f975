public import Auth
public import Base
import Findings
import Integrations
import Store

/// A finding that is open or in progress, as POST /api/analyze returns it.
public struct AnalysedFinding: Described {
    private let id: Identifier
    private let title: String
    private let severity: Severity
    private let category: String
    private let status: String
    private let ruleID: String
    private let affectedEntities: JSONText
    private let affected: (identity: Identifier?, application: Identifier?, device: Identifier?)
    private let recommendedAction: String
    private let actionType: String?
    private let key: String
    private let sourceIntegrations: JSONText
    private let confidence: Double
    private let createdAt: Timestamp

    fileprivate static let columns: SQL = """
        id, title, severity, category, status, rule_id, affected_entities, affected_identity_id,
        affected_application_id, affected_device_id, recommended_action, action_type, finding_key, source_integrations,
        confidence, created_at
        """

    fileprivate init(_ row: any Row) throws {
        id = try row[0]
        title = try row[1]
        severity = try row[2]
        category = try row[3]
        status = try row[4]
        ruleID = try row[5]
        affectedEntities = JSONText(try row[6])
        affected = (try row[7], try row[8], try row[9])
        recommendedAction = try row[10]
        actionType = try row[11]
        key = try row[12]
        sourceIntegrations = JSONText(try row[13])
        confidence = try row[14]
        createdAt = try row[15]
    }

    public static var schema: JSONSchema {
        .object(
            Finding.commonMembers + [
                .optional("affected_identity_id", .uuid, "The identity that the finding is about."),
                .optional("affected_application_id", .uuid, "The application that the finding is about."),
                .optional("affected_device_id", .uuid, "The device that the finding is about."),
                .field("recommended_action", .string, "The recommendation in one sentence."),
                .field(
                    "action_type", .oneOf(ActionType.self).orNull,
                    "The action that carries it out; null if there is none."),
                .field("finding_key", .string, "A key that stays the same in all analyses."),
                .field("source_integrations", .array(of: .string), "The platforms that the data came from."),
                .field("confidence", .number, "The confidence, from 0 to 1."),
                .field("created_at", .timestamp, "The time at which the problem was found."),
            ])
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("title", title)
            json.field("severity", severity)
            json.field("category", category)
            json.field("status", status)
            json.field("rule_id", ruleID)
            json.field("affected_entities", affectedEntities)
            json.field("affected_identity_id", ifPresent: affected.identity)
            json.field("affected_application_id", ifPresent: affected.application)
            json.field("affected_device_id", ifPresent: affected.device)
            json.field("recommended_action", recommendedAction)
            json.field("action_type", actionType)
            json.field("finding_key", key)
            json.field("source_integrations", sourceIntegrations)
            json.field("confidence", confidence)
            json.field("created_at", createdAt)
        }
    }
}

extension Workspace {
    /// Calls `body` with each finding that is open or in progress, worst first. `body` must not use the workspace.
    public func forEachAnalysedFinding(_ body: (AnalysedFinding) throws -> Void) throws {
        try stream(
            "SELECT " + AnalysedFinding.columns
                + " FROM findings WHERE workspace_id = $1 AND status IN ('open', 'in_progress')"
                + " ORDER BY severity_rank, affected_count DESC, created_at, id"
        ) { try body(AnalysedFinding($0)) }
    }
}
