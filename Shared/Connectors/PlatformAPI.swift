import Base
import HTTP
import Upstream

/// A provider's API, with the customer's credentials: requests are authorised, a token that has run out is renewed once,
/// and every response other than 2xx is an error in the provider's own terms.
public final class PlatformAPI {
    /// How requests are authorised.
    public enum Authorization {
        /// The same fields on all of them.
        case fields([(name: String, value: Secret)])
        /// A token in the field Authorization, such as `Bearer …`, made by the function, which asks for another one when
        /// the provider answers 401.
        case token(() throws -> Secret)
        /// Each request is signed as a whole, just before it goes out.
        case signature((inout UpstreamRequest) -> Void)
    }

    /// Bytes of the answers to requests that are sent at once, which are held together.
    private static let longestAnswers = 16 << 20

    private let client: UpstreamClient
    private let base: UpstreamURL
    private let headers: Headers
    private let authorization: Authorization
    private let explain: (UpstreamResponse) -> ConnectorError
    private var token: Secret?

    /// An API.
    ///
    /// - Parameters:
    ///   - headers: what all requests carry, such as a version.
    ///   - explain: what a response other than 2xx means.
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

    /// GET; the response is of status 2xx. `headers` are sent beside those of all requests.
    public func get(
        _ path: UpstreamPath, query: [(name: String, value: String)] = [], headers: Headers = [:]
    ) throws -> UpstreamResponse {
        var request = request(.get, path, query: query)
        for field in headers.fields { request.headers[field.name] = field.value }
        return try send(request)
    }

    /// A request to a path below the base, to be given a body and sent.
    public func request(
        _ method: Method, _ path: UpstreamPath, query: [(name: String, value: String)] = []
    ) -> UpstreamRequest {
        UpstreamRequest(method, base, path, query: query, headers: headers)
    }

    /// GET of a next page, by the URL that the provider named, or its path and query.
    ///
    /// Only path and query count: the request goes to the API's own scheme, host and port, whichever the URL names. A server
    /// behind a proxy names itself as it is called on the other side, and the credentials go nowhere else. The API's base
    /// path must be in the path; what stands before it is dropped, as such a name too.
    public func get(next url: String, headers: Headers = [:]) throws -> UpstreamResponse {
        let basePath = base.target.prefix { $0 != "?" }
        guard let target = URLReference(url)?.from(basePath.hasSuffix("/") ? basePath.dropLast() : basePath),
            let url = UpstreamURL(base.origin + target)
        else { throw ConnectorError.provider("The provider names a next page outside of its API.") }
        var request = UpstreamRequest(.get, url, headers: self.headers)
        for field in headers.fields { request.headers[field.name] = field.value }
        return try send(request)
    }

    /// A whole list whose pages follow one another by the Link field `next`, for what must be known to its end.
    public func all(_ path: UpstreamPath, query: [(name: String, value: String)] = []) throws -> [JSON] {
        try WholeList.items { cursor in
            let response = try cursor?.string.map { try get(next: $0) } ?? get(path, query: query)
            return (try response.list(), try response.nextLink())
        }
    }

    /// Sends a request; the response is of status 2xx.
    public func send(_ request: UpstreamRequest) throws -> UpstreamResponse {
        var response = try exchange(try authorized(request), request)
        if response.status == 401, canRenew() {
            response = try exchange(try authorized(request), request)
        }
        guard response.isSuccess else { throw failure(response, of: request) }
        return response
    }

    /// Changes something. `isRepeatable` says that the provider does the same when asked twice, so that the request may be
    /// sent again when nobody knows what became of it.
    @discardableResult public func change(
        _ method: Method, _ path: UpstreamPath, query: [(name: String, value: String)] = [], _ body: JSON? = nil,
        isRepeatable: Bool = false
    ) throws -> UpstreamResponse {
        var request = request(method, path, query: query)
        if let body { request.setJSON(body) }
        request.isRepeatable = isRepeatable
        return try send(request)
    }

    /// Makes something that asked for twice would be there twice: the provider's description of it. An answer that is none
    /// leaves it open whether it was made.
    public func create(_ path: UpstreamPath, _ body: JSON) throws -> JSON {
        let answer = try change(.post, path, body).json
        guard case .object = answer else {
            throw ConnectorError.unknownOutcome(
                "The provider's answer can't be read; it may have carried the action out.")
        }
        return answer
    }

    /// Sends many requests, so many at once; the responses, each as `accept` made it, are in the requests' order.
    /// `accept` sees every status but 401 and may turn one that is no error here into a value; it throws, or returns nil
    /// to have the response explained as an error.
    public func sendAll<Value>(
        _ requests: [UpstreamRequest], atOnce: Int,
        accept: (UpstreamResponse) throws -> Value? = { $0.isSuccess ? $0 : nil }
    ) throws -> [Value] {
        try sendAll(requests, atOnce: atOnce, accept: accept, recover: { _ in nil })
    }

    /// `recover` may turn a request that got no response into a value.
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
                    let error = connectorError(error, isRepeatable: request.isRepeatable)
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
            // What 401 means to an API without tokens is the second answer's affair.
            isLastTry = true
            if !left.isEmpty { _ = canRenew() }
        }
        return values.compactMap { $0 }
    }

    /// Sends many requests for parts of a list, such as the factors of each user, so many at once. The results are in the
    /// requests' order; a request that fails does so alone.
    ///
    /// - Parameter read: Reads a response of status 2xx.
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
            throw connectorError(error, isRepeatable: request.isRepeatable)
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

    /// Whether another token can be had; if so the present one is dropped.
    private func canRenew() -> Bool {
        guard case .token = authorization else { return false }
        token = nil
        return true
    }

    /// Only a refusal tells of what can't be repeated that it was not done. A provider that fails leaves that open, and so
    /// does one that leads elsewhere or has waited for the request for too long.
    private func failure(_ response: UpstreamResponse, of request: UpstreamRequest) -> ConnectorError {
        let isRefusal = (400..<500).contains(response.status) && response.status != 408
        guard isRefusal || request.isRepeatable else {
            return .unknownOutcome("The provider failed; it may have carried the action out.")
        }
        return explain(response)
    }

    private func connectorError(_ error: UpstreamError, isRepeatable: Bool) -> ConnectorError {
        switch error {
        // Requests get no more time than is left, so a request that fails at the deadline says nothing of the provider.
        case .unreachable where client.deadline <= UpstreamClient.now: .outOfTime
        case .broken where isRepeatable && client.deadline <= UpstreamClient.now: .outOfTime
        default: Self.connectorError(error, isRepeatable: isRepeatable)
        }
    }

    /// Nothing was sent.
    static let unreachable = ConnectorError.provider("The provider can't be reached.")

    /// What an upstream's error means to a connector.
    static func connectorError(_ error: UpstreamError, isRepeatable: Bool) -> ConnectorError {
        switch error {
        case .throttled(let seconds): .rateLimited(seconds: seconds)
        case .refused: .configuration("The address is not one that may be connected to.")
        case .unreachable: unreachable
        case .broken where !isRepeatable:
            .unknownOutcome("The connection broke off; the provider may have carried the action out.")
        case .broken: .provider("The connection to the provider broke off.")
        case .tooLarge where !isRepeatable:
            .unknownOutcome("The provider's response is too large; it may have carried the action out.")
        case .tooLarge: .provider("The provider's response is too large.")
        }
    }
}
