public import Base
import Glibc

/// Bytes of the HTTP grammar (RFC 9110 §5.6).
public enum ASCII {
    public static let tab = UInt8(ascii: "\t")
    public static let lineFeed = UInt8(ascii: "\n")
    public static let carriageReturn = UInt8(ascii: "\r")
    public static let space = UInt8(ascii: " ")
    public static let colon = UInt8(ascii: ":")
    public static let slash = UInt8(ascii: "/")

    /// Returns true for a tchar: a letter, a digit or one of !#$%&'*+-.^_`|~
    @inlinable public static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0..<64: 0x03FF_6CFA_0000_0000 as UInt64 >> UInt64(byte) & 1 == 1
        case 64..<128: 0x57FF_FFFF_C7FF_FFFE as UInt64 >> UInt64(byte - 64) & 1 == 1
        default: false
        }
    }

    /// Returns true for a byte that a field value may contain: visible characters, bytes above ASCII, spaces and tabs.
    @inlinable public static func isFieldContent(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == tab }

    @inlinable public static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    @inlinable public static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }

    @inlinable public static func uppercased(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "a") < 26 ? byte & 0xDF : byte
    }
}

extension UnsafeRawBufferPointer {
    /// Returns true if these bytes are `text`, ignoring the case of their ASCII letters. `text` must be lower case.
    @inlinable public func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in 0..<count where ASCII.lowercased(self[index]) != text.utf8Start[index] { return false }
        return true
    }

    /// Returns true if these bytes are exactly `text`.
    @inlinable public func isExactly(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && (0..<count).allSatisfy { self[$0] == text.utf8Start[$0] }
    }

    /// Returns true if these bytes are exactly `bytes`.
    @inlinable public func equals(_ bytes: [UInt8]) -> Bool {
        count == bytes.count && bytes.withUnsafeBytes { elementsEqual($0) }
    }

    /// The existing bytes in `span`.
    @inlinable @inline(__always) public subscript(span: Extent) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[from: span.start, to: span.end])
    }

    /// The bytes without leading and trailing spaces and tabs.
    public var trimmed: UnsafeRawBufferPointer {
        func isContent(_ byte: UInt8) -> Bool { byte != ASCII.space && byte != ASCII.tab }
        guard let first = firstIndex(where: isContent), let last = lastIndex(where: isContent) else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return self[Extent(start: first, end: last + 1)]
    }

    /// The value of a number that consists of 1 to 18 decimal digits; nil for anything else.
    public var decimal: Int? {
        guard (1...18).contains(count) else { return nil }
        var number = 0
        for byte in self {
            guard ASCII.isDigit(byte) else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }

    /// Calls `body` with each element of a comma-separated list (RFC 9110 §5.6.1), without the spaces and tabs around
    /// it. Empty elements are left out. A comma within quotes also separates elements.
    public func forEachElement(_ body: (UnsafeRawBufferPointer) -> Void) {
        for element in split(separator: UInt8(ascii: ",")) {
            let element = UnsafeRawBufferPointer(rebasing: element).trimmed
            if !element.isEmpty { body(element) }
        }
    }
}

extension [UInt8] {
    /// Returns the first range that equals `part`. Returns nil if there is none, or if `part` is empty. Swift's own
    /// search for any collection takes many times as long, and the runner searches every line that functions log.
    public func firstRange(of part: [UInt8]) -> Range<Int>? {
        withUnsafeBytes { bytes in
            part.withUnsafeBytes { part in
                guard let base = bytes.baseAddress, let sought = part.baseAddress, let first = part.first else {
                    return nil
                }
                var start = 0
                while bytes.count - start >= part.count,
                    let found = memchr(base + start, Int32(first), bytes.count - start - part.count + 1)
                {
                    let place = UnsafeRawPointer(found) - base
                    if memcmp(found, sought, part.count) == 0 { return place..<place + part.count }
                    start = place + 1
                }
                return nil
            }
        }
    }
}

/// A part of a buffer, by its offsets.
public struct Extent: Equatable, Sendable {
    public var start: Int
    public var end: Int

    /// The part from `start` up to, but not including, `end`.
    @inlinable public init(start: Int = 0, end: Int = 0) {
        self.start = start
        self.end = end
    }

    @inlinable public var count: Int { end - start }
}
