import Base
import HTTP
import Integrations
import Jobs
import Store
import TestSupport
import Testing

/// The jobs that send events.
@Suite(.usesStore) struct OutboundDeliveryTests {
    private let receiver: Receiver
    private var store: TestStore { receiver.store }

    init() throws {
        receiver = try Receiver()
        receiver.connect()
    }

    private func announce(at now: Timestamp = .now) throws {
        let workspace = try receiver.workspace
        try workspace.withWriteLock {
            try workspace.announce([OutboundEvent(.actionWaiting, ["id": "x"], at: now)])
        }
    }

    private func job() throws -> (state: String, attempts: Int, runAfter: Timestamp, error: String?)? {
        try store.database.first(
            "SELECT state, attempts, run_after, error FROM jobs WHERE workspace_id = $1 AND kind = 'outbound'",
            store.own.id
        ) { row in (try row[0], try row[1], try row[2], try row[3]) }
    }

    private func dead() throws -> [String] {
        try store.database.rows(
            "SELECT error FROM dead_jobs WHERE workspace_id = $1 AND kind = 'outbound'", store.own.id
        ) { try $0[0] }
    }

    @Test("A message names its workspace, type and time") func message() throws {
        let now = Timestamp.now
        try announce(at: now)
        try receiver.runJobs(at: now)
        let message = try #require(receiver.messages.first)
        #expect(
            message.json == [
                "type": "action.waiting", "timestamp": .string(now.description),
                "workspace_id": .string(store.own.id.description), "data": ["id": "x"],
            ])
        #expect(try job() == nil)
    }

    @Test("An event whose transaction fails is not sent") func undone() throws {
        struct Undone: Error {}
        let workspace = try receiver.workspace
        #expect(throws: Undone.self) {
            try workspace.withWriteLock {
                try workspace.announce([OutboundEvent(.actionWaiting, [:], at: .now)])
                throw Undone()
            }
        }
        #expect(try receiver.queued().isEmpty)
    }

    @Test("Another workspace's events are not sent") func isolation() throws {
        let other = try #require(try SystemWorkspaces.workspace(store.other.id, in: store.database))
        try other.withWriteLock { try other.announce([OutboundEvent(.actionWaiting, [:], at: .now)]) }
        #expect(try store.database.first("SELECT count(*) FROM jobs") { try $0[0] as Int } == 0)
    }

    @Test("A message is sent again with growing pauses, and lost after eight attempts") func retries() throws {
        var now = Timestamp.now
        try announce(at: now)
        var pauses: [Int] = []
        for attempt in 1...8 {
            receiver.provider.fail(attempt % 2 == 0 ? FakeProvider.Reply(500) : .none)
            try receiver.runJobs(at: now)
            #expect(receiver.messages.count == attempt)
            guard let job = try job() else { break }
            #expect(job.state == "waiting" && job.attempts == attempt)
            pauses.append(job.runAfter.seconds - now.seconds)
            try receiver.runJobs(at: job.runAfter - 1)
            now = job.runAfter
        }
        #expect(pauses == [30, 60, 120, 240, 480, 960, 1_800] && receiver.messages.count == 8)
        #expect(try job() == nil && dead() == ["The receiver answered with status 500."])
        // Each attempt has the same id and body, and its own time.
        #expect(Set(receiver.messages.map { $0.headers["webhook-id"] }).count == 1)
        #expect(Set(receiver.messages.map(\.text)).count == 1)
        #expect(Set(receiver.messages.map { $0.headers["webhook-timestamp"] }).count == 8)
        let state = try #require(try receiver.state())
        #expect(state.status == "error" && state.error == "The receiver answered with status 500.")
        let entry = try #require(try store.own.auditEntries().last)
        #expect(entry.action == "integration.event_lost")
        #expect(
            entry.details == [
                "platform": "outbound", "type": "action.waiting", "error": "The receiver answered with status 500.",
            ])
        // Later events are sent, and the first that is accepted ends the error.
        try announce(at: now)
        try receiver.runJobs(at: now)
        #expect(receiver.messages.count == 9)
        let after = try #require(try receiver.state())
        #expect(after.status == "connected" && after.error == nil)
    }

    @Test("A receiver that is gone gets no second request") func gone() throws {
        try announce()
        receiver.provider.fail(FakeProvider.Reply(410))
        try receiver.runJobs()
        #expect(receiver.messages.count == 1)
        #expect(try dead() == ["The receiver says that it is gone (status 410)."])
        #expect(try receiver.state()?.status == "error")
        #expect(try store.own.auditEntries().last?.action == "integration.event_lost")
    }

    @Test("A receiver that asks to wait is asked again at that time", arguments: [429, 503])
    func wait(_ status: Int) throws {
        let now = Timestamp.now
        try announce(at: now)
        receiver.provider.fail(FakeProvider.Reply(status, headers: ["Retry-After": "600"]))
        try receiver.runJobs(at: now)
        let job = try #require(try job())
        #expect(job.state == "waiting" && job.attempts == 0 && (599...601).contains(job.runAfter.seconds - now.seconds))
        #expect(try receiver.state()?.status == "connected")
        try receiver.runJobs(at: job.runAfter)
        #expect(receiver.messages.count == 2)
    }

    @Test("An event of another build waits for that build") func unknownEvent() throws {
        let workspace = try receiver.workspace
        try workspace.withWriteLock { _ = try workspace.enqueue(.outbound, payload: ["type": "new.type"]) }
        try receiver.runJobs()
        #expect(receiver.messages.isEmpty)
        #expect(try job()?.state == "waiting")
    }

    @Test("Credentials that can't be opened are tried again") func unopened() throws {
        let now = Timestamp.now
        try announce(at: now)
        try store.database.execute(
            "UPDATE integrations SET credentials = $1 WHERE platform = 'outbound'", [1, 2, 3] as [UInt8])
        try receiver.runJobs(at: now)
        #expect(receiver.messages.isEmpty)
        #expect(try job()?.error?.contains("CREDENTIALS_KEY") == true)
    }
}
