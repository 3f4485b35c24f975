public import Auth
public import Base
public import Jobs
import Store

extension JobKind {
    /// Fetches the data of a platform.
    public static let sync = JobKind("sync", expectedSeconds: 10)
    /// Analyzes the synced data for problems.
    public static let analysis = JobKind("analysis", expectedSeconds: 5)
}

/// The result of a request to sync all connected integrations.
public struct SyncRequests: Described {
    /// The names of the platforms.
    let platforms: [String]
    /// The names of the connected platforms that can't be synced, because no credentials are stored for them.
    let withoutCredentials: [String]

    public static var schema: JSONSchema {
        .object(
            .field("status", .oneOf(["triggered", "no_integrations"]), "Says if any sync was queued."),
            .field("integrations_queued", .count, "The number of syncs that were queued."),
            .field("platforms", .array(of: .string), "The platforms that will be synced."),
            .field("message", .string, "The same in a sentence."))
    }

    public func write(to json: inout JSONWriter) {
        let count = platforms.count
        let missing = withoutCredentials.joined(separator: ", ")
        let message =
            count == 0
            ? "There are no connected integrations to sync"
            : "Sync triggered for \(count) integration\(count == 1 ? "" : "s")"
        json.object { json in
            json.field("status", count == 0 ? "no_integrations" : "triggered")
            json.field("integrations_queued", count)
            json.field("platforms", platforms)
            json.field(
                "message",
                missing.isEmpty
                    ? message + (count == 0 ? "." : "") : "\(message); no credentials are stored for: \(missing).")
        }
    }
}

extension Workspace {
    /// Queues a sync of every integration that has the status connected and credentials. One with the status error is
    /// left out.
    public func requestSyncs(now: Timestamp = .now) throws -> SyncRequests {
        try audited {
            let integrations = try rows(
                """
                SELECT id, platform, CASE WHEN credentials IS NULL THEN 0 ELSE 1 END FROM integrations
                WHERE workspace_id = $1 AND status = 'connected' AND \(Integration.hasData) ORDER BY platform
                """
            ) { row in (id: try row[0] as Identifier, platform: try row[1] as String, credentials: try row[2] as Int) }
            let synced = integrations.filter { $0.credentials == 1 }
            for integration in synced { try queueSync(of: integration.id, now: now) }
            let platforms = synced.map(\.platform)
            let entry = AuditEntry(
                action: "integration.sync_requested", targetType: "workspace", targetID: id.description,
                details: ["platforms": .array(platforms.map(JSON.string))], createdAt: now)
            let others = integrations.filter { $0.credentials == 0 }.map(\.platform)
            return (SyncRequests(platforms: platforms, withoutCredentials: others), entry)
        }
    }

    /// Queues a sync of one connected platform.
    ///
    /// - Throws: `IntegrationError.platformNotConnected` if there is no integration of the platform with the status
    ///   connected, `IntegrationError.noCredentials` if it has no credentials.
    public func requestSync(of platform: String, now: Timestamp) throws {
        try audited {
            let found = try first(
                """
                SELECT id, CASE WHEN credentials IS NULL THEN 0 ELSE 1 END FROM integrations
                WHERE workspace_id = $1 AND platform = $2 AND status = 'connected' AND \(Integration.hasData)
                """, platform
            ) { row in (id: try row[0] as Identifier, credentials: try row[1] as Int) }
            guard let found else { throw IntegrationError.platformNotConnected }
            guard found.credentials == 1 else { throw IntegrationError.noCredentials }
            let integration = found.id
            try queueSync(of: integration, now: now)
            let entry = AuditEntry(
                action: "integration.sync_requested", targetType: "integration", targetID: integration.description,
                details: ["platforms": [.string(platform)]], createdAt: now)
            return ((), entry)
        }
    }

    /// Queues a sync of an integration, unless one is waiting or running already. One that waits gets the higher
    /// urgency, and for a person becomes ready at once. With `again`, one that is running runs once more. Returns the
    /// job's id, or nil if there is no such integration or if it has no data to sync.
    @discardableResult
    public func queueSync(
        of integrationID: Identifier, urgency: JobUrgency = .person, again: Bool = false, now: Timestamp = .now
    ) throws -> Identifier? {
        try first(
            "SELECT platform FROM integrations WHERE workspace_id = $1 AND id = $2 AND \(Integration.hasData)",
            integrationID
        ) { try $0[0] as String }.map { platform in
            try enqueue(
                .sync, in: JobLane(.sync, at: platform),
                payload: ["integration_id": .string(integrationID.description)], key: "sync \(integrationID)",
                urgency: urgency, again: again, now: now)
        }
    }

    /// Queues the sync of an integration and, if possible, claims it for `seconds` seconds, so that the caller can run
    /// it at once for a person who waits. A sync that can't be claimed stays in the queue. The outcome is `missing` if
    /// there is no such integration.
    public func claimSync(
        of integrationID: Identifier, seconds: Int, now: Timestamp = .now
    ) throws -> JobClaimOutcome {
        guard let job = try withWriteLock({ try queueSync(of: integrationID, now: now) }) else { return .missing }
        return try claim(job, early: true, seconds: seconds, now: now)
    }

    /// Returns the time of the integration's next automatic sync (nil if there is none), and the reason why its latest
    /// sync, finished or not, failed, is delayed or held deletions back (nil if there is none).
    public func nextSync(of integrationID: Identifier) throws -> (at: Timestamp?, error: String?) {
        try first(
            "SELECT next_auto_sync_at, error FROM integrations WHERE workspace_id = $1 AND id = $2", integrationID
        ) { row in (try row[0] as Timestamp?, try row[1] as String?) } ?? (nil, nil)
    }

    /// Queues an analysis of the synced data, unless one is already waiting. Returns the job's id. An analysis that is
    /// running may have missed new data, so it runs once more.
    @discardableResult
    public func queueAnalysis(now: Timestamp = .now) throws -> Identifier {
        try enqueue(.analysis, payload: [:], key: analysisKey, again: true, now: now)
    }

    /// Returns the id of the waiting or running analysis. Returns nil if there is none.
    public func queuedAnalysis() throws -> Identifier? { try queuedJob(ofKey: analysisKey) }

    private var analysisKey: String { "analysis \(id)" }
}
