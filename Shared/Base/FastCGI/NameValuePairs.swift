import Base

/// Encodes and decodes FastCGI's name-value pairs (FastCGI Specification 1.0, §3.4). Each pair is the name's length,
/// the value's length, the name and the value. A length up to 127 takes one byte; a larger one takes four bytes, the
/// first with its high bit set.
public enum NameValuePairs {
    /// Calls `body` with the name and the value of each complete pair. Returns false if the bytes end within a pair.
    public static func decode(_ bytes: [UInt8], _ body: (String, String) throws -> Void) rethrows -> Bool {
        var position = 0
        func length() -> Int? {
            guard let first = bytes[at: position] else { return nil }
            guard first & 0x80 != 0 else {
                position += 1
                return Int(first)
            }
            guard position + 4 <= bytes.count else { return nil }
            let value = bytes[from: position, to: position + 4].reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF
            position += 4
            return value
        }
        while position < bytes.count {
            guard let nameLength = length(), let valueLength = length(),
                nameLength + valueLength <= bytes.count - position
            else { return false }
            let value = position + nameLength
            let name = String(decoding: bytes[from: position, to: value], as: UTF8.self)
            position = value + valueLength
            try body(name, String(decoding: bytes[from: value, to: position], as: UTF8.self))
        }
        return true
    }

    /// Appends one pair.
    public static func append(_ name: String, _ value: String, to bytes: inout [UInt8]) {
        let name = name.utf8
        let value = value.utf8
        appendLength(name.count, to: &bytes)
        appendLength(value.count, to: &bytes)
        bytes.append(contentsOf: name)
        bytes.append(contentsOf: value)
    }

    /// Appends the length of a name or a value.
    public static func appendLength(_ length: Int, to bytes: inout [UInt8]) {
        if length < 128 {
            bytes.append(UInt8(truncatingIfNeeded: length))
        } else {
            bytes.append(UInt8(truncatingIfNeeded: length >> 24) | 0x80)
            bytes.append(UInt8(truncatingIfNeeded: length >> 16))
            bytes.append(UInt8(truncatingIfNeeded: length >> 8))
            bytes.append(UInt8(truncatingIfNeeded: length))
        }
    }
}
