/// Text that must not show in logs, errors or responses: it prints as ‹redacted›, and has no JSON form.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    /// Keeps `text` out of sight.
    public init(_ text: String) { self.text = text }

    public var description: String { "‹redacted›" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Hands the text to the one place that needs it.
    public func reveal<Result>(_ use: (String) throws -> Result) rethrows -> Result { try use(text) }
}
