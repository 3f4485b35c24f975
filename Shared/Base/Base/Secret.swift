/// Text that must not appear in logs, errors or responses. Its descriptions are ‹redacted›, and it has no JSON form.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    /// Wraps `text`.
    public init(_ text: String) { self.text = text }

    public var description: String { "‹redacted›" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Calls `use` with the text, and returns the result. This is the only way to read the text.
    public func reveal<Result>(_ use: (String) throws -> Result) rethrows -> Result { try use(text) }
}
