import Auth
import Base
import Connectors
import Store

extension Workspace {
    /// Pulls page after page until all has come or the time is up; whether all has come. Each page is safe before the
    /// next one is asked for. None is begun after `deadline`, and none waited for after `pageEnd`.
    func pull(
        _ run: inout SyncRun, of integration: SyncedIntegration, with tools: SyncTools,
        until deadline: ContinuousClock.Instant, pageEnd: ContinuousClock.Instant, keepAlive: () throws -> Void,
        now: Timestamp
    ) throws -> Bool {
        guard !run.position.isPulled else { return true }
        let begin = run.position
        let connector = try tools.connect(
            integration, in: id, eventsSince: run.position.eventsSince,
            seconds: max(1, (pageEnd - ContinuousClock.now) / .seconds(1)))
        let collections = connector.collections
        // A collection that is no longer there leaves the sync to begin anew.
        var index = collections.firstIndex { $0.name == run.position.collection } ?? 0
        var isResuming = run.position.cursor != nil
        var lastSign = ContinuousClock.now
        while index < collections.count {
            guard ContinuousClock.now < deadline else { return false }
            let page: RecordPage
            do {
                page = try collections[index].page(run.position.cursor)
            } catch let error as ConnectorError
                where isResuming && error.mayBeOldCursor && ContinuousClock.now < deadline
            {
                // Providers forget their cursors; what is staged already comes again.
                isResuming = false
                run.position.cursor = nil
                continue
            } catch ConnectorError.provider where ContinuousClock.now >= deadline && run.position != begin {
                // It did not come in what was left of the time; whoever goes on has more.
                return false
            }
            isResuming = false
            run.position.leftOut += page.leftOut.filter { !run.position.leftOut.contains($0) }
            if let kind = page.kept { run.position.kept.insert(kind.rawValue) }
            if let next = page.next {
                run.position.collection = collections[index].name
                run.position.cursor = next
            } else {
                index += 1
                run.position.collection = index < collections.count ? collections[index].name : nil
                run.position.cursor = nil
                run.position.isPulled = index == collections.count
            }
            try stage(page.records, in: run, on: integration.platform, now: now)
            if ContinuousClock.now - lastSign > .seconds(10) {
                try keepAlive()
                lastSign = .now
            }
        }
        if !run.position.isPulled {
            run.position.isPulled = true
            try exclusively { try save(run) }
        }
        return true
    }
}

extension ConnectorError {
    /// Whether it may come from a cursor that the provider no longer knows.
    fileprivate var mayBeOldCursor: Bool {
        switch self {
        case .provider, .refused, .configuration, .missing: true
        case .credentials, .rateLimited, .unknownOutcome: false
        }
    }
}
