#if PostgreSQL
    import Store
    import TestSupport
    import Testing

    /// A database server is killed repeatedly while workers run jobs.
    @Suite(.enabled(if: TestStore.Engine.ofThisRun == .postgreSQL, "Tests/run starts PostgreSQL"), .usesStore)
    struct DatabaseRestartTests {
        @Test("With a database server that is killed, no job is lost and no effect doubled")
        func noJobIsLostAndNoEffectDoubled() throws {
            let folder = try TemporaryFolder()
            let server = OwnServer(in: folder)
            let url = try server.start()
            defer { try? server.kill() }
            func connect() throws -> any Database { try #require(DatabaseURL(url)?.database()) }
            let first = try connect()
            try first.migrate()
            let load = try WorkersUnderLoad(first, at: url)
            for _ in 0..<20 { try load.addWork() }
            first.close()
            var workers = try (0..<2).map { _ in try load.start() }
            for round in 1...5 {
                // The server is killed during work: another suspension was requested since this round began.
                let before = load.okta.suspensions
                let isWorking = poll(seconds: 30) { load.okta.suspensions > before }
                #expect(isWorking, "round \(round)")
                try server.kill()
                // A worker that can't reach the database ends. `local-runner work` would start it again; here the test
                // does.
                for worker in workers {
                    #expect(worker.program.waitForEnd(seconds: 60) != nil, "round \(round)")
                }
                try server.start()
                load.database = try connect()
                try load.letTimePass()
                load.database.close()
                workers = try (0..<2).map { _ in try load.start() }
            }
            try load.end(workers)
            load.database = try connect()
            try load.finish()
            try load.check()
        }
    }
#endif
