import Foundation

/// Inputs that no honest sender makes: samples that are cut, mixed, repeated or filled with bytes that confuse readers.
/// They are the same in each run. `THALIAN_HOSTILE_INPUTS` sets their number; the default is small enough for every
/// run.
public struct HostileInputs: Sequence, IteratorProtocol {
    private let samples: [[UInt8]]
    private var left: Int
    private var state: UInt64 = 1

    /// Makes `count` inputs from `samples`.
    public init(_ samples: [String], count: Int = 1_000) {
        self.samples = samples.map { Array($0.utf8) } + [[]]
        left = ProcessInfo.processInfo.environment["THALIAN_HOSTILE_INPUTS"].flatMap { Int($0) } ?? count
    }

    private static let pieces: [[UInt8]] =
        [
            "9223372036854775807", "9223372036854775808", "-9223372036854775809", "99999999999999999999999", "-1", "0",
            "1e999", "-1e-999", "4294967296", "65536", "NaN", "inf", "0x10", "+5", "\r\n", "\n", "\r", "\0", " ", "\t",
            "\"", "\\", "\\u", "\\ud800", "\\udc00", "[", "]", "{", "}", "[[[[[[[[", "<", ">", "</", "/>", "<!--",
            "-->",
            "<![CDATA[", "]]>", "&", "&#", "&#x110000;", "&#0;", ";", ",", ":", "::", "=", "%", "%0", "%zz", "%00", "/",
            "//", "..", "-", "--", "+", "@", "T", "Z", "null", "true", "\u{301}\u{316}", "é", "😀", "\u{FFFF}", "ﬁ", "٣",
            "²",
        ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0x80, 0x80], [0x7F, 0xFF, 0xFF, 0xFF]]

    private mutating func number(below limit: Int) -> Int {
        // SplitMix64.
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ mixed >> 31) % UInt64(Swift.max(limit, 1)))
    }

    public mutating func next() -> [UInt8]? {
        guard left > 0 else { return nil }
        left -= 1
        var bytes = samples[number(below: samples.count)]
        for _ in 0...number(below: 5) { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let start = number(below: bytes.count + 1)
        let end = Swift.min(bytes.count, start + number(below: 12))
        switch number(below: 9) {
        case 0: bytes.removeSubrange(start..<end)
        case 1: bytes.removeSubrange(start...)
        case 2: bytes.insert(contentsOf: bytes[start..<end], at: end)
        case 3: if start < bytes.count { bytes[start] = UInt8(number(below: 256)) }
        case 4: if start < bytes.count { bytes[start] ^= 1 << UInt8(number(below: 8)) }
        case 5: bytes.insert(contentsOf: (0..<number(below: 20)).map { _ in UInt8(number(below: 256)) }, at: start)
        case 6: bytes.replaceSubrange(start..., with: samples[number(below: samples.count)])
        case 7:
            // Replaces the next number, or appends one if there is none.
            let digits = bytes[start...].drop { !(0x30...0x39).contains($0) }.prefix { (0x30...0x39).contains($0) }
            bytes.replaceSubrange(digits.startIndex..<digits.endIndex, with: Self.pieces[number(below: 16)])
        default: bytes.replaceSubrange(start..<end, with: Self.pieces[number(below: Self.pieces.count)])
        }
    }
}
