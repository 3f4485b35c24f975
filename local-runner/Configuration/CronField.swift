/// One of the five fields of a cron expression, as the set of numbers that match it.
struct CronField: Sendable, Equatable {
    /// The meaning of the field.
    enum Unit: CaseIterable {
        case minute, hour, dayOfMonth, month, dayOfWeek

        var range: ClosedRange<Int> {
            switch self {
            case .minute: 0...59
            case .hour: 0...23
            case .dayOfMonth: 1...31
            case .month: 1...12
            case .dayOfWeek: 0...7
            }
        }

        var label: String {
            switch self {
            case .minute: "minute"
            case .hour: "hour"
            case .dayOfMonth: "day of month"
            case .month: "month"
            case .dayOfWeek: "day of week"
            }
        }

        /// The names that may stand for numbers, in the order of those numbers.
        var names: [String] {
            switch self {
            case .month:
                ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
            case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
            default: []
            }
        }
    }

    /// The matching numbers: bit n is set if n matches. Sunday is 0, never 7.
    private var bits: UInt64 = 0
    /// True if the field begins with a star. For the two fields of days this decides if one or both of them must match.
    let beginsWithStar: Bool

    /// Reads a list of `*`, `n`, `n-m`, `*/step` and `n-m/step`.
    init(_ text: Substring, _ unit: Unit) throws(CronError) {
        beginsWithStar = text.hasPrefix("*")
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let range = try Self.range(parts.first ?? "", unit)
            var step = 1
            if parts.count == 2 {
                guard parts[0] == "*" || parts[0].contains("-") else {
                    throw CronError(
                        "\(unit.label) \"\(item)\": a step follows * or a range, such as \(parts[0])-\(unit.range.upperBound)/\(parts[1])"
                    )
                }
                guard let number = Self.number(parts[1]), number > 0, number <= unit.range.upperBound else {
                    throw CronError(
                        "\(unit.label) \"\(item)\": a step is a number from 1 to \(unit.range.upperBound)")
                }
                step = number
            }
            for value in stride(from: range.lowerBound, through: range.upperBound, by: step) {
                bits |= 1 << (unit == .dayOfWeek ? value % 7 : value)
            }
        }
    }

    func contains(_ value: Int) -> Bool { bits & 1 << value != 0 }

    /// Returns the matching numbers within a range, as runs of consecutive numbers.
    func runs(in range: ClosedRange<Int>) -> [ClosedRange<Int>] {
        var runs: [ClosedRange<Int>] = []
        for value in range where contains(value) {
            if let last = runs.last, last.upperBound + 1 == value {
                runs = runs.dropLast() + [last.lowerBound...value]
            } else {
                runs.append(value...value)
            }
        }
        return runs
    }

    /// Returns the smallest matching number that is at least `value`. Returns nil if there is none.
    func next(from value: Int) -> Int? {
        guard value < 64 else { return nil }
        let rest = bits >> value
        return rest == 0 ? nil : value + rest.trailingZeroBitCount
    }

    private static func range(_ text: Substring, _ unit: Unit) throws(CronError) -> ClosedRange<Int> {
        if text == "*" { return unit == .dayOfWeek ? 0...6 : unit.range }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let first = try value(ends.first ?? "", unit)
        guard ends.count == 2 else { return first...first }
        var last = try value(ends[1], unit)
        // Lets a week end on Sunday, as in SAT-SUN. SUN-SUN is one day.
        if unit == .dayOfWeek, last == 0, first > 0 { last = 7 }
        guard first <= last else {
            throw CronError(
                "\(unit.label) \"\(text)\": the range runs backwards; give two, separated by a comma")
        }
        return first...last
    }

    private static func value(_ text: Substring, _ unit: Unit) throws(CronError) -> Int {
        if let index = unit.names.firstIndex(of: text.uppercased()) {
            return unit == .month ? index + 1 : index
        }
        guard let number = number(text), unit.range.contains(number) else {
            let names =
                unit.names.isEmpty ? "" : " or \(unit.names.first ?? "") to \(unit.names.last ?? "")"
            throw CronError(
                "\(unit.label) \"\(text)\": write \(unit.range.lowerBound) to \(unit.range.upperBound)\(names)"
            )
        }
        return number
    }

    private static func number(_ text: Substring) -> Int? {
        guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}
