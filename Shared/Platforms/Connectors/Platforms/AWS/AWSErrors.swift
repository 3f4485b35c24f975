import Base
import Upstream

/// The errors of AWS, which have a code in their body, in XML or JSON.
enum AWSErrors {
    /// Returns the code of an error; nil if there is none.
    static func code(_ response: UpstreamResponse) -> String? {
        if let answer = try? XMLElement(parsing: response.body) {
            // Some services wrap their one error in a list.
            return (answer["Error"] ?? answer["Errors"]?["Error"])?.text("Code")
        }
        // The code comes with or without a namespace.
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

    /// The codes for a credential report that is not available yet: never made, older than four hours, or being made.
    private static let reportsInTheMaking: Set = ["ReportNotPresent", "ReportExpired", "ReportInProgress"]

    /// Returns the retry decision for a response. AWS may report throttling with another status than 429 and a code. A
    /// credential report takes a while to be made; AWS states neither a limit nor a waiting time for it.
    @Sendable static func decision(_ response: UpstreamResponse) -> RetryDecision {
        guard !response.isSuccess, let code = code(response) else { return RetryPolicy.standardDecision(response) }
        if throttles.contains(code) { return .throttled(seconds: response.retryAfter) }
        if reportsInTheMaking.contains(code) { return .failed(seconds: response.retryAfter ?? 2) }
        return RetryPolicy.standardDecision(response)
    }

    static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch code(response) {
        case let code? where refusals.contains(code):
            .credentials("AWS refuses the access key. Make a new one for the user and connect again.")
        case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
            .configuration(
                """
                The AWS user or role is not allowed to do this. To be read, an account needs the managed policy \
                IAMReadOnlyAccess, iam:GenerateCredentialReport and cloudtrail:LookupEvents. Actions need \
                iam:DeleteLoginProfile, iam:UpdateLoginProfile, iam:UpdateAccessKey, iam:PutUserPolicy, \
                iam:AttachUserPolicy and iam:PutRolePolicy. A role_arn needs sts:AssumeRole.
                """)
        case let code? where reportsInTheMaking.contains(code):
            .provider("AWS is still making its credential report. The next try asks for it again.")
        case "NoSuchEntity": .missing("AWS has no such user, role, key or password.")
        case "PasswordPolicyViolation", "EntityTemporarilyUnmodifiable", "LimitExceeded", "UnmodifiableEntity":
            .configuration("AWS does not allow this for that user now.")
        default: .unexplained(response, by: "AWS")
        }
    }
}
