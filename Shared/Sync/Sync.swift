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
        self.all = Int(clamping: all) + 1
    }
}

/// How a sync stands.
public struct SyncReport: Sendable {
    /// The API's names.
    public enum Status: String, Sendable {
        /// The workspace has as many syncs under way as it may; a worker begins as soon as one of them is over.
        case queued
        /// More is left than fitted into the time; a job goes on.
        case inProgress = "in_progress"
        case completed
    }

    public let status: Status
    public let platform: Platform
    /// What has come, so far.
    public let counts: SyncCounts
    /// When the next one begins by itself, if nothing else is decided meanwhile.
    public let nextAutoSyncAt: Timestamp
    /// The number of seconds to wait before the sync goes on, if another sync of the workspace is being applied.
    var pause = 0

    /// The pause while another sync of the workspace is being applied.
    static let pauseOfOccupied = 5
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
    /// Syncs an integration, or goes on with a sync of it: pulls page after page, and makes the inventory like that all at
    /// once when the last has come. Whoever calls it has claimed the integration's job, so that there is one sync of it at a
    /// time: whatever else was at it has lost it. `confirm` is called between pages, every ten seconds, and throws if the
    /// claim is lost.
    ///
    /// Throws 404, 409 and 422 as HTTPError, and `SyncFailure` when the provider fails: the inventory stays as it was. What
    /// may pass by itself leaves the sync where it was; otherwise it has ended, and the integration tells why.
    public func sync(
        _ integrationID: Identifier, with tools: SyncTools, _ time: SyncTime,
        confirm: () throws -> Void = {}, now: () -> Timestamp = { .now }
    ) throws -> SyncReport {
        let start = ContinuousClock.now
        let integration = try syncedIntegration(integrationID)
        let leaseEnd = now() + time.all
        var run = try beginSync(of: integration, until: leaseEnd, now: now())
        func report(_ status: SyncReport.Status, _ counts: SyncCounts, pause: Int = 0) -> SyncReport {
            SyncReport(
                status: status, platform: integration.platform, counts: counts,
                nextAutoSyncAt: integration.id.hourlyTime(after: now()), pause: pause)
        }
        do {
            let isPulled = try pull(
                &run, of: integration, with: tools, until: start + .seconds(time.pull),
                pageEnd: start + .seconds(time.page), confirm: confirm, now: now())
            guard isPulled else {
                let counts = SyncCounts(try stagedCounts(of: run.id))
                try release(run, now: now())
                return report(.inProgress, counts)
            }
            try undoAbandonedChange(except: run.id, now: now())
            // A sync that is applied in part was compared before.
            if try unfinishedChange() != run.id { try compare(run) }
            try confirm()
            let counts = try apply(
                run, of: integration, with: tools, until: start + .seconds(Double(time.all) * 0.9), now: now())
            // It is applied, whatever becomes of this; the next sync makes up for it, or housekeeping.
            try? forgetStagedRecords()
            return report(.completed, counts)
        } catch let error as ConnectorError {
            try note(error, in: run, of: integration, now: now())
            throw SyncFailure(error: error)
        } catch let interruption as SyncInterruption where [.occupied, .outOfTime].contains(interruption) {
            let counts = SyncCounts(try stagedCounts(of: run.id))
            try release(run, now: now())
            return report(
                .inProgress, counts, pause: interruption == .occupied ? SyncReport.pauseOfOccupied : 0)
        } catch SyncInterruption.unwanted {
            try endSync(run.id, error: nil, at: now())
            try forgetStagedRecords()
            throw HTTPError.notFound("This workspace has no such integration.")
        } catch SyncInterruption.lost {
            throw HTTPError.conflict("Another sync of this integration has begun.")
        } catch {
            try? release(run, now: now())
            throw error
        }
    }

    /// Writes down why the provider failed.
    private func note(
        _ error: ConnectorError, in run: SyncRun, of integration: SyncedIntegration, now: Timestamp
    ) throws {
        guard !error.isTransient else {
            try execute(
                "UPDATE integrations SET error_kind = $3, error = $4 WHERE workspace_id = $1 AND id = $2",
                integration.id, error.kind, error.sentence)
            return try release(run, now: now)
        }
        try change {
            // Another process may have begun anew with other credentials.
            try save(run)
            try endSync(run.id, error: (error.kind, error.sentence), at: now)
            try noteFailure(of: integration.id, kind: error.kind, sentence: error.sentence, now: now)
            let entry = AuditEntry(
                action: "integration.sync_failed", targetType: "integration", targetID: integration.id.description,
                details: [
                    "platform": .string(integration.platform.rawValue), "error_kind": .string(error.kind),
                    "error": .string(error.sentence),
                ], createdAt: now)
            return ((), entry)
        }
        try forgetStagedRecords()
    }
}
