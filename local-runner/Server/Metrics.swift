import Base

/// Counts the server's work, for /metrics.
///
/// Functions report calls of providers and syncs by their log lines, as objects with the member `counter`. These are
/// the lines of processes that this server has started. Lines that are lost, because a process was killed or its pipe
/// was full, are not counted.
final class Metrics {
    /// The upper bounds of the latency histogram, in microseconds.
    static let bounds = [
        5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
        30_000_000, 60_000_000,
    ]
    /// The largest number of label pairs that each counter of log lines may have. Without it, a function that reports
    /// ever new labels could use up the memory.
    private static let mostLabels = 1_000

    /// The labels of a counter that has two of them.
    struct Pair: Hashable {
        let first: String
        let second: String
    }

    /// The durations of a function's requests.
    struct Durations {
        /// The number of requests within each bound and above the one before; the last element counts longer ones.
        fileprivate(set) var counts = [Int](repeating: 0, count: Metrics.bounds.count + 1)
        /// The sum of the durations, in microseconds.
        fileprivate(set) var sum = 0
    }

    /// Answered and abandoned requests by function and status, without those for the server's own pages; of these, only
    /// refused ones for /metrics count. The function is empty for requests that reached none.
    private(set) var requests: [Pair: Int] = [:]
    private(set) var durations: [String: Durations] = [:]
    /// Runs of schedules by function and status.
    private(set) var runs: [Pair: Int] = [:]
    /// Started processes by function. Children that a process forks are not counted.
    private(set) var starts: [String: Int] = [:]
    /// Processes and forked children that failed, or ended although they were not asked to, by function.
    private(set) var crashes: [String: Int] = [:]
    /// Calls of providers by platform and status. A call without an answer has a word, such as `unreachable`, as its
    /// status.
    private(set) var upstreamRequests: [Pair: Int] = [:]
    /// Syncs by platform and result.
    private(set) var syncs: [Pair: Int] = [:]

    /// Counts a request. `duration` is in microseconds.
    func noteRequest(_ function: String, status: Int, duration: Int) {
        requests[Pair(first: function, second: String(status)), default: 0] += 1
        let bound = Self.bounds.firstIndex { duration <= $0 } ?? Self.bounds.count
        durations[function, default: Durations()].counts[bound] += 1
        durations[function, default: Durations()].sum += max(0, duration)
    }

    /// Counts a run of a schedule.
    func noteRun(_ function: String, status: Int) {
        runs[Pair(first: function, second: String(status)), default: 0] += 1
    }

    func noteStart(_ function: String) { starts[function, default: 0] += 1 }

    func noteCrash(_ function: String) { crashes[function, default: 0] += 1 }

    private static let counterMember = Array(#""counter":""#.utf8)

    /// Counts the calls or the sync that a log line of a function reports. Only a member of the JSON object counts: in
    /// the text of a message, the quotation marks would be escaped.
    func note(line: [UInt8]) {
        guard line.firstRange(of: Self.counterMember) != nil, let json = try? JSON(parsing: line),
            let platform = json["platform"]?.string, Self.isLabel(platform)
        else { return }
        switch json["counter"]?.string {
        case "upstream_requests":
            for (status, count) in json["statuses"]?.object ?? [:] {
                guard let count = count.integer else { continue }
                Self.add(count, to: &upstreamRequests, platform, status)
            }
        case "syncs": if let result = json["result"]?.string { Self.add(1, to: &syncs, platform, result) }
        default: break
        }
    }

    private static func add(_ count: Int, to counts: inout [Pair: Int], _ first: String, _ second: String) {
        let pair = Pair(first: first, second: second)
        guard isLabel(second), (0...1_000_000).contains(count), counts[pair] != nil || counts.count < mostLabels else {
            return
        }
        counts[pair, default: 0] += count
    }

    private static func isLabel(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "_")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
    }
}
