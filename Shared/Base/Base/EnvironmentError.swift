/// An environment variable, or a file that the environment should provide, is missing or malformed. The description is
/// for the log and the operator's terminal, and never for the caller of an endpoint.
public struct EnvironmentError: Error, CustomStringConvertible {
    public let description: String

    /// Creates an error whose description says what is wrong. It must not contain a secret.
    public init(_ description: String) { self.description = description }
}
