public import Auth
public import Base
import Connectors
public import Integrations
import Jobs
import Store

/// The time limits of a sync in this process.
public struct SyncTime: Sendable {
    /// The seconds after which no further page is requested.
    let pull: Double
    /// The seconds after which a page that has not come is given up. It includes a part of the time for applying, so
    /// that providers with slow pages have a chance.
    var page: Double { pull + (Double(all) - pull) / 4 }
    /// The seconds after which the process has ended in any case.
    let all: Int

    /// Creates the limits of a process that ends after `all` seconds. Pages are requested during the first half of that
    /// time; the second half is left for applying the records.
    public init(all: Double) { self.init(pull: all * 0.5, all: all) }

    /// Creates limits with a number of seconds for reading pages.
    public init(pull: Double, all: Double) {
        self.pull = pull
        self.all = Int(clamping: all) + 1
    }
}

/// The state of a sync.
public struct SyncReport: Sendable {
    /// The states, by the API's names.
    public enum Status: String, CaseIterable, Sendable {
        /// The workspace already runs the largest allowed number of syncs. A worker begins this one when another ends.
        case queued
        /// The time was too short to finish the sync, or another sync of the workspace is being applied. A job
        /// continues this one.
        case inProgress = "in_progress"
        case completed
    }

    public let status: Status
    public let platform: Platform
    /// The numbers of the records that have come so far.
    public let counts: SyncCounts
    /// The time at which the next sync begins automatically, if nothing changes until then.
    public let nextAutoSyncAt: Timestamp
    /// The seconds to wait before the sync continues, if another sync of the workspace is being applied.
    var pause = 0

    /// The pause while another sync of the workspace is being applied, in seconds.
    static let pauseOfOccupied = 5
}

extension Workspace {
    /// Syncs an integration, or continues its unfinished sync, until it is applied or the time is up: reads page after
    /// page, and updates the inventory all at once after the last page. The caller must have claimed the integration's
    /// job, so that only one sync of it runs at a time. If another process still works on the sync, its token no longer
    /// counts. `confirm` is called between pages, at most every ten seconds, and before applying; it throws if the
    /// claim is lost.
    ///
    /// A transient failure of the provider leaves the sync unfinished; any other failure of the provider ends it. In
    /// both cases the reason is stored with the integration.
    ///
    /// - Throws: `IntegrationError` or `SyncError` if the integration can't be synced, `SyncFailure` if the provider
    ///   fails, and the error of `confirm`. Readers then see the inventory as it was.
    public func sync(
        _ integrationID: Identifier, with tools: SyncTools, _ time: SyncTime,
        confirm: () throws -> Void = {}, now: () -> Timestamp = { .now }
    ) throws -> SyncReport {
        let start = ContinuousClock.now
        let integration = try integrationToSync(integrationID)
        var run = try beginSync(of: integration, now: now())
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
                try release(run)
                return report(.inProgress, counts)
            }
            try undoAbandonedChange(except: run.id, now: now())
            // A partly applied sync has already marked the rows that are gone.
            if try unfinishedChange() != run.id { try markGone(run) }
            try confirm()
            let counts = try apply(
                run, of: integration, with: tools, until: start + .seconds(Double(time.all) * 0.9), now: now())
            // The sync is applied even if the staged records can't be deleted now. The integration's next sync or the
            // housekeeping deletes them.
            try? forgetStagedRecords(of: integration.id)
            return report(.completed, counts)
        } catch let error as ConnectorError {
            try note(error, in: run, of: integration, now: now())
            throw SyncFailure(error: error)
        } catch let interruption as SyncInterruption where [.occupied, .outOfTime].contains(interruption) {
            let counts = SyncCounts(try stagedCounts(of: run.id))
            try release(run)
            return report(
                .inProgress, counts, pause: interruption == .occupied ? SyncReport.pauseOfOccupied : 0)
        } catch SyncInterruption.unwanted {
            try endSync(run.id, error: nil, at: now())
            try forgetStagedRecords(of: integration.id)
            throw SyncError.unwanted
        } catch SyncInterruption.lost {
            throw SyncError.overtaken
        } catch {
            try? release(run)
            throw error
        }
    }

    /// Stores the error with the integration. Ends the sync, or only releases the run if the error is transient, so
    /// that the sync continues later.
    private func note(
        _ error: ConnectorError, in run: SyncRun, of integration: Integration, now: Timestamp
    ) throws {
        guard !error.isTransient else {
            try noteDelay(of: integration.id, kind: error.kind, sentence: error.sentence)
            return try release(run)
        }
        try audited {
            // Fails if another process has ended this sync or taken it over, for example after new credentials were
            // stored.
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
        try forgetStagedRecords(of: integration.id)
    }
}
