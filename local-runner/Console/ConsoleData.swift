@_spi(System) import Auth
import Base
import Jobs
import Store

/// The data of the console that comes from the server's own counts and from the job queue.
extension Server {
    /// Returns the functions with their counts, durations, processes and last errors.
    func functionList(_ failures: [String: RecentLines.Failure]) -> JSON {
        let functions = pools.map { pool -> JSON in
            let function = pool.program.function
            let name = function.function
            let durations = metrics.durations[name]
            return [
                "function": .string(name), "route": .string(function.route),
                "methods": .array(function.methods.sorted().map(JSON.string)),
                "dispatch": .string(function.dispatch.rawValue),
                "requests": Self.counts(metrics.requests, of: name), "runs": Self.counts(metrics.runs, of: name),
                "mean_ms": durations?.mean.map(Self.milliseconds) ?? .null,
                "median_ms": durations?.bound(of: 0.5).map(Self.milliseconds) ?? .null,
                "p95_ms": durations?.bound(of: 0.95).map(Self.milliseconds) ?? .null,
                "places": .integer(pool.limits.concurrency), "in_use": .integer(pool.inUse),
                "waiting": .integer(pool.waitingCount), "processes": .integer(pool.processCount),
                "starts": .integer(metrics.starts[name] ?? 0), "crashes": .integer(metrics.crashes[name] ?? 0),
                "last_error": failures[name]?.json ?? .null,
            ]
        }
        return ["functions": .array(functions)]
    }

    /// Returns the cron triggers, and the state of the job queue with its latest jobs. `jobs` is null if the database
    /// can't be read. The database is read on the loop, which `dev` can afford.
    func scheduleList(_ database: any Database) -> JSON {
        let now = Timestamp.now
        let triggers = crons.map { trigger -> JSON in
            [
                "cron": .string(trigger.cron.description), "function": .string(trigger.function),
                "next_at": .string(trigger.cron.next(after: now).description),
                "is_running": .bool(isRunning(trigger)), "runs": Self.counts(metrics.runs, of: trigger.function),
            ]
        }
        let access = SystemAccess(database)
        let queue = try? JobEntry.json(access.jobLanes(now: now), access.jobs(nil, limit: 20))
        return ["triggers": .array(triggers), "queue": queue ?? .null]
    }

    /// Returns the counts of one function, by status.
    private static func counts(_ counts: [Metrics.Pair: Int], of function: String) -> JSON {
        let own = counts.filter { $0.key.first == function }
        return .object(Dictionary(own.map { ($0.key.second, JSON.integer($0.value)) }) { $1 })
    }

    private static func milliseconds(_ microseconds: Int) -> JSON { .number(Double(microseconds / 100) / 10) }
}

extension Metrics.Durations {
    private var count: Int { counts.reduce(0, +) }

    /// The mean duration in microseconds; nil without a request.
    fileprivate var mean: Int? { count == 0 ? nil : sum / count }

    /// Returns the smallest bound of the histogram, in microseconds, that at least this share of the requests did not
    /// exceed. Returns nil if there is none.
    fileprivate func bound(of share: Double) -> Int? {
        let needed = (Double(count) * share).rounded(.up)
        guard needed > 0 else { return nil }
        var within = 0
        for (bound, own) in zip(Metrics.bounds, counts) {
            within += own
            if Double(within) >= needed { return bound }
        }
        return nil
    }
}

extension RecentLines.Failure {
    fileprivate var json: JSON {
        [
            "time": .string(time.description), "line": .string(line), "status": .integer(status),
            "request_id": .string(requestID),
        ]
    }
}
