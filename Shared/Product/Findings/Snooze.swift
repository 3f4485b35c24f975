public import Auth
public import Base
import Integrations
import Store

extension Workspace {
    /// Reopens snoozed findings whose time has passed, each with its own audit entry. Returns their number.
    /// - Throws: `StoreError` if another decision about one of them is made at the same time. The others may then
    ///   remain for the next call.
    @discardableResult
    public func reopenDueFindings(now: Timestamp) throws -> Int {
        let due = try rows(
            "SELECT id FROM findings WHERE workspace_id = $1 AND status = 'snoozed' AND snoozed_until <= $2", now
        ) { try $0[0] as Identifier }
        for id in due {
            try audited {
                // Another decision about the finding may have been made since it was read. That decision stays, and no
                // entry is written.
                let reopened = try first(
                    """
                    UPDATE findings SET status = 'open', snoozed_until = NULL, updated_at = $3
                    WHERE workspace_id = $1 AND id = $2 AND status = 'snoozed' AND snoozed_until <= $3
                    RETURNING \(ChangedFinding.columns)
                    """, id, now, decode: ChangedFinding.init(row:))
                guard let reopened else { throw StoreError.failed("a finding changed while it was reopened") }
                try announce(OutboundEvent.events(.findingsReopened, [reopened], at: now))
                let entry = AuditEntry(
                    action: "finding.reopened", targetType: "finding", targetID: id.description,
                    details: ["cause": "snooze_ended"], createdAt: now)
                return ((), entry)
            }
        }
        return due.count
    }
}
