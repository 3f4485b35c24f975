/// Base 64 encoding (RFC 4648) in both of its alphabets.
public enum Base64: Sendable {
    /// The alphabet with `+` and `/`, with padding (§4).
    case standard
    /// The alphabet with `-` and `_`, without padding (§5), as JSON Web Signatures use it.
    case urlSafe

    private var digits: [UInt8] {
        Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
            + (self == .standard ? Array("+/".utf8) : Array("-_".utf8))
    }

    /// Returns the base 64 text of `bytes`.
    public func encode(_ bytes: [UInt8]) -> String {
        let digits = digits
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[from: start, to: start + 3]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for digit in 0...group.count { text.append(digits[bits >> (18 - 6 * digit) & 63]) }
            if self == .standard { text.append(contentsOf: repeatElement(UInt8(ascii: "="), count: 3 - group.count)) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Returns the bytes that `text` encodes. Returns nil if it contains other characters, has an impossible length or
    /// wrong padding, or if unused bits at its end are not zero.
    public func decode(_ text: some StringProtocol) -> [UInt8]? {
        var characters = Array(text.utf8)
        if self == .standard {
            guard characters.count % 4 == 0 else { return nil }
            for _ in 0..<2 where characters.last == UInt8(ascii: "=") { characters.removeLast() }
        }
        guard characters.count % 4 != 1 else { return nil }
        var values = [Int?](repeating: nil, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = value }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count * 3 / 4)
        var bits = 0
        var count = 0
        for character in characters {
            guard let value = values[at: Int(character)] ?? nil else { return nil }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> count))
                bits &= (1 << count) - 1
            }
        }
        return bits == 0 ? bytes : nil
    }
}
