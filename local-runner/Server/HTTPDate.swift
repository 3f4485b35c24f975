import Base
import Glibc

/// The line of the field Date (RFC 9110 §5.6.7), which is formatted once a second.
struct HTTPDate {
    private var second = -1
    private var text: [UInt8] = []

    var line: [UInt8] {
        mutating get {
            let now = time(nil)
            if now != second {
                second = now
                text = Self.line(now)
            }
            return text
        }
    }

    private static func line(_ seconds: Int) -> [UInt8] {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let moment = Timestamp(seconds: seconds)
        let text = moment.description
        let month = Int(text.dropFirst(5).prefix(2)).flatMap { months[at: $0 - 1] } ?? ""
        let day = days[at: moment.daysSinceEpoch % 7] ?? ""
        return Array(
            """
            Date: \(day), \(text.dropFirst(8).prefix(2)) \(month) \(text.prefix(4)) \
            \(text.dropFirst(11).prefix(8)) GMT\r\n
            """.utf8)
    }
}
