import Base
import Glibc
import HTTP

/// The line of the field Date (RFC 9110 §5.6.7). It is formatted at most once a second.
struct DateLine {
    private var second = -1
    private var text: [UInt8] = []

    var line: [UInt8] {
        mutating get {
            let now = time(nil)
            if now != second {
                second = now
                text = Array("Date: \(Timestamp(seconds: now).httpDate)\r\n".utf8)
            }
            return text
        }
    }
}
