import Base

// The schedules of other systems. Each expression is built from the numbers that a field matches, and not from its
// text, because steps, names and the first day of the week differ between systems.

extension CronField {
    /// Returns the numbers as a list, or `*` if all of the unit's numbers match. If `dash` is not nil, a run of three
    /// or more numbers is written as its first number, `dash` and its last number.
    fileprivate func list(_ unit: Unit, dash: String?, width: Int = 1, name: (Int) -> String? = { _ in nil }) -> String
    {
        let range = unit == .dayOfWeek ? 0...6 : unit.range
        let runs = runs(in: range)
        if runs == [range] { return "*" }
        func text(_ number: Int) -> String {
            let digits = String(number)
            return name(number) ?? String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        return runs.map { run in
            guard let dash, run.count > 2 else { return run.map(text).joined(separator: ",") }
            return text(run.lowerBound) + dash + text(run.upperBound)
        }.joined(separator: ",")
    }
}

extension CronExpression {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

    private var isEveryDayOfMonth: Bool { dayOfMonth.runs(in: 1...31) == [1...31] }
    private var isEveryDayOfWeek: Bool { dayOfWeek.runs(in: 0...6) == [0...6] }

    /// The schedule expression of EventBridge (User Guide, "Cron expressions reference"): `rate(1 minute)`, or six
    /// fields. One of the two fields for days is a question mark.
    ///
    /// - Throws: `CronError` if both fields for days restrict the days, since EventBridge allows only one of them.
    var onAWS: String {
        get throws(CronError) {
            let time = "\(minute.list(.minute, dash: "-")) \(hour.list(.hour, dash: "-"))"
            let months = month.list(.month, dash: "-")
            guard !isEveryDayOfWeek, !(isEitherDay && isEveryDayOfMonth) else {
                let days = isEitherDay ? "*" : dayOfMonth.list(.dayOfMonth, dash: "-")
                let fields = "\(time) \(days) \(months) ? *"
                return fields == "* * * * ? *" ? "rate(1 minute)" : "cron(\(fields))"
            }
            guard isEveryDayOfMonth else {
                throw CronError(
                    "names days of the month and days of the week, and EventBridge allows only one of the two; write "
                        + "two triggers")
            }
            let days = dayOfWeek.list(.dayOfWeek, dash: "-") { Self.days[at: $0]?.uppercased() }
            return "cron(\(time) ? \(months) \(days) *)"
        }
    }

    /// The values of OnCalendar in a timer of systemd (systemd.time(7)). There are two values if a day needs to match
    /// only one of the two fields for days.
    var onCalendar: [String] {
        let time =
            "\(hour.list(.hour, dash: "..", width: 2)):\(minute.list(.minute, dash: "..", width: 2)):00 UTC"
        let months = month.list(.month, dash: "..", width: 2)
        // A run of days that begins on Sunday would not be a run for systemd, whose week begins on Monday.
        let week = dayOfWeek.list(.dayOfWeek, dash: nil) { Self.days[at: $0] }
        let date = dayOfMonth.list(.dayOfMonth, dash: "..", width: 2)
        let everyDay = "*-\(months)-* \(time)"
        let byDate = "*-\(months)-\(date) \(time)"
        if isEitherDay { return [byDate, week == "*" ? everyDay : "\(week) \(everyDay)"] }
        return [week == "*" ? byDate : "\(week) \(byDate)"]
    }
}
