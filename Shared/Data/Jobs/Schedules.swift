@_spi(System) public import Auth
public import Base
import Store

// The schedule for hourly work. The work of each integration and workspace is due at a second of the hour that is
// derived from its id. The second is the same on all machines, and remains the same after an outage. It is therefore
// always known how late a run is.
extension Identifier {
    /// Returns the next time after `moment` at which the hourly work for the object with this id is due.
    public func hourlyTime(after moment: Timestamp) -> Timestamp {
        let offset = Int(description.prefix(8), radix: 16).map { $0 % .hours(1) } ?? 0
        let sinceOffset = (moment.seconds - offset) % .hours(1)
        return moment + (.hours(1) - (sinceOffset < 0 ? sinceOffset + .hours(1) : sinceOffset))
    }
}

extension SystemAccess {
    /// The largest number of due rows that are read at once.
    private static let batch = 500

    /// Queues a housekeeping job for each workspace in which one is due, and schedules the next.
    public func queueDueHousekeeping(now: Timestamp, _ log: Log) throws {
        try queueInBatches(log) { limit in
            let due = try workspacesDueForHousekeeping(now: now, limit: limit)
            return Dictionary(due.map { id in (id, { try $0.queueDueHousekeeping(now: now) }) }) { first, _ in first }
        }
    }

    /// Calls `due` and runs the work that it returns for each workspace, in a transaction of its own, until nothing is
    /// due or all transactions of a batch fail. If the store fails in one workspace's transaction, the log gets the
    /// error, and the others still run.
    ///
    /// - Parameter due: Reads the due items, at most as many as its limit, and returns the work to do in each of their
    ///   workspaces.
    /// - Throws: `StoreError.unreachable` if the database can't be reached, and every error of the work that is not a
    ///   `StoreError`.
    public func queueInBatches(
        _ log: Log, _ due: (_ limit: Int) throws -> [Identifier: (Workspace) throws -> Void]
    ) throws {
        while true {
            let all = try due(Self.batch)
            var failures = 0
            for (id, queue) in all {
                do {
                    try database.transaction(.write) { if let workspace = try workspace(id) { try queue(workspace) } }
                } catch let error as StoreError {
                    if case .unreachable = error { throw error }
                    failures += 1
                    log.write(.error, "due jobs were not queued: \(error)", [("workspace_id", .string(id.description))])
                }
            }
            guard all.count > failures else { return }
        }
    }
}

extension Workspace {
    fileprivate func queueDueHousekeeping(now: Timestamp) throws {
        if try beginHousekeeping(now: now, next: id.hourlyTime(after: now)) {
            try enqueue(.housekeeping, payload: [:], key: "housekeeping \(id)", urgency: .upkeep, now: now)
        }
    }
}
