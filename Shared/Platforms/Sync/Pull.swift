import Auth
import Base
import Connectors
import Integrations

extension Workspace {
    /// Reads page after page until all lists are finished or the time is up. Returns true if all lists are finished.
    /// Each page is saved before the next one is requested. No page is requested after `deadline`, and a page that has
    /// not come at `pageEnd` is given up, but not within the first second of this call.
    func pull(
        _ run: inout SyncRun, of integration: Integration, with tools: SyncTools,
        until deadline: ContinuousClock.Instant, pageEnd: ContinuousClock.Instant, confirm: () throws -> Void,
        now: Timestamp
    ) throws -> Bool {
        guard !run.position.isPulled else { return true }
        let connector = try tools.connect(
            integration, eventsSince: run.position.eventsSince, olderEvents: run.position.olderEvents,
            seconds: max(1, (pageEnd - ContinuousClock.now) / .seconds(1)))
        let collections = connector.collections
        var index = 0
        if let name = run.position.collection {
            if let place = collections.firstIndex(where: { $0.name == name }) {
                index = place
            } else {
                // This build no longer has the collection, whose cursor means nothing to another one. The sync starts
                // again with the first one.
                run.position.collection = nil
                run.position.beginListAgain()
            }
        }
        let begin = run.position
        var isResuming = run.position.cursor != nil
        var lastSign = ContinuousClock.now
        while index < collections.count {
            guard ContinuousClock.now < deadline else { return false }
            let list = collections[index]
            var page: RecordPage?
            var entries = PageEntries()
            do {
                let found = try list.page(run.position.cursor)
                try run.position.pages.pass(found)
                page = found
            } catch let error as ConnectorError
                where isResuming && error.mayBeOldCursor && ContinuousClock.now < deadline
            {
                // Providers forget cursors. Records that are staged already come again.
                isResuming = false
                run.position.beginListAgain()
                continue
            } catch let error as ConnectorError
                where run.position != begin
                && (error == .outOfTime || (error.isOfProvider && ContinuousClock.now >= deadline))
            {
                // The page did not come, or failed, at the end of the time. The process that continues has more time.
                return false
            } catch let error as ConnectorError {
                try leaveOut(list, after: error, with: connector, in: &run)
                for kept in list.kept { entries.keep(kept) }
            }
            isResuming = false
            if let page { run.position.lists.add(page) }
            if let next = page?.next {
                run.position.collection = list.name
                run.position.cursor = next
            } else {
                index += 1
                run.position.pages = PageGuard()
                run.position.collection = index < collections.count ? collections[index].name : nil
                run.position.cursor = nil
                if index == collections.count { try close(collections, of: integration, in: &run, now: now) }
            }
            try stage(
                page?.entries ?? entries, in: &run, within: tools.quota(plan), on: integration.platform, now: now)
            if ContinuousClock.now - lastSign > .seconds(10) {
                try confirm()
                lastSign = .now
            }
        }
        if !run.position.isPulled {
            try close(collections, of: integration, in: &run, now: now)
            try withWriteLock { try save(run) }
        }
        return true
    }

    /// Leaves out a list that failed, if the sync can do without it.
    ///
    /// A provider may refuse one list with the status for bad credentials, such as the list of a suspended person's
    /// tokens. So the credentials count as bad only if the connector's check is refused as well.
    ///
    /// - Throws: `ConnectorError` if the sync needs the list, if the error concerns all requests, or if the check
    ///   fails.
    private func leaveOut(
        _ list: RecordCollection, after error: ConnectorError, with connector: any Connector, in run: inout SyncRun
    ) throws {
        guard error.isAboutOneRequest else { throw error }
        var error = error
        if case .credentials = error {
            try connector.check()
            error = .refused("The provider refuses the list of \(list.name), though it accepts the credentials.")
        }
        guard list.need == .optional else { throw error }
        run.position.lists.leaveOut(list, error)
    }

    /// Notes that all lists are finished, and holds back the deletions of lists that may have been cut short.
    private func close(
        _ lists: [RecordCollection], of integration: Integration, in run: inout SyncRun, now: Timestamp
    ) throws {
        let held = try listHistory(of: integration.id).heldBack(lists, ended: run.position.lists.ended, now: now)
        run.position.lists.close(lists, heldBack: held)
        run.position.isPulled = true
    }
}

extension PageGuard {
    /// Notes a page before the next one is requested. If the next page begins the list or a part of it, starts a new
    /// guard.
    fileprivate mutating func pass(_ page: RecordPage) throws(ConnectorError) {
        guard !page.beginsAgain, !page.beginsPart else { return self = PageGuard() }
        try pass(
            page.records.map { .string($0.externalID) }, next: page.next, bringsNew: page.entries.count > 0)
    }
}

extension ConnectorError {
    /// True if the provider failed, could not be reached, or gave an answer that can't be read.
    fileprivate var isOfProvider: Bool { if case .provider = self { true } else { false } }

    /// True if the error may come from a cursor that the provider no longer knows.
    fileprivate var mayBeOldCursor: Bool {
        switch self {
        case .provider, .refused, .configuration, .missing: true
        case .credentials, .rateLimited, .unknownOutcome, .outOfTime: false
        }
    }
}
