import Auth
import Base
import Connectors
import Findings
import HTTP
import Store

/// How long a sync may take in this process.
public struct SyncTime: Sendable {
    /// Seconds after which no further page is pulled.
    let pull: Double
    /// Seconds after which a page that has not come yet is given up: a part of what is left, since pages that some
    /// providers need long for must come at all.
    var page: Double { pull + (Double(all) - pull) / 4 }
    /// Seconds after which the process has ended, whatever happens.
    let all: Int

    /// With so many seconds until the process ends; a part of them is left for applying what was pulled.
    public init(all: Double) { self.init(pull: all * 0.5, all: all) }

    /// With so many seconds for pulling.
    public init(pull: Double, all: Double) {
        self.pull = pull
        self.all = Int(all) + 1
    }
}

/// How a sync stands.
public struct SyncReport: Sendable {
    /// The API's names.
    public enum Status: String, Sendable {
        /// All of the platform's workers are busy; a job begins as soon as one is free.
        case queued
        /// More is left than fitted into the time; a job goes on.
        case inProgress = "in_progress"
        case completed
    }

    public let status: Status
    public let platform: Platform
    /// What has come, so far.
    public let counts: SyncCounts
    /// When the next one begins by itself.
    public let nextAutoSyncAt: Timestamp
}

/// The provider did not let a sync come to its end.
public struct SyncFailure: Error {
    /// Why.
    public let error: ConnectorError

    /// What somebody is told who waits for the sync: 422 where somebody must mend something, 503 where it is tried again
    /// by itself.
    public var answer: HTTPError {
        guard error.isTransient else { return HTTPError(422, error.sentence) }
        guard case .rateLimited(let seconds) = error else { return HTTPError(503, error.sentence) }
        return HTTPError(503, error.sentence, headers: ["Retry-After": String(max(1, seconds))])
    }
}

extension Workspace {
    /// Seconds from one sync to the next.
    static let syncInterval = Int.hours(1)

    /// Syncs an integration, or goes on with a sync of it: pulls page after page, and makes the inventory like that all at
    /// once when the last has come. `keepAlive` is called between pages, every ten seconds.
    ///
    /// Throws 404, 409 and 422 as HTTPError, and `SyncFailure` when the provider fails: the inventory stays as it was. What
    /// may pass by itself leaves the sync where it was; otherwise it has ended, and the integration tells why.
    public func sync(
        _ integrationID: Identifier, for starter: SyncStarter, with tools: SyncTools, _ time: SyncTime,
        keepAlive: () throws -> Void = {}, now: () -> Timestamp = { .now }
    ) throws -> SyncReport {
        let start = ContinuousClock.now
        let integration = try syncedIntegration(integrationID)
        let leaseEnd = now() + time.all
        var run = try claimSync(of: integration, for: starter, until: leaseEnd, now: now())
        func report(_ status: SyncReport.Status, _ counts: SyncCounts) -> SyncReport {
            SyncReport(
                status: status, platform: integration.platform, counts: counts,
                nextAutoSyncAt: now() + Self.syncInterval)
        }
        do {
            guard try takeSlot(of: integration.platform, for: run, until: leaseEnd, now: now()) else {
                try release(run, isQueued: true, now: now())
                return report(.queued, SyncCounts([:]))
            }
            let isPulled = try pull(
                &run, of: integration, with: tools, until: start + .seconds(time.pull),
                pageEnd: start + .seconds(time.page), keepAlive: keepAlive, now: now())
            guard isPulled else {
                let counts = SyncCounts(try stagedCounts(of: run.id))
                try letGo(run, now: now())
                return report(.inProgress, counts)
            }
            try compare(run)
            try keepAlive()
            let counts = try apply(run, of: integration, now: now())
            // It is applied, whatever becomes of this; the next sync makes up for it, or housekeeping.
            try? forgetStagedRecords()
            return report(.completed, counts)
        } catch let error as ConnectorError {
            try note(error, in: run, of: integration, now: now())
            throw SyncFailure(error: error)
        } catch SyncInterruption.unwanted {
            try endSync(run.id, error: nil, at: now())
            throw HTTPError.notFound("This workspace has no such integration.")
        } catch SyncInterruption.lost {
            throw HTTPError.conflict("Another sync of this integration has begun.")
        } catch {
            try? letGo(run, now: now())
            throw error
        }
    }

    /// Whoever comes next goes on with it.
    private func letGo(_ run: SyncRun, now: Timestamp) throws {
        try giveSlotBack(of: run)
        try release(run, now: now)
    }

    /// Writes down why the provider failed.
    private func note(
        _ error: ConnectorError, in run: SyncRun, of integration: SyncedIntegration, now: Timestamp
    ) throws {
        guard !error.isTransient else {
            try execute(
                "UPDATE integrations SET error_kind = $3, error = $4 WHERE workspace_id = $1 AND id = $2",
                integration.id, error.kind, error.sentence)
            return try letGo(run, now: now)
        }
        try change {
            // Another process may have begun anew with other credentials.
            try save(run)
            try endSync(run.id, error: (error.kind, error.sentence), at: now)
            try execute(
                """
                UPDATE integrations SET error_kind = $3, error = $4, next_auto_sync_at = $5,
                    status = CASE WHEN $3 IN ('authentication_expired', 'configuration_invalid') THEN 'error'
                        ELSE status END
                WHERE workspace_id = $1 AND id = $2
                """, integration.id, error.kind, error.sentence, now + Self.syncInterval)
            let entry = AuditEntry(
                action: "integration.sync_failed", targetType: "integration", targetID: integration.id.description,
                details: [
                    "platform": .string(integration.platform.rawValue), "error_kind": .string(error.kind),
                    "error": .string(error.sentence),
                ], createdAt: now)
            return ((), entry)
        }
    }
}
