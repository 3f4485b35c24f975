public import Base
public import HTTP
public import Upstream

/// A client for a provider's API with a customer's credentials. It authorizes requests, renews an expired token once
/// per request, and turns responses other than 2xx into errors with the provider's own meaning. Functions that send
/// throw a `ConnectorError` if a request fails; `results` and the `accept` of `sendAll` may return a failure as a
/// value.
public final class PlatformAPI {
    /// The ways of authorizing requests.
    public enum Authorization {
        /// The same header fields on every request.
        case fields([(name: String, value: Secret)])
        /// A token for the field Authorization, such as `Bearer …`. The function asks for one; it is called again if
        /// the provider answers 401.
        case token(() throws -> Secret)
        /// A signature over each whole request, added just before it is sent.
        case signature((inout UpstreamRequest) -> Void)
    }

    /// The largest total length, in bytes, of the answers in one call of `sendAll` or `results`.
    private static let longestAnswers = 16 << 20

    private let client: UpstreamClient
    private let base: UpstreamURL
    private let headers: Headers
    private let authorization: Authorization
    private let explain: (UpstreamResponse) -> ConnectorError
    private var token: Secret?

    /// Creates a client for an API.
    ///
    /// - Parameters:
    ///   - headers: The header fields that all requests carry, such as an API version.
    ///   - explain: Turns a response other than 2xx into an error.
    public init(
        _ client: UpstreamClient, _ base: UpstreamURL, headers: Headers = [:], _ authorization: Authorization,
        explain: @escaping (UpstreamResponse) -> ConnectorError
    ) {
        self.client = client
        self.base = base
        self.headers = headers
        self.authorization = authorization
        self.explain = explain
    }

    /// Sends a GET request and returns a 2xx response. `headers` are sent in addition to those of all requests.
    public func get(
        _ path: UpstreamPath, query: [(name: String, value: String)] = [], headers: Headers = [:]
    ) throws -> UpstreamResponse {
        var request = request(.get, path, query: query)
        for field in headers.fields { request.headers[field.name] = field.value }
        return try send(request)
    }

    /// Returns a request to a path below the base, to which the caller may add a body.
    public func request(
        _ method: Method, _ path: UpstreamPath, query: [(name: String, value: String)] = []
    ) -> UpstreamRequest {
        UpstreamRequest(method, base, path, query: query, headers: headers)
    }

    /// Sends a GET request for a next page, named by the URL that the provider gave or by its path and query.
    ///
    /// Only the URL's path and query are used; scheme, host and port are always the API's own. So the credentials are
    /// sent to no other host, and a server behind a proxy may name its internal address. The path must contain the
    /// API's base path; a prefix before it is dropped, since it may be internal as well.
    ///
    /// - Throws: `ConnectorError.provider` if the path does not contain the base path.
    public func get(next url: String, headers: Headers = [:]) throws -> UpstreamResponse {
        let basePath = base.target.prefix { $0 != "?" }
        guard let target = URLReference(url)?.from(basePath.hasSuffix("/") ? basePath.dropLast() : basePath),
            let url = UpstreamURL(base.origin + target)
        else { throw ConnectorError.provider("The provider's link to the next page leads outside its API.") }
        var request = UpstreamRequest(.get, url, headers: self.headers)
        for field in headers.fields { request.headers[field.name] = field.value }
        return try send(request)
    }

    /// Returns a whole list whose pages are chained by the field Link with the relation `next`.
    public func all(_ path: UpstreamPath, query: [(name: String, value: String)] = []) throws -> [JSON] {
        try WholeList.items { cursor in
            let response = try cursor?.string.map { try get(next: $0) } ?? get(path, query: query)
            return (try response.list(), try response.nextLink())
        }
    }

    /// Sends a request and returns a 2xx response. If the provider answers 401 and the token can be renewed, sends the
    /// request once more.
    public func send(_ request: UpstreamRequest) throws -> UpstreamResponse {
        var response = try exchange(try authorized(request), request)
        if response.status == 401, canRenew() {
            response = try exchange(try authorized(request), request)
        }
        guard response.isSuccess else { throw failure(response, of: request) }
        return response
    }

    /// Sends a request that changes something. `isIdempotent` says that the provider does the same if asked twice, so
    /// the request may be sent again if its outcome is not known.
    @discardableResult public func change(
        _ method: Method, _ path: UpstreamPath, query: [(name: String, value: String)] = [], _ body: JSON? = nil,
        isIdempotent: Bool = false
    ) throws -> UpstreamResponse {
        var request = request(method, path, query: query)
        if let body { request.setJSON(body) }
        request.isIdempotent = isIdempotent
        return try send(request)
    }

    /// Creates an object that would exist twice if it were requested twice, and returns the provider's description of
    /// it.
    /// - Throws: `ConnectorError.unknownOutcome` if the answer can't be read, since the object may have been created.
    public func create(_ path: UpstreamPath, _ body: JSON) throws -> JSON {
        let answer = try change(.post, path, body).json
        guard case .object = answer else {
            throw ConnectorError.unknownOutcome(
                "The provider's answer can't be read; it may have carried the action out.")
        }
        return answer
    }

    /// Sends many requests, at most `atOnce` at a time, and returns the values that `accept` makes of the responses, in
    /// the requests' order. A request that is answered with 401 is sent once more; `accept` gets every other response,
    /// and the second 401. It may turn a status that is not an error here into a value. If it returns nil, the response
    /// counts as a failure and its error is thrown.
    public func sendAll<Value>(
        _ requests: [UpstreamRequest], atOnce: Int,
        accept: (UpstreamResponse) throws -> Value? = { $0.isSuccess ? $0 : nil }
    ) throws -> [Value] {
        try sendAll(requests, atOnce: atOnce, accept: accept, recover: { _ in nil })
    }

    /// Sends many requests; `recover` may turn a request without a response into a value.
    private func sendAll<Value>(
        _ requests: [UpstreamRequest], atOnce: Int, accept: (UpstreamResponse) throws -> Value?,
        recover: (ConnectorError) -> Value?
    ) throws -> [Value] {
        var values: [Value?] = Array(repeating: nil, count: requests.count)
        var length = 0
        var left = Array(requests.indices)
        var isLastTry = false
        while !left.isEmpty {
            var refused: [Int] = []
            let sent = left
            let authorized = try sent.map { try self.authorized(requests[$0]) }
            try client.sendAll(authorized, atOnce: atOnce) { place, outcome in
                guard let index = sent[at: place], let request = requests[at: index] else { return }
                switch outcome {
                case .failure(let error):
                    let error = connectorError(error, isIdempotent: request.isIdempotent)
                    guard let value = recover(error) else { throw error }
                    values[index] = value
                case .success(let response):
                    if response.status == 401, !isLastTry { return refused.append(index) }
                    length += response.body.count
                    guard length <= Self.longestAnswers else {
                        throw ConnectorError.provider("The provider's answers are longer than can be read at once.")
                    }
                    guard let value = try accept(response) else { throw failure(response, of: request) }
                    values[index] = value
                }
            }
            left = refused
            // A second 401 goes to `accept`, as the API may use no tokens.
            isLastTry = true
            if !left.isEmpty { _ = canRenew() }
        }
        return values.compactMap { $0 }
    }

    /// Sends many requests for parts of a list, such as the factors of each user, at most `atOnce` at a time. Returns
    /// the results in the requests' order; a request that fails does not affect the others.
    ///
    /// - Parameter read: Reads a 2xx response.
    /// - Throws: `ConnectorError` if the error concerns all requests (`isAboutOneRequest` is false).
    func results<Value>(
        of requests: [UpstreamRequest], atOnce: Int, read: (UpstreamResponse) throws -> Value
    ) throws -> [Result<Value, ConnectorError>] {
        try sendAll(requests, atOnce: atOnce) { response -> Result<Value, ConnectorError>? in
            do {
                guard response.isSuccess else { throw explain(response) }
                return .success(try read(response))
            } catch let error as ConnectorError where error.isAboutOneRequest {
                return .failure(error)
            }
        } recover: { error in
            error.isAboutOneRequest ? .failure(error) : nil
        }
    }

    private func exchange(_ authorized: UpstreamRequest, _ request: UpstreamRequest) throws -> UpstreamResponse {
        do {
            return try client.send(authorized)
        } catch {
            throw connectorError(error, isIdempotent: request.isIdempotent)
        }
    }

    private func authorized(_ request: UpstreamRequest) throws -> UpstreamRequest {
        var request = request
        switch authorization {
        case .fields(let fields):
            for field in fields { field.value.reveal { request.headers[field.name] = $0 } }
        case .token(let make):
            let token = try self.token ?? make()
            self.token = token
            token.reveal { request.headers["Authorization"] = $0 }
        case .signature(let sign): sign(&request)
        }
        return request
    }

    /// Drops the present token and returns true. Returns false if the API does not use tokens.
    private func canRenew() -> Bool {
        guard case .token = authorization else { return false }
        token = nil
        return true
    }

    /// Returns the error for a response other than 2xx. If the request must not be repeated, only a 4xx status other
    /// than 408 proves that nothing was changed. After a 5xx status, a redirect or 408 (Request Timeout), the provider
    /// may have carried the request out.
    private func failure(_ response: UpstreamResponse, of request: UpstreamRequest) -> ConnectorError {
        let isRefusal = (400..<500).contains(response.status) && response.status != 408
        guard isRefusal || request.isIdempotent else {
            return .unknownOutcome("The provider failed; it may have carried the action out.")
        }
        return explain(response)
    }

    private func connectorError(_ error: UpstreamError, isIdempotent: Bool) -> ConnectorError {
        switch error {
        // Requests get only the time that is left, so a failure at the deadline says nothing about the provider.
        case .unreachable where client.deadline <= UpstreamClient.now: .outOfTime
        case .proxyRefused where client.deadline <= UpstreamClient.now: .outOfTime
        case .broken where isIdempotent && client.deadline <= UpstreamClient.now: .outOfTime
        default: Self.connectorError(error, isIdempotent: isIdempotent)
        }
    }

    /// The error for a provider that can't be reached, so that nothing was sent.
    static let unreachable = ConnectorError.provider("The provider can't be reached.")

    /// Translates an error of the HTTP client into a connector's.
    static func connectorError(_ error: UpstreamError, isIdempotent: Bool) -> ConnectorError {
        switch error {
        case .throttled(let seconds): .rateLimited(seconds: seconds)
        case .refused: .configuration("Connections to this address are not allowed.")
        case .unreachable: unreachable
        case .proxyRefused(let status):
            .provider("The server's proxy refused to connect to the provider (status \(status)).")
        case .broken where !isIdempotent:
            .unknownOutcome("The connection broke off; the provider may have carried the action out.")
        case .broken: .provider("The connection to the provider broke off.")
        case .tooLarge where !isIdempotent:
            .unknownOutcome("The provider's response is too large; it may have carried the action out.")
        case .tooLarge: .provider("The provider's response is too large.")
        }
    }
}
