import Base
import Glibc

/// The Date field's line (RFC 9110 §5.6.7), made once a second.
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
        let text = Array(moment.description)
        let month = months[(Int(String(text[5...6])) ?? 1) - 1]
        return Array(
            """
            Date: \(days[moment.daysSinceEpoch % 7]), \(String(text[8...9])) \(month) \(String(text[0...3])) \
            \(String(text[11...18])) GMT\r\n
            """.utf8)
    }
}
