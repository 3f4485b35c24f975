public import Base

/// The reason why an operation on a finding is refused.
public struct FindingError: DomainError, Equatable {
    public let kind: ErrorKind
    public let code: String
    public let sentence: String

    private init(_ kind: ErrorKind, _ name: String, _ sentence: String) {
        self.kind = kind
        code = "finding." + name
        self.sentence = sentence
    }

    /// The workspace has no such finding. Another workspace's finding gives the same error.
    public static let unknown = FindingError(.notFound, "unknown", "This finding is not in this workspace.")

    static let unknownIdentity = FindingError(
        .notFound, "identity_unknown", "No identity in this workspace has this e-mail address.")

    /// The status of the finding does not allow the operation. `statuses` names those that do, and `participle` the
    /// operation.
    static func decided(_ status: String, only statuses: String, toBe participle: String) -> FindingError {
        FindingError(
            .conflict, "decided",
            "This finding is \(status). Only findings that are \(statuses) can be \(participle).")
    }
}
