/// JSON that is written as it is, such as a JSON column of the store.
public struct JSONText: JSONWritable {
    private let text: String

    /// `text` must be one JSON value.
    public init(_ text: String) { self.text = text }

    public func write(to json: inout JSONWriter) { json.literal(text) }
}
