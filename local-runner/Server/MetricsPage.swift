import Base

extension Server {
    /// Returns the page /metrics. `state` is the database's state; nil if it is not known.
    func metricsPage(_ state: StoreState?) -> [UInt8] {
        var text = MetricsText()
        writeRequests(to: &text)
        writeProcesses(to: &text)
        writeReports(to: &text)
        writeStore(state, to: &text)
        return text.bytes
    }

    private func writeRequests(to text: inout MetricsText) {
        text.begin("thalian_requests_total", .counter, "Answered requests by function and status.")
        for (pair, count) in metrics.requests.sorted(by: <) {
            text.sample("thalian_requests_total", [("function", pair.first), ("status", pair.second)], count)
        }
        let name = "thalian_request_duration_seconds"
        text.begin(name, .histogram, "Time from the end of a request's head to the end of its answer.")
        for (function, durations) in metrics.durations.sorted(by: { $0.key < $1.key }) {
            var count = 0
            for (index, own) in durations.counts.enumerated() {
                count += own
                let bound = Metrics.bounds[at: index].map(MetricsText.seconds) ?? "+Inf"
                text.sample(name + "_bucket", [("function", function), ("le", bound)], count)
            }
            text.sample(name + "_sum", [("function", function)], microseconds: durations.sum)
            text.sample(name + "_count", [("function", function)], count)
        }
        text.begin("thalian_places", .gauge, "Requests that a function may serve at once.")
        for pool in pools { text.sample("thalian_places", pool.label, pool.limits.concurrency) }
        text.begin("thalian_places_in_use", .gauge, "Requests that a function serves now.")
        for pool in pools { text.sample("thalian_places_in_use", pool.label, pool.inUse) }
        text.begin("thalian_requests_waiting", .gauge, "Requests that wait for a place.")
        for pool in pools { text.sample("thalian_requests_waiting", pool.label, pool.waitingCount) }
        text.begin("thalian_connections", .gauge, "Connections of clients.")
        text.sample("thalian_connections", [], connections.count)
        text.begin("thalian_draining", .gauge, "1 if the server finishes its work and stops, else 0.")
        text.sample("thalian_draining", [], isDraining ? 1 : 0)
    }

    private func writeProcesses(to text: inout MetricsText) {
        text.begin("thalian_process_starts_total", .counter, "Started processes by function, without forks of them.")
        for (function, count) in metrics.starts.sorted(by: { $0.key < $1.key }) {
            text.sample("thalian_process_starts_total", [("function", function)], count)
        }
        text.begin(
            "thalian_process_crashes_total", .counter, "Processes, forks too, that ended by themselves or failed.")
        for (function, count) in metrics.crashes.sorted(by: { $0.key < $1.key }) {
            text.sample("thalian_process_crashes_total", [("function", function)], count)
        }
        text.begin("thalian_schedule_runs_total", .counter, "Runs of schedules by function and status.")
        for (pair, count) in metrics.runs.sorted(by: <) {
            text.sample("thalian_schedule_runs_total", [("function", pair.first), ("status", pair.second)], count)
        }
    }

    private func writeReports(to text: inout MetricsText) {
        text.begin("thalian_syncs_total", .counter, "Ended syncs of this server's processes by platform and result.")
        for (pair, count) in metrics.syncs.sorted(by: <) {
            text.sample("thalian_syncs_total", [("platform", pair.first), ("result", pair.second)], count)
        }
        text.begin(
            "thalian_upstream_requests_total", .counter,
            "Calls of providers by this server's processes, by platform and status.")
        for (pair, count) in metrics.upstreamRequests.sorted(by: <) {
            text.sample("thalian_upstream_requests_total", [("platform", pair.first), ("status", pair.second)], count)
        }
    }

    private func writeStore(_ state: StoreState?, to text: inout MetricsText) {
        text.begin("thalian_store_up", .gauge, "1 if functions of this build can use the database, else 0.")
        text.sample("thalian_store_up", [], state?.canServe == true ? 1 : 0)
        guard let state, state.canServe else { return }
        text.begin("thalian_jobs", .gauge, "Jobs in the database by kind, platform and state.")
        for lane in state.lanes {
            for (name, count) in lane.counts.sorted(by: { $0.key < $1.key }) {
                text.sample("thalian_jobs", lane.labels + [("state", name)], count)
            }
        }
        text.begin("thalian_jobs_oldest_ready_seconds", .gauge, "Time since the oldest ready job became due.")
        for lane in state.lanes {
            if let oldest = lane.oldestReady { text.sample("thalian_jobs_oldest_ready_seconds", lane.labels, oldest) }
        }
    }
}

extension StoreState.Lane {
    fileprivate var labels: [(name: String, value: String)] { [("kind", kind), ("platform", platform)] }
}

extension FunctionPool {
    fileprivate var label: [(name: String, value: String)] { [("function", program.function.function)] }
}

/// Orders the samples of a counter by their labels.
private func < (left: (key: Metrics.Pair, value: Int), right: (key: Metrics.Pair, value: Int)) -> Bool {
    (left.key.first, left.key.second) < (right.key.first, right.key.second)
}
