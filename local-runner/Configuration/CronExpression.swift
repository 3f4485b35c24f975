import Base

/// The reason why a cron expression is invalid.
struct CronError: Error, Equatable {
    let advice: String
    init(_ advice: String) { self.advice = advice }
}

/// The times at which a cron trigger fires, in UTC: minute, hour, day of month, month, day of week, as in crontab(5).
///
/// Each field is a list of `*`, numbers, ranges and steps. Months and days of the week may be written as names, and
/// Sunday is 0 or 7. If neither field for days begins with a star, a day needs to match only one of the two; otherwise
/// it must match both.
struct CronExpression: Sendable, Equatable, CustomStringConvertible {
    /// The expression as it was written, with one space between fields.
    let description: String
    let minute: CronField
    let hour: CronField
    let dayOfMonth: CronField
    let month: CronField
    let dayOfWeek: CronField

    /// Reads the five fields. Throws `CronError` if they are invalid, or if no year has such a date, such as 30
    /// February.
    init(_ text: String) throws(CronError) {
        let fields = text.split { $0 == " " || $0 == "\t" }
        guard fields.count == 5 else {
            throw CronError(
                "has \(fields.count) fields; write five: minute, hour, day of month, month, day of week")
        }
        description = fields.joined(separator: " ")
        minute = try CronField(fields[0], .minute)
        hour = try CronField(fields[1], .hour)
        dayOfMonth = try CronField(fields[2], .dayOfMonth)
        month = try CronField(fields[3], .month)
        dayOfWeek = try CronField(fields[4], .dayOfWeek)
        guard isEitherDay || hasPossibleDate else {
            throw CronError("never matches: none of these months has such a day")
        }
    }

    /// True if a day needs to match only one of the two fields of days.
    var isEitherDay: Bool { !dayOfMonth.beginsWithStar && !dayOfWeek.beginsWithStar }

    // Over the years each day of the year, 29 February included, falls on each day of the week, so only the date is
    // checked.
    private var hasPossibleDate: Bool {
        guard let first = dayOfMonth.next(from: 1) else { return false }
        return (1...12).contains { month.contains($0) && first <= CalendarDay.length(month: $0, year: 2000) }
    }

    /// Returns the first matching minute after `moment`.
    func next(after moment: Timestamp) -> Timestamp {
        let moment = Timestamp(seconds: moment.seconds - moment.seconds % 60 + 60)
        var day = CalendarDay(of: moment)
        var minuteOfDay = (moment.seconds - day.start.seconds) / 60
        while true {
            if !month.contains(day.month) {
                day.moveToNextMonth()
                minuteOfDay = 0
            } else if matches(day), let time = time(from: minuteOfDay) {
                return day.start + time * 60
            } else {
                day.moveToNextDay()
                minuteOfDay = 0
            }
        }
    }

    private func matches(_ day: CalendarDay) -> Bool {
        let (inMonth, inWeek) = (dayOfMonth.contains(day.day), dayOfWeek.contains(day.dayOfWeek))
        return isEitherDay ? inMonth || inWeek : inMonth && inWeek
    }

    /// Returns the first minute of a matching day that matches the expression and is not before `start`; nil if there
    /// is none. Both are counted from midnight.
    private func time(from start: Int) -> Int? {
        guard let first = hour.next(from: start / 60) else { return nil }
        if first == start / 60, let minute = minute.next(from: start % 60) { return first * 60 + minute }
        let later = first == start / 60 ? hour.next(from: first + 1) : first
        guard let later, let minute = minute.next(from: 0) else { return nil }
        return later * 60 + minute
    }
}

/// A day of the calendar that can move forward.
private struct CalendarDay {
    private(set) var year: Int
    private(set) var month: Int
    private(set) var day: Int
    private var daysSinceEpoch: Int

    init(of moment: Timestamp) {
        let fields = moment.description.prefix(10).split(separator: "-").compactMap { Int($0) }
        (year, month, day) = (fields[0], fields[1], fields[2])
        daysSinceEpoch = moment.daysSinceEpoch
    }

    /// The midnight at which the day begins.
    var start: Timestamp { Timestamp(seconds: daysSinceEpoch * 86_400) }

    /// The day of the week; 0 is Sunday. 1970-01-01 was a Thursday.
    var dayOfWeek: Int { (daysSinceEpoch % 7 + 11) % 7 }

    mutating func moveToNextDay() {
        guard day == Self.length(month: month, year: year) else {
            day += 1
            daysSinceEpoch += 1
            return
        }
        moveToNextMonth()
    }

    mutating func moveToNextMonth() {
        daysSinceEpoch += Self.length(month: month, year: year) - day + 1
        (year, month, day) = month == 12 ? (year + 1, 1, 1) : (year, month + 1, 1)
    }

    static func length(month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
