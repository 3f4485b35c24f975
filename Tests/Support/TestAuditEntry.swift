public import Base
import Store

/// The part of an entry of a workspace's audit log that tests compare.
public struct TestAuditEntry: Equatable, Sendable {
    public let action: String
    public let userID: Identifier?
    public let actorEmail: String?
    public let targetType: String?
    public let targetID: String?
    /// The details without the id of the request, which differs each time.
    public let details: JSON
}

extension TestWorkspace {
    /// Returns the entries after the genesis, oldest first.
    public func auditEntries() throws -> [TestAuditEntry] {
        try database.rows(
            """
            SELECT action, user_id, actor_email, target_type, target_id, details FROM audit_log
            WHERE workspace_id = $1 AND sequence_number > 0 ORDER BY sequence_number
            """, id
        ) { row in
            TestAuditEntry(
                action: try row[0], userID: try row[1], actorEmail: try row[2], targetType: try row[3],
                targetID: try row[4],
                details: .object((try row[5] as JSON).object?.filter { $0.key != "request_id" } ?? [:]))
        }
    }

    /// The actor that the audit log names for a change with the API key of scope write.
    public var writeKeyActor: String { "API key \(owner.mark) write (\(writeKey.prefix(9)))" }

    /// Returns the entry for a change with the API key of scope write; its details also name the key.
    public func entryOfWriteKey(
        _ action: String, on targetType: String, _ targetID: String?, _ details: [String: JSON]
    ) -> TestAuditEntry {
        let key: [String: JSON] = [
            "api_key_id": .string(writeKeyID.description), "api_key_name": .string("\(owner.mark) write"),
        ]
        return TestAuditEntry(
            action: action, userID: nil, actorEmail: writeKeyActor, targetType: targetType, targetID: targetID,
            details: .object(details.merging(key) { $1 }))
    }
}
