public import Base
import Store

extension Workspace {
    /// Ends a session for this workspace: tokens of this session are refused from the next request on. Returns false,
    /// and writes no audit entry, if it was revoked before.
    @_spi(System) public func revokeSession(_ sessionID: Identifier, now: Timestamp = .now) throws -> Bool {
        try withWriteLock {
            let inserted = try execute(
                """
                INSERT INTO revoked_sessions (workspace_id, session_id, revoked_at) VALUES ($1, $2, $3)
                ON CONFLICT (workspace_id, session_id) DO NOTHING
                """, sessionID, now)
            guard inserted == 1 else { return false }
            return try audited {
                let entry = AuditEntry(
                    action: "session.revoked", targetType: "session", targetID: sessionID.description, createdAt: now)
                return (true, entry)
            }
        }
    }
}
