/// A JSON value (RFC 8259). `init(parsing:)` reads a number without fraction or exponent that fits in an `Int` as an
/// integer.
public enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    /// Reads one JSON document in UTF-8.
    ///
    /// - Throws: `JSONSyntaxError` if the policy does not accept it, or if it has more than 100 levels of nesting or
    ///   more than a million values.
    public init(parsing bytes: some Sequence<UInt8>, _ policy: JSONPolicy = .strict) throws(JSONSyntaxError) {
        self = try JSONReader.read(Array(bytes), policy)
    }

    /// The value of this object's member with that name. Nil if this is not an object or has no such member.
    public subscript(_ name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    /// The text, if this is a string.
    public var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    /// The number, if this is an integer.
    public var integer: Int? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    /// The value, if this is a boolean.
    public var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The elements, if this is an array.
    public var array: [JSON]? {
        guard case .array(let value) = self else { return nil }
        return value
    }

    /// The members, if this is an object.
    public var object: [String: JSON]? {
        guard case .object(let value) = self else { return nil }
        return value
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
    public init(nilLiteral: ()) { self = .null }
}
