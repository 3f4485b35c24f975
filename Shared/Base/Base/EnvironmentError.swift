/// An environment variable is missing or malformed. The description goes to the log, and never to the caller of an
/// endpoint.
public struct EnvironmentError: Error, CustomStringConvertible {
    public let description: String

    /// Creates an error whose description says what is wrong, without quoting the variable's value.
    public init(_ description: String) { self.description = description }
}
