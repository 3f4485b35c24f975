public import Base

/// The reason why a workspace is not exported.
public struct ExportError: DomainError, Equatable {
    public let kind: ErrorKind
    public let code: String
    public let sentence: String

    private init(_ kind: ErrorKind, _ name: String, _ sentence: String) {
        self.kind = kind
        code = "export." + name
        self.sentence = sentence
    }

    public static let invalidCursor = ExportError(
        .invalid, "cursor_invalid", "cursor must be one that an export of this workspace returned.")
}
