import Base
import Integrations

/// The sentence of a rule's findings, with placeholders for the columns of its query:
/// - `{name}`: the value. Several values become a list, `A, B and C`; of six or more, only four are named.
/// - `{platform:platform}`: the platform's name instead of its identifier.
/// - `{since:days}`: `45 days`, the time from that moment to now. `{since:ago}`: `45 days ago`, `3 hours ago`, `just
///   now`.
/// - `{n:application}`: `1 application`, `4 applications`. `{n:identity/identities}` gives an irregular plural.
/// - `{n?is/are}`: the first word for one, the second for any other number.
/// - `left[ {since:ago}]`: the text in brackets is left out if one of its placeholders has no value.
public struct Sentence: ExpressibleByStringLiteral, Sendable {
    /// The number of values that a long list names.
    private static let mostNamed = 4

    let template: String

    public init(stringLiteral template: String) { self.template = template }

    /// Returns the sentence with the values of the columns. `values` returns a column's different values and their
    /// number.
    func fill(at now: Timestamp, _ values: (String) -> ListedValues) -> String {
        var text = ""
        var rest = template[...]
        while let (before, behind) = rest.cut(at: "["), let (inside, after) = behind.cut(at: "]") {
            text += Self.fill(before, at: now, values).text
            let part = Self.fill(inside, at: now, values)
            if part.isWhole { text += part.text }
            rest = after
        }
        return text + Self.fill(rest, at: now, values).text
    }

    /// Fills a part of a template. `isWhole` is true if every placeholder in it had a value.
    private static func fill(
        _ part: Substring, at now: Timestamp, _ values: (String) -> ListedValues
    ) -> (text: String, isWhole: Bool) {
        var text = ""
        var isWhole = true
        var rest = part
        while let (before, behind) = rest.cut(at: "{"), let (inside, after) = behind.cut(at: "}") {
            let value = place(inside, at: now, values)
            isWhole = isWhole && !value.isEmpty
            text += before + value
            rest = after
        }
        return (text + rest, isWhole)
    }

    private static func place(
        _ place: Substring, at now: Timestamp, _ values: (String) -> ListedValues
    ) -> String {
        if let (column, choice) = place.cut(at: "?") {
            let words = choice.split(separator: "/", maxSplits: 1)
            let isOne = values(String(column)).first == "1"
            return String((isOne ? words.first : words.last) ?? "")
        }
        guard let (name, form) = place.cut(at: ":") else { return list(values(String(place))) { $0 } }
        let column = values(String(name))
        switch form {
        case "platform": return list(column) { PlatformNames.name($0) }
        case "days": return column.first.flatMap { Timestamp($0) }.map { days(from: $0, to: now) } ?? ""
        case "ago": return column.first.flatMap { Timestamp($0) }.map { ago($0, now) } ?? ""
        case let noun:
            let forms = noun.split(separator: "/", maxSplits: 1)
            let number = column.first ?? "0"
            if number == "1" { return "1 " + (forms.first ?? "") }
            return number + " " + (forms.count == 2 ? forms[1] : (forms.first ?? "") + "s")
        }
    }

    private static func list(_ values: ListedValues, _ name: (String) -> String) -> String {
        var named = values.values.map(name).sorted()
        // A list never ends with "and 1 other", since one more name says more.
        if values.count > mostNamed + 1 || named.count < values.count {
            named = Array(named.prefix(mostNamed))
            return named.joined(separator: ", ") + " and \(values.count - named.count) others"
        }
        guard named.count > 1, let last = named.popLast() else { return named.first ?? "" }
        return named.joined(separator: ", ") + " and " + last
    }

    private static func days(from moment: Timestamp, to now: Timestamp) -> String {
        count(max(0, now.seconds - moment.seconds) / .days(1), "day")
    }

    private static func ago(_ moment: Timestamp, _ now: Timestamp) -> String {
        let seconds = max(0, now.seconds - moment.seconds)
        if seconds < 60 { return "just now" }
        if seconds < .hours(1) { return count(seconds / 60, "minute") + " ago" }
        if seconds < .days(1) { return count(seconds / .hours(1), "hour") + " ago" }
        return count(seconds / .days(1), "day") + " ago"
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
    }
}
