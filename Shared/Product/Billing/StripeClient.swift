public import Base
import HTTP
import Upstream

/// A client for Stripe's API.
public struct StripeClient {
    /// The version of the API that each request names.
    private static let version = "2026-10-28.endive"

    private let key: Secret
    private let client: UpstreamClient
    private let log: Log

    /// Creates a client with the key from the environment. `pause` is the first pause before a retry, in seconds.
    /// - Throws: `BillingError` if no key is set, so that nothing can be bought; `EnvironmentError` if a variable about
    ///   connections is malformed, or if there is no file with certificate authorities.
    public init(_ environment: Environment, pause: Double = 0.5, _ log: Log) throws {
        guard let key = environment["STRIPE_SECRET_KEY"] else { throw BillingError.notSetUp }
        self.key = Secret(key)
        self.log = log
        client = try UpstreamClient(
            "stripe", environment, retry: RetryPolicy(retries: 2, firstPause: pause, decision: Self.decision),
            seconds: 25
        )
    }

    /// Creates an object at a path such as `/v1/checkout/sessions`. Retries within this call create it only once.
    /// - Throws: `BillingError` if Stripe does not create it.
    func create(_ path: UpstreamPath, _ fields: [(name: String, value: String)]) throws -> JSON {
        guard let url = UpstreamURL("https://api.stripe.com") else { throw BillingError.stripeFailed }
        var request = UpstreamRequest(.post, url, path)
        request.headers["Idempotency-Key"] = Identifier.random().description
        request.setForm(fields)
        request.isIdempotent = true
        return try send(request)
    }

    /// Returns a subscription in its present state.
    ///
    /// - Throws: `BillingError` if Stripe does not return it.
    func subscription(_ id: String) throws -> JSON {
        guard let url = UpstreamURL("https://api.stripe.com") else { throw BillingError.stripeFailed }
        return try send(UpstreamRequest(.get, url, "/v1/subscriptions/\(id)"))
    }

    private func send(_ request: UpstreamRequest) throws -> JSON {
        var request = request
        request.headers["Authorization"] = key.reveal { "Bearer " + $0 }
        request.headers["Stripe-Version"] = Self.version
        let response: UpstreamResponse
        do {
            response = try client.send(request)
        } catch {
            log.write(.error, "Stripe's API: \(error)")
            throw BillingError.stripeFailed
        }
        guard response.isSuccess else {
            log.write(
                .error, "Stripe's API refused the request",
                [
                    ("status", .integer(response.status)),
                    ("stripe_request_id", .string(String((response.headers["Request-Id"] ?? "").prefix(64)))),
                ])
            throw BillingError.stripeFailed
        }
        return response.json
    }

    /// Returns the decision about a retry. Stripe's own header comes first. Otherwise 409 (a conflict with a
    /// simultaneous request), 429 (a limit) and 5xx (a failure) are retried.
    @Sendable private static func decision(_ response: UpstreamResponse) -> RetryDecision {
        switch (response.headers["Stripe-Should-Retry"], response.status) {
        case ("false", _): .final
        case ("true", _), (_, 409), (_, 500...599): .failed(seconds: response.retryAfter)
        case (_, 429): .throttled(seconds: response.retryAfter)
        default: .final
        }
    }
}
