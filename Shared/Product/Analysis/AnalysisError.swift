public import Base

/// The reason why an analysis does not run, or why its results were not stored.
public struct AnalysisError: DomainError, Equatable {
    public let kind: ErrorKind
    public let code: String
    public let sentence: String
    public let retryAfter: Int?

    private init(_ kind: ErrorKind, _ name: String, _ sentence: String, retryAfter: Int? = nil) {
        self.kind = kind
        code = "analysis." + name
        self.sentence = sentence
        self.retryAfter = retryAfter
    }

    /// Another analysis began less than a minute ago.
    public static func tooEarly(wait seconds: Int) -> AnalysisError {
        AnalysisError(
            .conflict, "too_early",
            "An analysis of this workspace is in progress or has just run. Try again in \(seconds) seconds.",
            retryAfter: seconds)
    }

    public static let overtaken = AnalysisError(
        .conflict, "overtaken", "This analysis took so long that another one has replaced it.")

    public static let unknownRule = AnalysisError(
        .notFound, "unknown_rule", "There is no rule with this id. GET /api/mcp/rules lists all rules.")
}
