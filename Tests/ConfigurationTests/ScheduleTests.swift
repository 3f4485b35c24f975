import Base
import Testing

@testable import local_runner

@Suite struct ScheduleTests {
    private func moment(_ text: String) throws -> Timestamp { try #require(Timestamp("2026-04-15T\(text)Z")) }

    private func schedule(_ cron: String, at text: String) throws -> Schedule {
        Schedule(CronTrigger(cron: try CronExpression(cron), function: "tidy"), now: try moment(text))
    }

    @Test("A trigger fires once for each of its times") func firesOncePerTime() throws {
        var schedule = try schedule("17 * * * *", at: "10:00:00")
        #expect(schedule.due == (try moment("10:17:00")))
        #expect(schedule.look(try moment("10:16:59")) == .notDue)
        #expect(schedule.look(try moment("10:17:00")) == .due(try moment("10:17:00"), missed: 0))
        #expect(schedule.look(try moment("10:17:00")) == .notDue)
        #expect(schedule.look(try moment("11:17:05")) == .due(try moment("11:17:00"), missed: 0))
    }

    @Test("After a clock was set forward, a trigger fires once and counts the missed times")
    func firesOnceForAClockSetForwardAndCountsWhatItMissed() throws {
        var schedule = try schedule("*/10 * * * *", at: "10:01:00")
        #expect(schedule.look(try moment("11:05:00")) == .due(try moment("11:00:00"), missed: 5))
        #expect(schedule.look(try moment("11:05:01")) == .notDue)
        #expect(schedule.due == (try moment("11:10:00")))
        let farAhead = try moment("11:05:00") + .days(4000)
        #expect(schedule.look(farAhead) != .notDue)
        #expect(schedule.due > farAhead)
        #expect(schedule.look(farAhead) == .notDue)
    }

    @Test("A trigger does not fire twice when the clock is set back")
    func doesNotFireTwiceWhenTheClockIsSetBack() throws {
        var schedule = try schedule("17 * * * *", at: "10:00:00")
        #expect(schedule.look(try moment("10:17:00")) == .due(try moment("10:17:00"), missed: 0))
        #expect(schedule.look(try moment("09:30:00")) == .notDue)
        #expect(schedule.look(try moment("10:17:30")) == .notDue)
        #expect(schedule.look(try moment("11:17:00")) == .due(try moment("11:17:00"), missed: 0))
    }

    @Test("A trigger follows a clock that was set back by more than three hours") func goesByACorrectedClock() throws {
        var schedule = try schedule("17 * * * *", at: "10:00:00")
        #expect(schedule.look(try moment("06:59:59")) == .setBack)
        #expect(schedule.due == (try moment("07:17:00")))
        #expect(schedule.look(try moment("07:17:00")) == .due(try moment("07:17:00"), missed: 0))
    }
}
