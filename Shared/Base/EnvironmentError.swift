/// A variable is missing or malformed. The log says which; the caller learns nothing.
public struct EnvironmentError: Error, CustomStringConvertible {
    public let description: String

    /// An error that says what is wrong, without any value.
    public init(_ description: String) { self.description = description }
}
