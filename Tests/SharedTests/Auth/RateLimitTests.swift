import Base
import Foundation
import HTTP
import Store
import Synchronization
import TestSupport
import Testing

@testable import Auth

@Suite(.usesStore) struct RateLimitTests {
    private func count(
        _ database: any Database, _ subject: String = "s", limit: Int = 3, at now: Timestamp = TestStore.now
    ) throws -> RateLimit {
        try RateLimit.count(subject, limit: limit, window: .hours(1), now: now, in: database)
    }

    @Test("Requests are counted within a window, for each subject by itself") func countsWithinAWindow() throws {
        let store = try TestStore()
        for expected in 1...3 {
            let limit = try count(store.database)
            #expect(limit.count == expected && !limit.isExceeded)
            #expect(limit.headers["RateLimit-Limit"] == "3")
            #expect(limit.headers["RateLimit-Remaining"] == String(3 - expected))
            #expect(limit.headers["RateLimit-Reset"] == "1800")
        }
        let beyond = try count(store.database)
        #expect(beyond.isExceeded && beyond.headers["RateLimit-Remaining"] == "0")
        #expect(try count(store.database, "another").count == 1)
    }

    @Test("The next window starts with a count of zero") func theNextWindowBeginsAnew() throws {
        let store = try TestStore()
        let start = Timestamp(seconds: TestStore.now.seconds / 3_600 * 3_600)
        #expect(try count(store.database, at: start).secondsUntilReset == 3_600)
        #expect(try count(store.database, at: start + 3_599).count == 2)
        #expect(try count(store.database, at: start + 3_599).secondsUntilReset == 1)
        let next = try count(store.database, at: start + 3_600)
        #expect(next.count == 1 && next.secondsUntilReset == 3_600)
    }

    /// A clock that is behind must not reset the count of the newer window.
    @Test("A request with an older clock counts in the newer window") func aLateClockCountsInTheNewerWindow() throws {
        let store = try TestStore()
        #expect(try count(store.database).count == 1)
        #expect(try count(store.database, at: TestStore.now - .hours(2)).count == 2)
        #expect(try count(store.database).count == 3)
    }

    @Test("Concurrent requests are counted exactly") func manyAtOnceAreCountedExactly() throws {
        let store = try TestStore()
        let connect = store.connect
        let counts = Mutex<[Int]>([])
        let threads = Threads(count: 8) { _ in
            let database = connect()
            for _ in 0..<100 {
                let counted = try? RateLimit.count(
                    "s", limit: 1_000, window: .hours(1), now: TestStore.now, in: database)
                counts.withLock { $0.append(counted?.count ?? -1) }
            }
            database.close()
        }
        threads.join()
        #expect(counts.withLock { $0.sorted() } == Array(1...800))
    }

    /// Counters may be lost: a file that is missing or empty is made again.
    @Test("A missing or empty counter file is made again") func aLostFileIsMadeAnew() throws {
        let store = try TestStore(on: .sqlite)
        #expect(try count(store.database).count == 1)
        store.database.close()
        for name in ["store.db-counters", "store.db-counters-wal", "store.db-counters-shm"] {
            try? FileManager.default.removeItem(atPath: store.folder.path(name))
        }
        #expect(try count(store.connect()).count == 1)
        #expect(try count(store.connect()).count == 2)
        try store.folder.write("store.db-counters", "")
        #expect(try count(store.connect()).count == 1)
    }

    @Test("Many connections at once make a missing counter file again, and lose no count")
    func manyAtOnceMakeALostFileAnew() throws {
        let store = try TestStore(on: .sqlite)
        store.database.close()
        try? FileManager.default.removeItem(atPath: store.folder.path("store.db-counters"))
        let path = store.path
        let failures = Mutex<[String]>([])
        let threads = Threads(count: 8) { _ in
            let database = SQLiteDatabase(path: path)
            do {
                for _ in 0..<10 {
                    _ = try RateLimit.count("s", limit: 1_000, window: .hours(1), now: TestStore.now, in: database)
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
            database.close()
        }
        threads.join()
        #expect(failures.withLock { $0 } == [])
        #expect(try count(store.database).count == 81)
    }
}
