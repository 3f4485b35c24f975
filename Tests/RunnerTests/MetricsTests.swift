import Base
import Foundation
import TestSupport
import Testing

@testable import Store
@testable import local_runner

/// /metrics of `local-runner serve`, read by Prometheus's own parser.
@Suite(.serialized, .usesStore) struct MetricsTests {
    private static let python = ProcessInfo.processInfo.environment["THALIAN_PYTHON"]
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func serve(_ words: [String], _ environment: [String: String] = [:]) throws -> ServeRunner {
        try ServeRunner(
            .init(database: store.url, words: ["--ip", "127.0.0.1", "--port", "0"] + words, environment: environment))
    }

    /// A sample that the parser has read.
    private struct Sample {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    /// Reads a page with prometheus_client. Also checks that no metric and no sample comes twice.
    private func read(_ page: String) throws -> [Sample] {
        let folder = try TemporaryFolder()
        try folder.write("page", page)
        let script = """
            import json, sys
            from prometheus_client.parser import text_string_to_metric_families
            families = list(text_string_to_metric_families(open(sys.argv[1]).read()))
            names = [family.name for family in families]
            assert len(names) == len(set(names)), names
            for family in families:
                assert family.documentation and family.type != "unknown", family
                keys = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in family.samples]
                assert len(keys) == len(set(keys)), keys
                for sample in family.samples:
                    print(json.dumps({"name": sample.name, "labels": sample.labels, "value": sample.value}))
            """
        let process = try PipedProgram(
            try #require(Self.python), arguments: ["-c", script, folder.path("page")], environment: [:])
        #expect(try process.waitForEnd() == 0, "\(String(decoding: process.errors, as: UTF8.self)) \(page)")
        return try process.output.split(separator: UInt8(ascii: "\n")).map { line in
            let json = try JSON(parsing: Array(line))
            let value: Double =
                switch json["value"] {
                case .integer(let number): Double(number)
                case .number(let number): number
                default: .nan
                }
            return Sample(
                name: json["name"]?.string ?? "", labels: (json["labels"]?.object ?? [:]).compactMapValues(\.string),
                value: value)
        }
    }

    @Test(
        "A strict reader reads the page, and its numbers agree with the requests",
        .enabled(if: python != nil, "Tests/run sets THALIAN_PYTHON up"))
    func numbers() throws {
        let workspace = store.own.id
        for (number, state) in ["waiting", "ready", "ready"].enumerated() {
            try store.database.execute(
                """
                INSERT INTO jobs (workspace_id, id, kind, lane, state, urgency, order_key, unique_key, claim_no, payload,
                    run_after, created_at)
                VALUES ($1, $2, 'sync', 'sync:okta', $3, 0, 0, $4, 0, '{}', $5, $5)
                """, workspace, Identifier.random(), state, "key \(number)", Timestamp.now - 100)
        }
        let server = try serve(["--metrics", "127.0.0.1:0"])
        let client = try server.connect()
        for _ in 0..<3 { #expect(try client.request("GET", "/reuse").status == 200) }
        #expect(try client.request("GET", "/reuse?do=status&n=418").status == 418)
        #expect(try client.request("GET", "/spawn?do=exit&n=3").status == 502)
        #expect(try client.request("GET", "/nowhere").status == 404)
        #expect(try client.request("GET", "/reuse?do=count").status == 200)
        let reply = try TCPClient(port: server.metricsPort).request("GET", "/metrics")
        #expect(reply.status == 200 && reply["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        let samples = try read(reply.text)
        func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
            samples.first { $0.name == name && $0.labels == labels }?.value
        }
        let name = "thalian_requests_total"
        #expect(value(name, ["function": "fixture-reuse", "status": "200"]) == 4)
        #expect(value(name, ["function": "fixture-reuse", "status": "418"]) == 1)
        #expect(value(name, ["function": "fixture-spawn", "status": "502"]) == 1)
        #expect(value(name, ["function": "", "status": "404"]) == 1)
        #expect(value("thalian_request_duration_seconds_count", ["function": "fixture-reuse"]) == 5)
        let buckets = samples.filter {
            $0.name == "thalian_request_duration_seconds_bucket" && $0.labels["function"] == "fixture-reuse"
        }.map(\.value)
        #expect(buckets.count == Metrics.bounds.count + 1 && buckets == buckets.sorted() && buckets.last == 5)
        #expect((value("thalian_request_duration_seconds_sum", ["function": "fixture-reuse"]) ?? 0) > 0)
        #expect(value("thalian_process_starts_total", ["function": "fixture-reuse"]) == 1)
        #expect(value("thalian_process_starts_total", ["function": "fixture-spawn"]) == 1)
        #expect(value("thalian_process_crashes_total", ["function": "fixture-spawn"]) == 1)
        #expect(value("thalian_process_crashes_total", ["function": "fixture-reuse"]) == nil)
        #expect(value("thalian_places", ["function": "fixture-reuse"]) == 8)
        #expect(value("thalian_places_in_use", ["function": "fixture-reuse"]) == 0)
        #expect(value("thalian_jobs", ["kind": "sync", "platform": "okta", "state": "ready"]) == 2)
        #expect(value("thalian_jobs", ["kind": "sync", "platform": "okta", "state": "waiting"]) == 1)
        let oldest = value("thalian_jobs_oldest_ready_seconds", ["kind": "sync", "platform": "okta"])
        #expect(oldest.map { (99...160).contains($0) } == true, "\(oldest ?? -1)")
        #expect(value("thalian_store_up") == 1 && value("thalian_draining") == 0)
        #expect(value("thalian_upstream_requests_total", ["platform": "okta", "status": "200"]) == 3)
        #expect(value("thalian_upstream_requests_total", ["platform": "okta", "status": "unreachable"]) == 1)
        #expect(value("thalian_syncs_total", ["platform": "okta", "result": "completed"]) == 1)
    }

    @Test(
        "A function's thalian_places_in_use counts a request while it is served",
        .enabled(if: python != nil, "Tests/run sets THALIAN_PYTHON up"))
    func places() throws {
        let server = try serve(["--metrics", "127.0.0.1:0"])
        let slow = try server.connect()
        try slow.send("GET /spawn?do=sleep&n=5000 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(
            try poll {
                try read(try server.get("/metrics", port: server.metricsPort).text).contains {
                    $0.name == "thalian_places_in_use" && $0.labels == ["function": "fixture-spawn"] && $0.value == 1
                }
            })
    }

    @Test("The port for metrics has no functions, and the main port needs the token")
    func access() throws {
        let token = String(repeating: "t", count: 40)
        let server = try serve(["--metrics", "127.0.0.1:0"], ["METRICS_TOKEN": token])
        #expect(try server.get("/healthz", port: server.metricsPort).status == 200)
        #expect(try server.get("/readyz", port: server.metricsPort).status == 200)
        for path in ["/reuse", "/", "/cdn-cgi/handler/scheduled"] {
            #expect(try server.get(path, port: server.metricsPort).status == 404)
        }
        for field in ["X: y", "Authorization: Bearer \(token)x", "Authorization: Bearer", "Authorization: \(token)"] {
            #expect(try server.get("/metrics", [field]).status == 401, "\(field)")
        }
        let reply = try server.get("/metrics", ["Authorization: Bearer \(token)"])
        #expect(reply.status == 200 && reply.text.contains("thalian_store_up 1\n"))
        #expect(!server.log.contains(token))
        let closed = try serve([])
        #expect(try closed.get("/metrics", ["Authorization: Bearer "]).status == 404)
    }

    @Test("If the port for metrics is in use, the message names the option --metrics") func busyPort() throws {
        let first = try serve([])
        let second = try serve(["--metrics", "127.0.0.1:\(first.port)"])
        #expect(second.process.waitForEnd() == 1)
        #expect(second.log.contains("name another port with --metrics (0 picks a free one)"), "\(second.log)")
    }

    @Test("If the database does not answer, the page has all other metrics")
    func withoutDatabase() throws {
        let server = try ServeRunner(
            .init(
                database: "sqlite:/nonexistent/store.db",
                words: ["--ip", "127.0.0.1", "--port", "0", "--metrics", "127.0.0.1:0"]))
        _ = try server.get("/reuse")
        let text = try server.get("/metrics", port: server.metricsPort).text
        #expect(text.contains("thalian_store_up 0\n") && !text.contains("thalian_jobs"))
        #expect(text.contains(#"thalian_requests_total{function="fixture-reuse",status="200"} 1"#))
    }

    @Test("A database whose queue can't be read can't serve")
    func unreadableQueue() throws {
        #expect(StoreState.look(store.database).canServe)
        try store.database.execute("ALTER TABLE jobs RENAME TO other_jobs")
        let state = StoreState.look(store.database)
        #expect(!state.canServe && state.problem != nil && state.lanes.isEmpty)
    }

    @Test("A database with a newer schema can serve if all later migrations are additive")
    func newerSchema() throws {
        func add(_ version: Int, oldestBuild: Int?) throws {
            try store.database.execute(
                "INSERT INTO schema_migrations (version, name, applied_at, oldest_build) VALUES ($1, 'later', $2, $3)",
                version, TestStore.now, oldestBuild)
            if TestStore.Engine.ofThisRun == .sqlite {
                try store.database.execute(SQL(text: "PRAGMA user_version = \(version)"))
            }
        }
        let own = SchemaState.ofThisBuild
        try add(own + 1, oldestBuild: nil)
        #expect(StoreState.look(store.database).canServe)
        try add(own + 2, oldestBuild: own + 2)
        let state = StoreState.look(store.database)
        #expect(!state.canServe && state.problem?.contains("use the newer build") == true)
    }

    @Test("Only counter lines of functions are counted, and hostile lines add no labels")
    func lines() {
        let metrics = Metrics()
        func note(_ line: String) { metrics.note(line: Array(line.utf8)) }
        note(#"{"counter":"syncs","platform":"okta","result":"completed"}"#)
        for line in [
            #"{"message":"\"counter\":\"syncs\"","platform":"okta","result":"completed"}"#, #""counter":"syncs""#,
            #"{"counter":"syncs","platform":"Okta\"} 1","result":"completed"}"#,
            #"{"counter":"syncs","platform":"okta"}"#,
            #"{"counter":"upstream_requests","platform":"okta","statuses":{"200":-1,"a b":1,"201":"x","202":99999999}}"#,
            #"{"counter":"other","platform":"okta","result":"completed"}"#, "{",
        ] { note(line) }
        #expect(metrics.syncs == [Metrics.Pair(first: "okta", second: "completed"): 1])
        #expect(metrics.upstreamRequests.isEmpty)
        for number in 0..<3_000 { note(#"{"counter":"syncs","platform":"okta","result":"r\#(number)"}"#) }
        #expect(metrics.syncs.count == 1_000)
    }

    @Test("Values of labels are escaped")
    func escaping() {
        var text = MetricsText()
        text.sample("a", [("b", "c\"d\\e\nf")], 1)
        text.sample("a", [], microseconds: 1_250_000)
        #expect(String(decoding: text.bytes, as: UTF8.self) == "a{b=\"c\\\"d\\\\e\\nf\"} 1\na 1.25\n")
    }
}
