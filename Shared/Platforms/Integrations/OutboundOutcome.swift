public import Auth
public import Base
import Store

extension Workspace {
    /// Records that the webhook has accepted an event. An earlier error is over.
    public func noteDelivery(to integrationID: Identifier) throws {
        try execute(
            """
            UPDATE integrations SET status = 'connected', error_kind = NULL, error = NULL, failing_since = NULL
            WHERE workspace_id = $1 AND id = $2 AND status = 'error'
            """, integrationID)
    }

    /// Records, in the caller's transaction, that an event was given up. The integration gets the status error, and
    /// later events are still sent.
    public func noteLostEvent(
        _ kind: OutboundEvent.Kind?, for integrationID: Identifier, sentence: String, now: Timestamp
    ) throws {
        try audited {
            try execute(
                """
                UPDATE integrations SET status = 'error', error_kind = 'provider_error', error = $3,
                    failing_since = coalesce(failing_since, $4)
                WHERE workspace_id = $1 AND id = $2 AND status IN ('connected', 'error')
                """, integrationID, sentence, now)
            let entry = AuditEntry(
                action: "integration.event_lost", targetType: "integration", targetID: integrationID.description,
                details: [
                    "platform": "outbound", "type": kind.map { .string($0.rawValue) } ?? .null,
                    "error": .string(sentence),
                ], createdAt: now)
            return ((), entry)
        }
    }
}
