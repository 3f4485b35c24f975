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

    /// The error for inputs that are missing. There must be at least one.
    public static func missing(_ fields: [String]) -> InputError {
        guard let last = fields.last, fields.count > 1 else {
            return InputError("missing", "\(fields.joined()) is required.")
        }
        return InputError("missing", "\(fields.dropLast().joined(separator: ", ")) and \(last) are required.")
    }

    /// The error for an input that is not declared: `kind` is a field or a parameter, `known` are the declared names.
    public static func unknown(_ name: String, _ kind: String, known: [String]) -> InputError {
        InputError(
            "unknown", "There is no \(kind) \(name.harmless(atMost: 60)); \(NearestWord.advice(name, known))")
    }

    static func malformed(_ field: String, _ constraint: String) -> InputError {
        InputError("malformed", "\(field) must be \(constraint).")
    }

    /// The error for a `cursor` that does not name a position in the list. No schema can tell it from other texts.
    public static let unknownCursor = InputError(
        "cursor_unknown", "cursor must be a cursor of an earlier page of this list.")

    /// The error for inputs that can't be read as a whole, or for an input that is given more than once.
    public static func unreadable(_ sentence: String) -> InputError {
        InputError("unreadable", sentence)
    }
}
