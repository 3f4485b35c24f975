/// A type that declares the JSON that it writes. The declaration is next to the code that writes, and tests compare the
/// two with every answer that they get.
public protocol Described: JSONWritable, Sendable {
    /// The schema of all values. It is computed on each use, because requests don't need it.
    static var schema: JSONSchema { get }
}

extension String: Described {
    public static var schema: JSONSchema { .string }
}

extension Bool: Described {
    public static var schema: JSONSchema { .boolean }
}

extension Int: Described {
    public static var schema: JSONSchema { .integer }
}

extension Double: Described {
    public static var schema: JSONSchema { .number }
}

extension Identifier: Described {
    public static var schema: JSONSchema { .uuid }
}

extension Timestamp: Described {
    public static var schema: JSONSchema { .timestamp }
}

extension JSON: Described {
    public static var schema: JSONSchema { .anything }
}

extension Optional: Described where Wrapped: Described {
    public static var schema: JSONSchema { Wrapped.schema.orNull }
}

extension Array: Described where Element: Described {
    public static var schema: JSONSchema { .array(of: Element.schema) }
}
