/// A description of JSON values, in the vocabulary of JSON Schema 2020-12, which OpenAPI 3.1 and MCP use.
///
/// Declarations contain it as a closure or a computed property, because requests don't need it.
public struct JSONSchema: Sendable, Equatable {
    private var keywords: [String: JSON]

    /// The schema in the form in which documents contain it.
    public var json: JSON { .object(keywords) }

    private init(_ keywords: [String: JSON]) { self.keywords = keywords }

    private init(type: String, _ more: [String: JSON] = [:]) {
        keywords = more.merging(["type": .string(type)]) { first, _ in first }
    }

    // MARK: Values

    /// Any value.
    public static let anything = JSONSchema([:])
    /// A boolean.
    public static let boolean = JSONSchema(type: "boolean")
    /// A number.
    public static let number = JSONSchema(type: "number")
    /// A text.
    public static let string = JSONSchema(type: "string")
    /// A UUID in the usual form with dashes.
    public static let uuid = JSONSchema(type: "string", ["format": "uuid"])
    /// A time in UTC, such as `2026-04-15T12:30:00Z`.
    public static let timestamp = JSONSchema(type: "string", ["format": "date-time"])
    /// A whole number.
    public static let integer = JSONSchema(type: "integer")
    /// A whole number that is not negative.
    public static let count = JSONSchema(type: "integer", ["minimum": 0])
    /// An object with any members.
    public static let anyObject = JSONSchema(type: "object", ["additionalProperties": true])

    /// A text of a length in Unicode scalars that matches `pattern`, a regular expression of ECMA-262.
    public static func string(_ length: ClosedRange<Int>, pattern: String? = nil) -> JSONSchema {
        var schema = JSONSchema(
            type: "string", ["minLength": .integer(length.lowerBound), "maxLength": .integer(length.upperBound)])
        schema.keywords["pattern"] = pattern.map(JSON.string)
        return schema
    }

    /// A text that matches a regular expression of ECMA-262.
    public static func string(pattern: String) -> JSONSchema {
        JSONSchema(type: "string", ["pattern": .string(pattern)])
    }

    /// A text of a format that JSON Schema names, such as `email` or `uri`.
    public static func string(format: String) -> JSONSchema { JSONSchema(type: "string", ["format": .string(format)]) }

    /// A whole number within `range`.
    public static func integer(_ range: ClosedRange<Int>) -> JSONSchema {
        JSONSchema(
            type: "integer", ["minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)])
    }

    /// A text of a length in Unicode scalars, or a whole number of 64 bits.
    public static func textOrInteger(_ length: ClosedRange<Int>) -> JSONSchema {
        var schema = string(length)
        schema.keywords["type"] = ["string", "integer"]
        schema.keywords["minimum"] = .integer(.min)
        schema.keywords["maximum"] = .integer(.max)
        return schema
    }

    /// One of these texts.
    public static func oneOf(_ texts: [String]) -> JSONSchema {
        JSONSchema(type: "string", ["enum": .array(texts.map(JSON.string))])
    }

    /// One of the raw values of `type`.
    public static func oneOf<Value: RawRepresentable<String> & CaseIterable>(_ type: Value.Type) -> JSONSchema {
        oneOf(type.allCases.map(\.rawValue))
    }

    /// A list.
    public static func array(of element: JSONSchema) -> JSONSchema {
        JSONSchema(type: "array", ["items": element.json])
    }

    // MARK: Objects

    /// A member of an object.
    public struct Member: Sendable {
        let name: String
        let schema: JSONSchema
        let isRequired: Bool

        /// A member that is always there. `summary` says what its value means, unless its name does.
        public static func field(_ name: String, _ schema: JSONSchema, _ summary: String? = nil) -> Member {
            Member(name: name, schema: summary.map(schema.described) ?? schema, isRequired: true)
        }

        /// A member that may be left out. `summary` says what its value means, unless its name does.
        public static func optional(_ name: String, _ schema: JSONSchema, _ summary: String? = nil) -> Member {
            Member(name: name, schema: summary.map(schema.described) ?? schema, isRequired: false)
        }
    }

    /// An object with these members and no others.
    public static func object(_ members: Member...) -> JSONSchema { object(members) }

    /// An object with these members. Other members are allowed only if `isOpen` is true.
    public static func object(_ members: [Member], isOpen: Bool = false) -> JSONSchema {
        var properties: [String: JSON] = [:]
        for member in members { properties[member.name] = member.schema.json }
        var schema = JSONSchema(
            type: "object", ["properties": .object(properties), "additionalProperties": .bool(isOpen)])
        let required = members.filter(\.isRequired).map { JSON.string($0.name) }
        if !required.isEmpty { schema.keywords["required"] = .array(required) }
        return schema
    }

    // MARK: Variations

    /// The schema that also allows null.
    public var orNull: JSONSchema {
        var schema = self
        if let type = keywords["type"] {
            schema.keywords["type"] = .array((type.array ?? [type]).filter { $0 != "null" } + ["null"])
        }
        if let values = keywords["enum"]?.array { schema.keywords["enum"] = .array(values + [.null]) }
        return schema
    }

    /// Returns the schema with a description.
    public func described(_ summary: String) -> JSONSchema {
        var schema = self
        schema.keywords["description"] = .string(summary)
        return schema
    }

    /// Returns the schema with the value that a missing value stands for.
    public func withDefault(_ value: JSON) -> JSONSchema {
        var schema = self
        schema.keywords["default"] = value
        return schema
    }

    /// Returns the schema with an example of its values.
    public func example(_ value: JSON) -> JSONSchema {
        var schema = self
        schema.keywords["examples"] = [value]
        return schema
    }

    /// A value that matches the schema: the declared example, or one that is made of the declared parts.
    public var example: JSON { Self.example(of: json) }

    private static func example(of schema: JSON) -> JSON {
        if let declared = schema["examples"]?.array?.first ?? schema["default"] { return declared }
        if let first = schema["enum"]?.array?.first { return first }
        switch schema["type"]?.string ?? schema["type"]?.array?.first?.string {
        case "boolean": return true
        case "number": return .number(0.95)
        case "integer": return schema["minimum"] ?? 1
        case "string": return .string(text(of: schema))
        case "array": return .array([example(of: schema["items"] ?? [:])])
        case "object": return .object((schema["properties"]?.object ?? [:]).mapValues(example))
        default: return [:]
        }
    }

    private static func text(of schema: JSON) -> String {
        switch schema["format"]?.string {
        case "uuid": "5f0c8d4e-3b1a-4c7d-9e2f-6a8b0c1d2e3f"
        case "date-time": "2026-04-15T12:30:00Z"
        case "email": "alice@example.com"
        case "uri": "https://example.com/"
        default: "text"
        }
    }
}
