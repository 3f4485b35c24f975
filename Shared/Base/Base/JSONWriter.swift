/// A value that writes itself as JSON.
public protocol JSONWritable {
    /// Writes exactly one JSON value.
    func write(to json: inout JSONWriter)
}

/// Writes JSON (RFC 8259) without spaces, in the order of the calls.
public struct JSONWriter: ~Copyable {
    /// The UTF-8 bytes that have been written and not been passed to a sink yet.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// Creates an empty writer. `capacity` is the number of bytes for which memory is reserved.
    public init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// Passes `bytes` to `sink` and forgets them, if there are more than `length`.
    public mutating func flush(
        ifLongerThan length: Int = 65_536, to sink: (UnsafeRawBufferPointer) throws -> Void
    ) rethrows {
        guard bytes.count > length else { return }
        try bytes.withUnsafeBytes(sink)
        bytes.removeAll(keepingCapacity: true)
    }

    /// Returns the JSON text of one value in UTF-8.
    public static func bytes(_ value: some JSONWritable) -> [UInt8] {
        var json = JSONWriter()
        json.value(value)
        return json.bytes
    }

    /// Writes an object. `body` writes its members.
    public mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try nested(open: UInt8(ascii: "{"), close: UInt8(ascii: "}"), body)
    }

    /// Writes an array. `body` writes its elements.
    public mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try nested(open: UInt8(ascii: "["), close: UInt8(ascii: "]"), body)
    }

    /// Writes a member's name. The member's value must be written next.
    public mutating func name(_ name: String) {
        separate()
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes one value: an element of an array, or a member's value after its name.
    public mutating func value(_ value: some JSONWritable) {
        value.write(to: &self)
    }

    /// Writes a member: its name and its value.
    @inlinable public mutating func field(_ name: String, _ value: some JSONWritable) {
        self.name(name)
        value.write(to: &self)
    }

    /// Writes a member, or nothing if `value` is nil.
    @inlinable public mutating func field(_ name: String, ifPresent value: (some JSONWritable)?) {
        if let value { field(name, value) }
    }

    /// Writes a text that is already JSON, such as `true` or `12`.
    mutating func literal(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    fileprivate mutating func quoted(_ text: String) {
        separate()
        string(text)
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func nested(
        open: UInt8, close: UInt8, _ body: (inout JSONWriter) throws -> Void
    ) rethrows {
        separate()
        bytes.append(open)
        needsComma = false
        try body(&self)
        bytes.append(close)
        needsComma = true
    }

    private mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            // Most texts need no escape. Looking for one takes less time than copying in parts.
            guard Self.needsEscape(utf8) else { return bytes.append(contentsOf: utf8) }
            var copied = 0
            for (position, byte) in utf8.enumerated() where Self.isEscaped(byte) {
                bytes.append(contentsOf: utf8[from: copied, to: position])
                escape(byte)
                copied = position + 1
            }
            bytes.append(contentsOf: utf8.dropFirst(copied))
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Returns true if a byte must be escaped. Looks at all bytes, because the compiler turns a loop without an early exit
    /// into vector instructions.
    private static func needsEscape(_ utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        var found = false
        for byte in utf8 { found = found || isEscaped(byte) }
        return found
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(Hex.lowerDigit(byte >> 4))
            bytes.append(Hex.lowerDigit(byte))
        }
    }
}

extension String: JSONWritable {
    public func write(to json: inout JSONWriter) { json.quoted(self) }
}

extension Bool: JSONWritable {
    public func write(to json: inout JSONWriter) { json.literal(self ? "true" : "false") }
}

extension Int: JSONWritable {
    public func write(to json: inout JSONWriter) { json.literal(String(self)) }
}

extension Double: JSONWritable {
    /// Writes the number, without a fraction if it is whole and fits in an `Int`. Infinities and NaN, which JSON
    /// doesn't have, become null.
    public func write(to json: inout JSONWriter) {
        guard isFinite else { return json.literal("null") }
        json.literal(Int(exactly: self).map(String.init) ?? String(self))
    }
}

extension Optional: JSONWritable where Wrapped: JSONWritable {
    public func write(to json: inout JSONWriter) {
        switch self {
        case .some(let value): value.write(to: &json)
        case .none: json.literal("null")
        }
    }
}

extension Array: JSONWritable where Element: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.array { json in
            for element in self { element.write(to: &json) }
        }
    }
}

extension JSON: JSONWritable {
    /// Writes the value in canonical form: members ordered by the UTF-8 bytes of their names, without spaces.
    public func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.literal("null")
        case .bool(let value): value.write(to: &json)
        case .integer(let value): value.write(to: &json)
        case .number(let value): value.write(to: &json)
        case .string(let value): value.write(to: &json)
        case .array(let values): values.write(to: &json)
        case .object(let members):
            json.object { json in
                let names = members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                for name in names { json.field(name, members[name]) }
            }
        }
    }
}
