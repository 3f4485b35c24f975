public import Base

// An HTTP date in its one current form (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
extension Timestamp {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Reads an HTTP date. Returns nil for any other text and for dates that don't exist. The day of the week is not
    /// checked.
    public init?(httpDate text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = Self.months.firstIndex(of: String(parts[2])) else {
            return nil
        }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        self.init("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }

    /// The time as an HTTP date.
    public var httpDate: String {
        let text = description
        let month = Int(text.dropFirst(5).prefix(2)).flatMap { Self.months[at: $0 - 1] } ?? ""
        // The remainder is negative for days before 1970.
        let day = Self.days[at: (daysSinceEpoch % 7 + 7) % 7] ?? ""
        return "\(day), \(text.dropFirst(8).prefix(2)) \(month) \(text.prefix(4)) \(text.dropFirst(11).prefix(8)) GMT"
    }
}
