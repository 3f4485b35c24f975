import Base
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

/// Up to 64 processes at once use one workspace.
@Suite(.serialized, .usesStore) struct ManyProcessesTests {
    private static let processes = 64
    private let store: TestStore

    init() throws { store = try TestStore() }

    /// Makes calls in separate processes, up to 64 at a time. Returns the number of calls by status; 0 is a failed
    /// call.
    private func statuses(
        _ calls: Int, _ call: @escaping @Sendable (Int) -> FunctionCall, _ more: [String: String] = [:]
    ) -> [Int: Int] {
        let next = Atomic(0)
        let counts = Mutex<[Int: Int]>([:])
        let url = store.url
        let threads = Threads(count: Self.processes) { _ in
            while true {
                let number = next.add(1, ordering: .relaxed).oldValue
                guard number < calls else { return }
                let status = call(number).send(to: url, more)?.status ?? 0
                counts.withLock { $0[status, default: 0] += 1 }
            }
        }
        threads.join()
        return counts.withLock { $0 }
    }

    @Test("One key allows exactly a thousand requests an hour") func oneKeyPassesAThousandTimesAnHour() throws {
        let key = store.own.readKey
        func run(_ key: String) -> (counts: [Int: Int], isWithinAnHour: Bool) {
            let start = Timestamp.now.seconds / 3_600
            let counts = statuses(1_200) { _ in
                FunctionCall(function: "api-mcp-app-policy", query: "app_name=Figma", credentials: key)
            }
            return (counts, start == Timestamp.now.seconds / 3_600)
        }
        var result = run(key)
        // If a new hour with a new count began during the calls, they are repeated with the write key, which has made
        // none yet.
        if !result.isWithinAnHour { result = run(store.own.writeKey) }
        #expect(result.counts == [200: 1_000, 429: 200])
    }

    @Test("Concurrent processes can't make more than ten keys") func thereAreNeverMoreThanTenKeys() throws {
        let token = TestSession.token(of: try #require(store.own.members[.admin]), at: .now)
        let id = store.own.id.description
        let counts = statuses(64) { number in
            FunctionCall(
                function: "api-api-keys", method: "POST",
                body: ["workspaceId": .string(id), "name": .string("key \(number)")], credentials: token)
        }
        let active = try store.database.first(
            "SELECT count(*) FROM api_keys WHERE workspace_id = $1 AND revoked_at IS NULL", store.own.id
        ) { try $0[0] as Int }
        #expect(active == 10)
        // The workspace had two keys before, and may have ten.
        #expect(counts == [200: 8, 409: 56])
    }

    /// The calls make changes of two kinds, which lock different rows.
    @Test("The audit chain does not fork, and no request waits forever")
    func theAuditChainHasNoForkAndNobodyWaitsForever() throws {
        let key = store.own.writeKey
        let token = TestSession.token(of: try #require(store.own.members[.admin]), at: .now)
        let id = store.own.id.description
        let counts = statuses(256) { number in
            number.isMultiple(of: 4)
                ? FunctionCall(
                    function: "api-api-keys", method: "POST",
                    body: ["workspaceId": .string(id), "name": "key"], credentials: token)
                : FunctionCall(
                    function: "api-mcp-app-policy", method: "POST",
                    body: [
                        "app_name": .string("App \(number % 7)"), "status": number % 3 == 0 ? "blocked" : "sanctioned",
                    ],
                    credentials: key)
        }
        #expect(counts == [200: 200, 409: 56])
        // The genesis entry, and one entry for each change.
        #expect(try AuditLog(store.database, workspaceID: store.own.id).verify() == 201)
    }
}
