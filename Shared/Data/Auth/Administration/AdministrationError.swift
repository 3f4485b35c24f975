/// Why a change that an operator asked for is refused: a sentence that says what is wrong and, where possible, what
/// to do.
public struct AdministrationError: Error, CustomStringConvertible, Equatable {
    public let description: String

    /// An error with this sentence.
    public init(_ description: String) { self.description = description }
}
