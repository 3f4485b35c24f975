#if PostgreSQL
    import Base
    import Foundation
    import Store
    import Synchronization
    import TestSupport
    import Testing

    /// A database server is killed repeatedly while the runner's functions write to it.
    @Suite(.enabled(if: TestStore.Engine.ofThisRun == .postgreSQL, "Tests/run starts PostgreSQL"), .usesStore)
    struct OutageTests {
        private let folder: TemporaryFolder
        private let server: OwnServer

        init() throws {
            folder = try TemporaryFolder()
            server = OwnServer(in: folder)
        }

        @Test("No acknowledged write is lost, and service resumes after each outage")
        func noAcknowledgedWriteIsLostAndServiceResumes() throws {
            let url = try server.start()
            defer { _ = try? server.kill() }
            let runner = try DevRunner(in: folder, arguments: ["--database", url])
            let isDone = Atomic(false)
            let next = Atomic(0)
            let acknowledged = Mutex<[String]>([])
            let statuses = Mutex<[Int: Int]>([:])
            let slowest = Mutex(0.0)
            let writers = Threads(count: 4) { _ in
                while !isDone.load(ordering: .acquiring) {
                    let name = "App \(next.add(1, ordering: .relaxed).oldValue)"
                    let start = Date()
                    let status = runner.post(
                        "/api/mcp/app-policy", ["app_name": .string(name), "status": "blocked"], key: runner.writeKey)
                    slowest.withLock { $0 = max($0, Date().timeIntervalSince(start)) }
                    statuses.withLock { $0[status, default: 0] += 1 }
                    if status == 200 { acknowledged.withLock { $0.append(name) } }
                }
            }
            var health: Set<String> = []
            do {
                for round in 1...20 {
                    // The server is killed during writes: more than 20 were acknowledged since this round began.
                    let before = acknowledged.withLock { $0.count }
                    #expect(poll(seconds: 30) { acknowledged.withLock { $0.count } > before + 20 }, "round \(round)")
                    try server.kill()
                    #expect(poll(seconds: 10) { runner.health().status == 503 }, "round \(round)")
                    health.insert(runner.health().database)
                    try server.start()
                    #expect(poll(seconds: 30) { runner.health().status == 200 }, "round \(round)")
                }
            } catch {
                isDone.store(true, ordering: .releasing)
                writers.join()
                throw error
            }
            isDone.store(true, ordering: .releasing)
            writers.join()
            #expect(health == ["unreachable"])
            let counts = statuses.withLock { $0 }
            #expect(Set(counts.keys) == [200, 503], "\(counts)")
            // The time limit of `/api/mcp/app-policy`, which the writers call, is 30 s.
            #expect(slowest.withLock { $0 } < 30)
            let database = try #require(DatabaseURL(url)).database()
            let kept = Set(try database.rows("SELECT app_name FROM app_policies") { try $0[0] as String })
            let lost = acknowledged.withLock { $0.filter { !kept.contains($0) } }
            #expect(lost == [])
            #expect(try AuditLog(database, workspaceID: runner.workspaceID).verify() > 400)
        }
    }
#endif
