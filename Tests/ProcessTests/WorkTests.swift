@_spi(System) import Auth
import Base
import Foundation
import Integrations
import Jobs
import Store
import TestSupport
import Testing

/// `local-runner work` as a program. In place of scheduled-jobs it has a function whose jobs behave as their payloads
/// say.
@Suite(.serialized, .usesStore) struct WorkTests {
    private let store: TestStore
    private let folder: TemporaryFolder
    private let workspaces: [Workspace]

    init() throws {
        store = try TestStore()
        let access = SystemAccess(store.database)
        workspaces = try [store.own.id, store.other.id].map { try #require(try access.workspace($0)) }
        folder = try TemporaryFolder()
        // The runner looks for functions in its own folder.
        try FileManager.default.linkItem(
            atPath: BuiltProducts.folder + "/local-runner", toPath: folder.path("local-runner"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("scheduled-jobs"), withDestinationPath: BuiltProducts.folder + "/fixture-jobs")
        try write(function: "scheduled-jobs")
    }

    private func write(function: String) throws {
        try folder.write(
            "wrangler-like.json",
            """
            {"name": "test", "vars": {"JOB_PROCESSES": "1", "JOB_WORKER_SECONDS": "1"},
             "functions": [{"route": "/scheduled/jobs", "function": "\(function)", "methods": [],
                "bindings": ["DATABASE_URL", "JOB_PROCESSES", "JOB_WORKER_SECONDS"]}],
             "triggers": {"crons": [{"cron": "* * * * *", "function": "\(function)"}]}}
            """)
    }

    private func start(_ options: [String] = []) throws -> TestProcess {
        try start(["--database", store.url] + options, environment: [:])
    }

    private func start(_ options: [String] = [], environment: [String: String]) throws -> TestProcess {
        try TestProcess(
            folder.path("local-runner"),
            ["work", "--config", folder.path("wrangler-like.json"), "--persist-to", folder.path("state")] + options,
            environment: environment, log: folder.path("log"))
    }

    @discardableResult
    private func enqueue(_ what: String, in workspace: Int = 0) throws -> Identifier {
        try workspaces[workspace].enqueue(.sync, payload: ["do": .string(what)])
    }

    /// The ids of the processes that have logged `holding as ID`, the earliest first. Their jobs wait forever.
    private var holders: [pid_t] {
        folder.read("log").components(separatedBy: "holding as ").dropFirst().compactMap { text in
            pid_t(text.prefix { $0.isNumber })
        }
    }

    /// Returns the numbers of attempts of the sync jobs in a state. Other jobs don't count, because the worker also
    /// queues due housekeeping.
    private func jobs(_ state: String) throws -> [Int] {
        try store.database.rows(
            "SELECT attempts FROM jobs WHERE kind = 'sync' AND state = $1 ORDER BY attempts", state
        ) { try $0[0] as Int }
    }

    @Test("The configured number of jobs runs at once, each in its own process")
    func soManyJobsRunAtOnceAsItWasToldEachInAProcessOfItsOwn() throws {
        for workspace in [0, 0, 1, 1, 1] { try enqueue("hold", in: workspace) }
        let worker = try start(["--processes", "3"])
        try #require(poll(seconds: 60) { holders.count == 3 }, "\(folder.read("log"))")
        let children = ProcessTable.descendants(of: worker.id)
        #expect(Set(holders).count == 3 && Set(holders).isSubset(of: children))
        #expect(try jobs("running") == [1, 1, 1])
        #expect(try jobs("ready") == [0, 0])
        // The next job takes the place of one that has ended.
        kill(holders[0], SIGKILL)
        #expect(poll(seconds: 30) { holders.count == 4 })
        #expect(try jobs("running") == [1, 1, 1])
        #expect(try jobs("ready") == [0])
        #expect(try jobs("waiting") == [1])
        #expect(worker.isRunning)
    }

    @Test("A worker gives its jobs back when it is asked to end") func itGivesItsJobsBackWhenItIsAskedToEnd() throws {
        let held = try (0..<2).map { try enqueue("hold", in: $0) }
        let worker = try start(["--processes", "2"])
        #expect(poll(seconds: 60) { holders.count == 2 }, "\(folder.read("log"))")
        let processes = ProcessTable.descendants(of: worker.id)
        worker.send(SIGTERM)
        #expect(worker.waitForEnd(seconds: 30) == 0)
        #expect(processes.count >= 3 && poll(seconds: 30) { !processes.contains(where: ProcessTable.isAlive) })
        for job in held {
            let row = try store.database.first("SELECT state, attempts, error FROM jobs WHERE id = $1", job) { row in
                [row.text(0), row.text(1), row.text(2)]
            }
            #expect(
                row == ["waiting", "0", "Its worker was stopped."] || row == ["ready", "0", "Its worker was stopped."])
        }
        // Another worker starts the jobs again.
        let next = try start(["--processes", "2"])
        #expect(poll(seconds: 60) { holders.count == 2 })
        #expect(try jobs("running") == [1, 1])
        #expect(next.isRunning)
    }

    @Test("A worker that has died is started again") func itStartsAgainWhatHasDied() throws {
        let worker = try start()
        let first = try enqueue("complete")
        func isDone(_ job: Identifier) throws -> Bool {
            try store.database.first("SELECT 1 FROM jobs WHERE id = $1", job) { _ in true } == nil
        }
        #expect(try poll(seconds: 60) { try isDone(first) }, "\(folder.read("log"))")
        for process in ProcessTable.descendants(of: worker.id) { kill(process, SIGKILL) }
        let second = try enqueue("complete")
        // If the process was killed during a job, the job's claim may have to expire first.
        #expect(try poll(seconds: 300) { try isDone(second) }, "\(folder.read("log"))")
        #expect(folder.read("log").contains("the worker ended with status 137; restarting it"))
        worker.send(SIGINT)
        #expect(worker.waitForEnd(seconds: 30) == 0)
    }

    @Test("The pauses before a failing worker is started again grow")
    func theRestartsOfAFailingWorkerGetRarer() throws {
        try FileManager.default.removeItem(atPath: folder.path("scheduled-jobs"))
        try folder.write("scheduled-jobs", "#!/bin/sh\nexit 1\n")
        chmod(folder.path("scheduled-jobs"), 0o755)
        let worker = try start()
        func restarts() -> Int {
            folder.read("log").components(separatedBy: "the worker ended with status 1; restarting it").count - 1
        }
        #expect(poll(seconds: 30) { restarts() == 1 }, "\(folder.read("log"))")
        sleep(9)
        // The pauses are 2, 4 and 8 seconds long.
        #expect((2...3).contains(restarts()), "\(folder.read("log"))")
        #expect(worker.isRunning)
    }

    @Test("A worker uses the database that its environment names, and creates none")
    func theEnvironmentsDatabaseIsUsed() throws {
        try folder.write("url", store.url + "\n")
        for environment in [["DATABASE_URL": store.url], ["DATABASE_URL_FILE": folder.path("url")]] {
            let job = try enqueue("complete")
            let worker = try start(environment: environment)
            let isDone = try poll(seconds: 60) {
                try store.database.first("SELECT 1 FROM jobs WHERE id = $1", job) { _ in true } == nil
            }
            #expect(isDone && worker.isRunning, "\(folder.read("log"))")
            worker.send(SIGTERM)
            #expect(worker.waitForEnd(seconds: 30) == 0)
        }
        let missing = "sqlite:" + folder.path("missing.db")
        #expect(try start(environment: ["DATABASE_URL": missing]).waitForEnd(seconds: 30) == 1)
        #expect(folder.read("log").contains("there is no database at \(missing)"), "\(folder.read("log"))")
        #expect(
            try start(environment: ["DATABASE_URL_FILE": folder.path("none")]).waitForEnd(seconds: 30) == 1)
        #expect(folder.read("log").contains("names \(folder.path("none")), which can't be read"))
        for name in ["state", "missing.db", ".dev.vars"] {
            #expect(!FileManager.default.fileExists(atPath: folder.path(name)), "\(name)")
        }
    }

    @Test("Damaged jobs end neither the worker nor other jobs, and the log names those with a readable id")
    func damagedJobsEndNothing() throws {
        let damaged = try (0..<5).map { _ in try enqueue("complete") }
        try store.database.execute("UPDATE jobs SET kind = 'analysis'")
        let good = try enqueue("complete")
        if TestStore.Engine.ofThisRun == .sqlite {
            try store.database.execute("UPDATE jobs SET id = 'broken' WHERE id = $1", damaged[0])
            let late = try enqueue("complete")
            try store.database.execute(
                "UPDATE jobs SET state = 'waiting', run_after = 'no time' WHERE id = $1", late)
        }
        let worker = try start()
        let isDone = try poll(seconds: 90) {
            try store.database.first("SELECT 1 FROM jobs WHERE kind <> 'housekeeping'") { _ in true } == nil
        }
        #expect(isDone, "\(folder.read("log"))")
        let log = folder.read("log")
        for id in damaged.dropFirst() { #expect(log.contains(id.description), "\(log)") }
        #expect(log.contains("a job is dead: Its kind can't be read."), "\(log)")
        #expect(!log.contains("restarting it") && worker.isRunning, "\(log)")
        #expect(try store.database.first("SELECT count(*) FROM dead_jobs") { try $0[0] as Int } == 5)
        #expect(try store.database.first("SELECT 1 FROM dead_jobs WHERE id = $1", good) { _ in true } == nil)
    }

    @Test("Invalid options and a missing function are reported") func whatItCanNotDoItSays() throws {
        for processes in ["0", "257", "many"] {
            #expect(try start(["--processes", processes]).waitForEnd(seconds: 30) == 2)
            #expect(folder.read("log").contains("--processes"), "\(folder.read("log"))")
        }
        try write(function: "fixture-jobs")
        #expect(try start().waitForEnd(seconds: 30) == 1)
        #expect(folder.read("log").contains("no function scheduled-jobs"), "\(folder.read("log"))")
    }
}
