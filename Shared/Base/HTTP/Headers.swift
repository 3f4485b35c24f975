/// Header fields in their order (RFC 9110 §5). Names are compared without regard to case.
public struct Headers: Sendable, ExpressibleByDictionaryLiteral {
    /// The fields in the order in which they were added.
    public private(set) var fields: [(name: String, value: String)] = []

    /// Creates an empty list of fields.
    public init() {}

    public init(dictionaryLiteral fields: (String, String)...) {
        self.fields = fields.map { (name: $0.0, value: $0.1) }
    }

    /// The value of a field. The values of several fields of the same name are joined by commas (RFC 9110 §5.2).
    /// Setting a value replaces all fields of that name.
    public subscript(name: String) -> String? {
        get {
            var joined: String?
            for field in fields where Self.equal(field.name, name) {
                joined = joined.map { $0 + ", " + field.value } ?? field.value
            }
            return joined
        }
        set {
            fields.removeAll { Self.equal($0.name, name) }
            if let newValue { add(name, newValue) }
        }
    }

    /// Adds a field after the others, even if there is one of the same name.
    public mutating func add(_ name: String, _ value: String) {
        fields.append((name: name, value: value))
    }

    private static func equal(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count
            && zip(left.utf8, right.utf8).allSatisfy { fold($0) == fold($1) }
    }

    private static func fold(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
