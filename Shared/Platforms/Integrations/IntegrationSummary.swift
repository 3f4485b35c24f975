public import Base
public import Store

/// A platform that is or was connected to a workspace.
public struct IntegrationSummary: Described {
    let id: Identifier
    let platform: String
    let category: String
    /// The status, such as connected, error or disconnected.
    public let status: String
    let lastSyncAt: Timestamp?
    let idpRole: String?
    /// The reason why the latest sync, finished or not, failed or is delayed, or why it held back deletions. Nil if
    /// there is none.
    private(set) var lastError: String?
    /// The time from which a queued sync may run or continue; if none is queued, the time of the next automatic sync.
    /// Nil if there is neither.
    let nextSyncAt: Timestamp?
    /// The lists, and parts of lists, that the last applied sync could not read, or whose deletions it held back. Empty
    /// if the integration is paused or disconnected.
    let leftOut: [LeftOutList]

    /// A copy without `lastError`, for language models, which might take its text for instructions.
    public var withoutError: IntegrationSummary {
        var summary = self
        summary.lastError = nil
        return summary
    }

    public static var schema: JSONSchema {
        .object(
            .field("id", .uuid, "The integration's id."),
            .field("platform", .string, "The platform, such as okta."),
            .field("category", .string, "The kind of platform, such as idp."),
            .field("status", .oneOf(["connected", "disconnected", "error", "paused", "pending"]), "The status."),
            .field("last_sync_at", .timestamp.orNull, "The time of the last sync; null if there was none."),
            .optional("idp_role", .oneOf(["primary_idp", "directory"]), "The role of an identity provider."),
            .optional("last_error", .string, "The error of the last sync, or why its deletions were held back."),
            .optional("next_sync_at", .timestamp, "The time at which the next sync begins by itself."),
            .optional("left_out", .array(of: LeftOutList.schema), "The lists that the last sync could not read."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("platform", platform)
            json.field("category", category)
            json.field("status", status)
            json.field("last_sync_at", lastSyncAt)
            json.field("idp_role", ifPresent: idpRole)
            json.field("last_error", ifPresent: lastError)
            json.field("next_sync_at", ifPresent: nextSyncAt)
            json.field("left_out", ifPresent: leftOut.isEmpty ? nil : leftOut)
        }
    }
}

/// A list, or a part of one, that the last applied sync could not read, or whose deletions it held back. The data known
/// from it stay.
struct LeftOutList: Described {
    /// The list's name, such as `devices`.
    let list: String
    /// A sentence that gives the reason. The product writes it, not the provider.
    let reason: String
    /// The time of the first of the applied syncs in a row for which this has been so.
    let since: Timestamp?

    /// Returns the lists that have a reason, in the order of their names.
    static func all(in lists: JSON) -> [LeftOutList] {
        ListState.all(in: lists).compactMap { name, state in
            state.reason.map { LeftOutList(list: name, reason: $0, since: state.leftOutAt) }
        }.sorted { $0.list < $1.list }
    }

    static var schema: JSONSchema {
        .object(
            .field("list", .string, "The list's name, such as devices."),
            .field("reason", .string, "The reason in one sentence."),
            .field("since", .timestamp.orNull, "The time at which a sync first could not read it."))
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("list", list)
            json.field("reason", reason)
            json.field("since", since)
        }
    }
}

extension Reading<[IntegrationSummary]> {
    /// The platforms that are or were connected, ordered by identifier.
    public static var integrations: Reading {
        .rows(
            """
            SELECT id, platform, category, status, last_sync_at, idp_role, error,
                CASE WHEN status IN ('connected', 'pending', 'error') THEN COALESCE(
                    (SELECT run_after FROM jobs WHERE jobs.workspace_id = $1
                        AND jobs.unique_key = 'sync ' || CAST(integrations.id AS text)),
                    next_auto_sync_at) END,
                CASE WHEN status IN ('connected', 'pending', 'error') THEN lists END
            FROM integrations WHERE workspace_id = $1 ORDER BY platform
            """
        ) { row in
            // The time of the next sync is nil if that of a damaged job can't be read.
            IntegrationSummary(
                id: try row[0], platform: try row[1], category: try row[2], status: try row[3],
                lastSyncAt: try row[4], idpRole: try row[5], lastError: try row[6],
                nextSyncAt: Timestamp(row: row, column: 7),
                leftOut: (try row[8] as JSON?).map { LeftOutList.all(in: $0) } ?? [])
        }
    }
}
