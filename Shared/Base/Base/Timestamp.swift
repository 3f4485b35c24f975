import Glibc

/// A time in UTC, to the second, written in ISO 8601 as `2026-04-15T12:30:00Z`.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number of seconds since 1970-01-01T00:00:00Z.
    public var seconds: Int

    /// Creates the time that is `seconds` after 1970-01-01T00:00:00Z.
    public init(seconds: Int) { self.seconds = seconds }

    /// The current time.
    public static var now: Timestamp { Timestamp(seconds: time(nil)) }

    /// Reads `YYYY-MM-DDTHH:MM:SSZ`. Returns nil for any other text and for dates and times that don't exist, including
    /// leap seconds.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            bytes[19] == UInt8(ascii: "Z"), let year = Self.number(bytes[from: 0, to: 4]),
            let month = Self.number(bytes[from: 5, to: 7]), let day = Self.number(bytes[from: 8, to: 10]),
            let hour = Self.number(bytes[from: 11, to: 13]), let minute = Self.number(bytes[from: 14, to: 16]),
            let second = Self.number(bytes[from: 17, to: 19]), hour < 24, minute < 60, second < 60
        else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        guard Self.date(days: days) == (year, month, day) else { return nil }
        seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
    }

    /// The time in ISO 8601, with a year of four digits. A time before the year 0 or after 9999 is written as the
    /// nearest time that has four digits.
    public var description: String {
        let seconds = min(max(seconds, -62_167_219_200), 253_402_300_799)
        let days = Timestamp(seconds: seconds).daysSinceEpoch
        let (year, month, day) = Self.date(days: days)
        let time = seconds - days * 86_400
        var text: [UInt8] = []
        func append(_ number: Int, _ width: Int, _ separator: Unicode.Scalar) {
            var divisor = width == 4 ? 1000 : 10
            while divisor > 0 {
                text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
                divisor /= 10
            }
            text.append(UInt8(ascii: separator))
        }
        append(year, 4, "-")
        append(month, 2, "-")
        append(day, 2, "T")
        append(time / 3600, 2, ":")
        append(time / 60 % 60, 2, ":")
        append(time % 60, 2, "Z")
        return String(decoding: text, as: UTF8.self)
    }

    /// The number of whole days since 1970-01-01, which identifies the UTC date; negative for earlier dates.
    public var daysSinceEpoch: Int {
        seconds / 86_400 - (seconds % 86_400 < 0 ? 1 : 0)
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.seconds < right.seconds }

    /// Returns the time `seconds` later, limited to the range of `Int`.
    public static func + (moment: Timestamp, seconds: Int) -> Timestamp {
        let (sum, overflows) = moment.seconds.addingReportingOverflow(seconds)
        return Timestamp(seconds: overflows ? (seconds < 0 ? .min : .max) : sum)
    }

    /// Returns the time `seconds` earlier, limited to the range of `Int`.
    public static func - (moment: Timestamp, seconds: Int) -> Timestamp {
        let (difference, overflows) = moment.seconds.subtractingReportingOverflow(seconds)
        return Timestamp(seconds: overflows ? (seconds < 0 ? .max : .min) : difference)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }

    // Converts between dates and days in closed form, in the proleptic Gregorian calendar, in eras of 400 years that
    // begin on 1 March. The C library's gmtime_r would first read the time zone database, which would slow down a cold
    // start.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
        let days = days + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}

extension Timestamp: JSONWritable {
    public func write(to json: inout JSONWriter) { description.write(to: &json) }
}

extension Int {
    /// Returns the number of seconds in `count` days, limited to the range of `Int`.
    public static func days(_ count: Int) -> Int { saturated(count, times: 86_400) }
    /// Returns the number of seconds in `count` hours, limited to the range of `Int`.
    public static func hours(_ count: Int) -> Int { saturated(count, times: 3_600) }
    /// Returns the number of seconds in `count` minutes, limited to the range of `Int`.
    public static func minutes(_ count: Int) -> Int { saturated(count, times: 60) }

    private static func saturated(_ count: Int, times seconds: Int) -> Int {
        let (product, overflows) = count.multipliedReportingOverflow(by: seconds)
        return overflows ? (count < 0 ? .min : .max) : product
    }
}
