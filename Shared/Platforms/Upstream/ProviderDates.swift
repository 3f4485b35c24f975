public import Base

extension Timestamp {
    /// Reads a date and time as providers write them: ISO 8601 with or without seconds, fraction and offset, such as
    /// `2026-04-15T12:30:00.000Z` or `2026-04-15T12:30:00+0200`. A space may replace the T, a fraction is cut off, and
    /// a missing offset means UTC. Returns nil for text in another form.
    public init?(provider text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 16 else { return nil }
        var rest = bytes.dropFirst(16)
        var seconds = "00"
        if rest.first == UInt8(ascii: ":"), rest.count >= 3 {
            seconds = String(decoding: rest.dropFirst().prefix(2), as: UTF8.self)
            rest = rest.dropFirst(3)
            if rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: ",") {
                rest = rest.dropFirst().drop { (0x30...0x39).contains($0) }
            }
        }
        var date = bytes.prefix(16)
        if date[10] == UInt8(ascii: " ") { date[10] = UInt8(ascii: "T") }
        guard let offset = Self.offset(rest),
            let local = Timestamp(String(decoding: date, as: UTF8.self) + ":" + seconds + "Z")
        else { return nil }
        self = local - offset
    }

    /// Returns the number of seconds by which a UTC offset is east of UTC. An empty text and `Z` mean 0. Returns nil
    /// for text that does not have the form of an offset, and for more than 23 hours or 59 minutes (RFC 3339 §5.6).
    private static func offset(_ text: ArraySlice<UInt8>) -> Int? {
        guard let sign = text.first, sign != UInt8(ascii: "Z") else { return text.count <= 1 ? 0 : nil }
        let digits = text.dropFirst().filter { $0 != UInt8(ascii: ":") }.map { Int($0) - 0x30 }
        guard [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(sign), [2, 4].contains(digits.count),
            digits.allSatisfy({ (0...9).contains($0) })
        else { return nil }
        let hours = digits[0] * 10 + digits[1]
        let minutes = digits.count == 4 ? digits[2] * 10 + digits[3] : 0
        guard hours < 24, minutes < 60 else { return nil }
        let seconds = (hours * 60 + minutes) * 60
        return sign == UInt8(ascii: "-") ? -seconds : seconds
    }
}
