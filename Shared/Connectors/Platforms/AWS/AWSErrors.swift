import Base
import HTTP
import Upstream

/// AWS's errors: a code in the body, in XML or JSON.
enum AWSErrors {
    /// The code of an error; nil when there is none.
    static func code(_ response: UpstreamResponse) -> String? {
        if let answer = try? XMLElement(parsing: response.body) {
            // Some services list their one error.
            return (answer["Error"] ?? answer["Errors"]?["Error"])?.text("Code")
        }
        // Written with or without a namespace.
        return response.json.text("__type")?.split(separator: "#").last.map(String.init)
    }

    private static let throttles: Set = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
        "RequestLimitExceeded", "TooManyRequestsException", "PriorRequestNotComplete", "SlowDown",
    ]

    private static let refusals: Set = [
        "InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken", "ExpiredTokenException",
        "UnrecognizedClientException", "InvalidSignatureException", "IncompleteSignature", "MissingAuthenticationToken",
        "AuthFailure", "InvalidAccessKeyId",
    ]

    /// A credential report that is not there yet: it was never made, is older than four hours, or is being made.
    private static let reportsInTheMaking: Set = ["ReportNotPresent", "ReportExpired", "ReportInProgress"]

    /// Throttling is 400 with a code. A credential report takes a while, for which AWS has no limit and names no time.
    @Sendable static func verdict(_ response: UpstreamResponse) -> Verdict {
        guard !response.isSuccess, let code = code(response) else { return RetryPolicy.standardVerdict(response) }
        if throttles.contains(code) { return .throttled(seconds: response.retryAfter) }
        if reportsInTheMaking.contains(code) { return .failed(seconds: response.retryAfter ?? 2) }
        return RetryPolicy.standardVerdict(response)
    }

    static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch code(response) {
        case let code? where refusals.contains(code):
            .credentials("AWS refuses the access key. Make a new one for the user and connect again.")
        case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
            .configuration("The AWS user or role may not do this. Give it the policies that the README lists.")
        case let code? where reportsInTheMaking.contains(code):
            .provider("AWS is still making its credential report. The next try asks for it again.")
        case "NoSuchEntity": .missing("AWS has no such user, role, key or password.")
        case "PasswordPolicyViolation", "EntityTemporarilyUnmodifiable", "LimitExceeded", "UnmodifiableEntity":
            .configuration("AWS does not allow this for that user now.")
        default: .unexplained(response, by: "AWS")
        }
    }
}
