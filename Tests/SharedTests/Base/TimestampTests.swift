import Base
import Testing

@Suite struct TimestampTests {
    @Test(
        "Timestamps are read and written",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59Z", -1), ("2000-02-29T12:00:00Z", 951_825_600),
            ("2026-04-15T12:30:00Z", 1_776_256_200), ("2038-01-19T03:14:08Z", 2_147_483_648),
            ("1900-03-01T00:00:00Z", -2_203_891_200), ("9999-12-31T23:59:59Z", 253_402_300_799),
            ("0000-01-01T00:00:00Z", -62_167_219_200),
        ])
    func isReadAndWritten(_ text: String, _ seconds: Int) {
        #expect(Timestamp(text)?.seconds == seconds)
        #expect(Timestamp(seconds: seconds).description == text)
    }

    /// Four hundred years contain every kind of year.
    @Test("Every day of four centuries is read back and follows the previous day")
    func everyDayOfFourCenturiesIsReadBackAndFollowsTheOneBefore() {
        var moment = Timestamp(seconds: -11_676_096_000)  // 1600-01-01
        #expect(moment.description == "1600-01-01T00:00:00Z")
        for _ in 0..<146_097 {
            let text = moment.description
            guard Timestamp(text) == moment else {
                Issue.record("\(text) is not read back")
                return
            }
            moment = moment + .days(1)
        }
        #expect(moment.description == "2000-01-01T00:00:00Z")
    }

    @Test("Every second of a day is read back") func everySecondOfADayIsReadBack() {
        for second in 0..<86_400 where Timestamp(Timestamp(seconds: second).description)?.seconds != second {
            Issue.record("second \(second) is not read back")
        }
    }

    @Test(
        "February 29 exists in leap years only",
        arguments: [(1900, false), (2000, true), (2023, false), (2024, true), (2100, false), (2400, true)])
    func knowsLeapYears(_ year: Int, _ isLeap: Bool) {
        #expect((Timestamp("\(year)-02-29T00:00:00Z") != nil) == isLeap)
    }

    @Test(
        "Malformed timestamps are refused",
        arguments: [
            "", "2026-04-15", "2026-04-15T12:30:00", "2026-04-15T12:30:00z", "2026-04-15 12:30:00Z",
            "2026-04-15T12:30:00+0",
            "2026-04-15T12:30:00.0Z", "2026-00-15T12:30:00Z", "2026-13-15T12:30:00Z", "2026-04-00T12:30:00Z",
            "2026-04-31T12:30:00Z", "2026-02-30T12:30:00Z", "2026-04-15T24:00:00Z", "2026-04-15T12:60:00Z",
            "2026-04-15T12:30:60Z", "-026-04-15T12:30:00Z", "+026-04-15T12:30:00Z", "2026-4-015T12:30:00Z",
            "2O26-04-15T12:30:00Z", "２026-04-15T12:30Z", " 2026-04-15T12:30:00Z",
        ])
    func refuses(_ text: String) { #expect(Timestamp(text) == nil) }

    @Test("Seconds, hours and days are added and compared") func calculates() {
        let moment = Timestamp(seconds: 100)
        #expect(moment + .hours(1) == Timestamp(seconds: 3_700) && moment - 101 == Timestamp(seconds: -1))
        #expect(moment < moment + 1 && !(moment < moment))
        #expect(Timestamp(seconds: -1).daysSinceEpoch == -1 && Timestamp(seconds: -86_400).daysSinceEpoch == -1)
        #expect(Timestamp(seconds: 86_399).daysSinceEpoch == 0 && Timestamp(seconds: 86_400).daysSinceEpoch == 1)
    }

    @Test("Arithmetic with any number of seconds saturates and never traps") func calculatesWithAnyNumberOfSeconds() {
        let (first, last) = (Timestamp(seconds: .min), Timestamp(seconds: .max))
        #expect(last + 1 == last && last - .min == last && Timestamp(seconds: 1) + .max == last)
        #expect(first - 1 == first && first + .min == first && Timestamp(seconds: -2) - .max == first)
        #expect(Timestamp(seconds: 0) - .min == last && first.daysSinceEpoch == Int.min / 86_400 - 1)
        #expect(Int.days(.max) == .max && Int.days(.min) == .min && Int.hours(.max) == .max && Int.hours(-1) == -3_600)
    }

    /// A time outside the years 0000 to 9999 has the description of the nearest time within them.
    @Test(
        "Every timestamp has a description of 20 characters",
        arguments: [Int.min, Int.min / 2, -62_167_219_201, 253_402_300_800, Int.max / 2, Int.max])
    func hasADescriptionWhateverTheMoment(_ seconds: Int) {
        #expect(Timestamp(seconds: seconds).description.utf8.count == 20)
    }
}
