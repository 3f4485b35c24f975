/// A UUID (RFC 4122) in its lower-case text form, such as `7d3c2f0e-5b1a-4c8e-9f60-2a1b3c4d5e6f`.
public struct Identifier: Hashable, Sendable, CustomStringConvertible {
    /// The 36 characters in lower case.
    public let description: String

    /// Reads the text form in either case. Returns nil for any other text.
    public init?(_ text: String) {
        guard text.utf8.count == 36 else { return nil }
        var isLowerCase = true
        for (position, byte) in text.utf8.enumerated() {
            switch position {
            case 8, 13, 18, 23: guard byte == UInt8(ascii: "-") else { return nil }
            default: guard Hex.value(of: byte) != nil else { return nil }
            }
            if byte < UInt8(ascii: "a"), byte >= UInt8(ascii: "A") { isLowerCase = false }
        }
        description = isLowerCase ? text : text.lowercased()
    }

    /// Returns a new UUID of version 4 (RFC 4122 §4.4) made from `generator`.
    public static func random(using generator: inout some RandomNumberGenerator) -> Identifier {
        let high = (generator.next() as UInt64) & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = (generator.next() as UInt64) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        var text: [UInt8] = []
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 { text.append(UInt8(ascii: "-")) }
            let word = index < 16 ? high : low
            text.append(Hex.lowerDigit(UInt8(truncatingIfNeeded: word >> (60 - index % 16 * 4))))
        }
        return Identifier(trusted: String(decoding: text, as: UTF8.self))
    }

    /// Returns a new UUID of version 4 made from the system's random numbers.
    public static func random() -> Identifier {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    private init(trusted text: String) { description = text }
}

extension Identifier: JSONWritable {
    public func write(to json: inout JSONWriter) { description.write(to: &json) }
}
