public import Base

/// An input of an operation is missing or malformed.
public struct InputError: DomainError, Equatable {
    public let code: String
    public let sentence: String

    private init(_ name: String, _ sentence: String) {
        code = "input." + name
        self.sentence = sentence
    }

    public var kind: ErrorKind { .invalid }

    static func missing(_ field: String) -> InputError {
        InputError("missing", "\(field) is required.")
    }

    static func malformed(_ field: String, _ constraint: String) -> InputError {
        InputError("malformed", "\(field) must be \(constraint).")
    }

    /// The error for inputs that can't be read as a whole, or for an input that is given more than once.
    public static func unreadable(_ sentence: String) -> InputError {
        InputError("unreadable", sentence)
    }
}
