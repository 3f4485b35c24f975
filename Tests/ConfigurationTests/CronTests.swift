import Base
import Foundation
import Testing

@testable import local_runner

@Suite struct CronTests {
    @Test(
        "A cron expression fires next at the right time",
        arguments: [
            ("17 * * * *", "2026-04-15T12:16:59Z", "2026-04-15T12:17:00Z"),
            ("17 * * * *", "2026-04-15T12:17:00Z", "2026-04-15T13:17:00Z"),
            ("* * * * *", "2026-12-31T23:59:30Z", "2027-01-01T00:00:00Z"),
            ("*/15 * * * *", "2026-04-15T12:45:00Z", "2026-04-15T13:00:00Z"),
            ("5-59/20 3 * * *", "2026-04-15T03:25:00Z", "2026-04-15T03:45:00Z"),
            ("5-59/20 3 * * *", "2026-04-15T03:45:00Z", "2026-04-16T03:05:00Z"),
            ("0,30 9,17 * * *", "2026-04-15T09:30:00Z", "2026-04-15T17:00:00Z"),
            ("59 23 31 * *", "2026-04-01T00:00:00Z", "2026-05-31T23:59:00Z"),
            ("0 0 1 JAN *", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("0 0 * feb-apr *", "2026-05-01T00:00:00Z", "2027-02-01T00:00:00Z"),
            // Leap years: 2028 is one, 2100 is not.
            ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 29 2 *", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"),
            ("0 12 29 2 */7", "2026-01-01T00:00:00Z", "2032-02-29T12:00:00Z"),
            // The nights in which clocks change elsewhere have their usual length in UTC.
            ("30 2 * * *", "2026-03-29T00:00:00Z", "2026-03-29T02:30:00Z"),
            ("30 1 * * *", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"),
            // Days of the week; 2026-04-15 is a Wednesday.
            ("0 9 * * MON-FRI", "2026-04-17T09:00:00Z", "2026-04-20T09:00:00Z"),
            ("0 9 * * 0", "2026-04-15T00:00:00Z", "2026-04-19T09:00:00Z"),
            ("0 9 * * 7", "2026-04-15T00:00:00Z", "2026-04-19T09:00:00Z"),
            ("0 9 * * sat-sun", "2026-04-18T09:00:00Z", "2026-04-19T09:00:00Z"),
            ("0 9 * * 5-7", "2026-04-19T09:00:00Z", "2026-04-24T09:00:00Z"),
            ("0 9 * * SUN-SUN", "2026-04-19T09:00:00Z", "2026-04-26T09:00:00Z"),
            ("0 9 * * 0-0", "2026-04-19T09:00:00Z", "2026-04-26T09:00:00Z"),
            ("0 9 * * 0-0/2", "2026-04-19T09:00:00Z", "2026-04-26T09:00:00Z"),
            ("0 9 * * 7-7", "2026-04-19T09:00:00Z", "2026-04-26T09:00:00Z"),
            ("0 9 * * SUN-MON", "2026-04-20T09:00:00Z", "2026-04-26T09:00:00Z"),
            // The day of the month and the day of the week are restricted: one of them must match.
            ("0 0 13 * FRI", "2026-04-11T00:00:00Z", "2026-04-13T00:00:00Z"),
            ("0 0 13 * FRI", "2026-04-13T00:00:00Z", "2026-04-17T00:00:00Z"),
            ("0 0 30 2 MON", "2026-02-20T00:00:00Z", "2026-02-23T00:00:00Z"),
            // The day of the month begins with a star: both days must match.
            ("0 0 */2 * MON", "2026-04-14T00:00:00Z", "2026-04-27T00:00:00Z"),
        ])
    func firesNext(_ text: String, _ after: String, _ expected: String) throws {
        let after = try #require(Timestamp(after))
        #expect(try CronExpression(text).next(after: after).description == expected)
    }

    /// Tries every range of every field with every step, and every range by names.
    @Test("Ranges and steps include both ends", arguments: CronField.Unit.allCases)
    func rangesAndStepsAreInclusive(_ unit: CronField.Unit) throws {
        func numbers(_ text: String) throws -> [Int] {
            let field = try CronField(Substring(text), unit)
            return (0..<63).filter { field.contains($0) }
        }
        // Sunday is 0, whether it is written 0 or 7.
        func folded(_ values: some Sequence<Int>) -> [Int] {
            Set(values.map { unit == .dayOfWeek ? $0 % 7 : $0 }).sorted()
        }
        func name(_ value: Int) -> String { unit == .month ? unit.names[value - 1] : unit.names[value % 7] }
        let last = unit.range.upperBound
        for first in unit.range {
            #expect(try numbers("\(first)") == folded([first]))
            #expect(try numbers("\(first),\(last)") == folded([first, last]))
            for end in first...last {
                #expect(try numbers("\(first)-\(end)") == folded(first...end))
                for step in 1...last {
                    let text = "\(first)-\(end)/\(step)"
                    #expect(try numbers(text) == folded(stride(from: first, through: end, by: step)), "\(text)")
                }
                // Sunday's name means 0 at the beginning of a range, and 7 at the end.
                guard !unit.names.isEmpty, unit != .dayOfWeek || first < 7 else { continue }
                let isSunday = unit == .dayOfWeek && first == 0 && end == 7
                #expect(
                    try numbers("\(name(first))-\(name(end).lowercased())") == (isSunday ? [0] : folded(first...end)))
            }
        }
        for step in 1...last {
            let all = unit == .dayOfWeek ? 0...6 : unit.range
            #expect(
                try numbers("*/\(step)") == Array(stride(from: all.lowerBound, through: all.upperBound, by: step)))
        }
    }

    /// A minute in the calendar: minute, hour, day of month, month, and day of week from 0.
    private typealias Fields = (minute: Int, hour: Int, day: Int, month: Int, weekday: Int)

    private static let matchers: [(cron: String, matches: @Sendable (Fields) -> Bool)] = [
        ("7 */5 1-7 * MON", { $0.minute == 7 && $0.hour % 5 == 0 && ($0.day <= 7 || $0.weekday == 1) }),
        ("0-3 23 * 2,6 *", { $0.minute <= 3 && $0.hour == 23 && [2, 6].contains($0.month) }),
        ("*/17 4 28-31 * *", { $0.minute % 17 == 0 && $0.hour == 4 && $0.day >= 28 }),
        (
            "59 12 */9 feb tue",
            {
                $0.minute == 59 && $0.hour == 12 && $0.day % 9 == 1 && $0.month == 2 && $0.weekday == 2
            }
        ),
    ]

    @Test("The next time agrees with a search through every minute") func agreesWithTryingEveryMinute() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        let start = try #require(Timestamp("2027-12-15T00:00:00Z"))
        var expected = Array(repeating: [Timestamp](), count: Self.matchers.count)
        for day in 0..<100 {
            let midnight = start + .days(day)
            let date = Date(timeIntervalSince1970: Double(midnight.seconds))
            let parts = calendar.dateComponents([.day, .month, .weekday], from: date)
            for minute in 0..<1440 {
                let fields = (
                    minute % 60, minute / 60, parts.day ?? 0, parts.month ?? 0, (parts.weekday ?? 0) - 1
                )
                for (index, matcher) in Self.matchers.enumerated() where matcher.matches(fields) {
                    expected[index].append(midnight + minute * 60)
                }
            }
        }
        for (times, matcher) in zip(expected, Self.matchers) {
            #expect(!times.isEmpty)
            let cron = try CronExpression(matcher.cron)
            var last = start - 1
            for time in times {
                #expect(cron.next(after: last) == time, "\(matcher.cron) after \(last)")
                #expect(cron.next(after: time - 1) == time)
                last = time
            }
        }
    }

    @Test(
        "An invalid cron expression is refused with the reason",
        arguments: [
            ("* * * *", "has 4 fields"), ("", "has 0 fields"), ("@hourly", "has 1 fields"),
            ("60 * * * *", "minute \"60\": write 0 to 59"), ("* 24 * * *", "hour"), ("* * 0 * *", "day of month"),
            ("* * * 13 *", "month \"13\": write 1 to 12 or JAN to DEC"), ("* * * * 8", "day of week"),
            ("* * * MAI *", "month \"MAI\""), ("-1 * * * *", "minute"), ("1- * * * *", "minute"),
            ("1,,2 * * * *", "minute"), ("*/0 * * * *", "a step is a number"),
            ("*/x * * * *", "a step is a number"),
            ("5/15 * * * *", "5-59/15"), ("20-10 * * * *", "runs backwards"), ("* * 30 2 *", "never matches"),
            ("* * 31 4,6,9,11 *", "never matches"), ("* * 30 FEB */2", "never matches"), ("+1 * * * *", "minute"),
        ])
    func refuses(_ text: String, _ reason: String) {
        let error = #expect(throws: CronError.self) { try CronExpression(text) }
        #expect(error?.advice.contains(reason) == true, "\(error?.advice ?? "none")")
    }
}
