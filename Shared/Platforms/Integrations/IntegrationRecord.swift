public import Auth
public import Base
import Store

/// An integration in the form in which operators see it.
public struct IntegrationRecord: Sendable {
    public let id: Identifier
    public let platform: String
    public let category: String
    /// `connected`, `disconnected`, `error`, `paused` or `pending`.
    public let status: String
    public let idpRole: String?
    /// The id of the member who stored the platform's present or last credentials. Nil if no member did.
    public let connectedBy: Identifier?
    public let connectedAt: Timestamp?
    public let disconnectedAt: Timestamp?
    public let lastSyncAt: Timestamp?
    /// The time from which a queued sync may run or continue; if none is queued, the time of the next automatic sync.
    /// Nil if there is neither.
    public let nextSyncAt: Timestamp?
    /// The kind of the error or delay of the latest sync, finished or not, or of the reason why it held back deletions.
    /// Nil if there is neither, and after the platform was connected again or disconnected.
    public let errorKind: String?
    /// The sentence for `errorKind`.
    public let error: String?
    /// The time since which syncs have failed; nil if none has failed since the last one that was applied.
    public let failingSince: Timestamp?
    /// The number of syncs in a row that have failed.
    public let failedSyncs: Int
    /// The lists, and parts of lists, that the last applied sync could not read, or whose deletions it held back.
    let leftOut: [LeftOutList]
    /// The number of the integration's accounts.
    public let accounts: Int

    fileprivate init(_ row: any Row) throws {
        id = try row[0]
        platform = try row[1]
        category = try row[2]
        status = try row[3]
        idpRole = try row[4]
        connectedBy = try row[5]
        connectedAt = try row[6]
        disconnectedAt = try row[7]
        lastSyncAt = try row[8]
        // A damaged job must not hide the integration.
        nextSyncAt = Timestamp(row: row, column: 9)
        errorKind = try row[10]
        error = try row[11]
        failingSince = try row[12]
        failedSyncs = try row[13]
        leftOut = LeftOutList.all(in: try row[14])
        accounts = try row[15]
    }

    /// The record as JSON.
    public var json: JSON {
        func time(_ moment: Timestamp?) -> JSON { moment.map { .string($0.description) } ?? .null }
        func text(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }
        return [
            "id": .string(id.description), "platform": .string(platform), "category": .string(category),
            "status": .string(status), "idp_role": text(idpRole), "connected_by": text(connectedBy?.description),
            "connected_at": time(connectedAt), "disconnected_at": time(disconnectedAt),
            "last_sync_at": time(lastSyncAt), "next_sync_at": time(nextSyncAt), "error_kind": text(errorKind),
            "error": text(error), "failing_since": time(failingSince), "failed_syncs": .integer(failedSyncs),
            "left_out": .array(
                leftOut.map { list in
                    ["list": .string(list.list), "reason": .string(list.reason), "since": time(list.since)]
                }), "accounts": .integer(accounts),
        ]
    }
}

extension Workspace {
    /// Returns the integrations in the form in which operators see them, ordered by platform.
    @_spi(System) public func integrationRecords() throws -> [IntegrationRecord] {
        try rows(
            """
            SELECT id, platform, category, status, idp_role, connected_by, connected_at, disconnected_at, last_sync_at,
                CASE WHEN status IN ('connected', 'pending', 'error') THEN COALESCE(
                    (SELECT run_after FROM jobs WHERE jobs.workspace_id = $1
                        AND jobs.unique_key = 'sync ' || CAST(integrations.id AS text)),
                    next_auto_sync_at) END,
                error_kind, error, failing_since, failed_syncs, lists,
                (SELECT count(*) FROM accounts
                    WHERE accounts.workspace_id = $1 AND accounts.integration_id = integrations.id)
            FROM integrations WHERE workspace_id = $1 ORDER BY platform
            """, decode: IntegrationRecord.init)
    }
}
