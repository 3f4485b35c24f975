/// A text that is already JSON, such as the value of a JSON column, and is written unchanged.
public struct JSONText: JSONWritable, Sendable {
    private let text: String

    /// Wraps `text`, which must be exactly one JSON value.
    public init(_ text: String) { self.text = text }

    public func write(to json: inout JSONWriter) { json.literal(text) }
}
