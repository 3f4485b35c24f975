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

    /// GET; the response is of status 2xx.
    public func get(_ path: UpstreamPath, query: [(name: String, value: String)] = []) throws -> UpstreamResponse {
        try send(request(.get, path, query: query))
    }

    /// A request to a path below the base, to be given a body and sent.
    public func request(
        _ method: Method, _ path: UpstreamPath, query: [(name: String, value: String)] = []
    ) -> UpstreamRequest {
        UpstreamRequest(method, base, path, query: query, headers: headers)
    }

    /// GET of an absolute URL that the provider named, such as the next page. It must be at the API's own origin: the
    /// credentials go nowhere else.
    public func get(next url: String) throws -> UpstreamResponse {
        guard let url = UpstreamURL(url), url.origin == base.origin else {
            throw ConnectorError.provider("The provider names a next page at another address.")
        }
        return try send(UpstreamRequest(.get, url, headers: headers))
    }

    /// A whole list whose pages follow one another by the Link field `next`, for what must be known to its end.
    public func all(_ path: UpstreamPath, query: [(name: String, value: String)] = []) throws -> [JSON] {
        var page = try get(path, query: query)
        var found = try page.list()
        while let next = page.link("next") {
            page = try get(next: next)
            found += try page.list()
        }
        return found
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
        var values: [Value?] = Array(repeating: nil, count: requests.count)
        var left = Array(requests.indices)
        var isLastTry = false
        let isRepeatable = requests.allSatisfy(\.isRepeatable)
        while !left.isEmpty {
            var refused: [Int] = []
            let sent = left
            do {
                let authorized = try sent.map { try self.authorized(requests[$0]) }
                try client.sendAll(authorized, atOnce: atOnce) { place, response in
                    let index = sent[place]
                    if response.status == 401, !isLastTry { return refused.append(index) }
                    guard let value = try accept(response) else {
                        throw failure(response, of: requests[index])
                    }
                    values[index] = value
                }
            } catch let error as UpstreamError {
                throw Self.connectorError(error, isRepeatable: isRepeatable)
            }
            left = refused
            // What 401 means to an API without tokens is the second answer's affair.
            isLastTry = true
            if !left.isEmpty { _ = canRenew() }
        }
        return values.compactMap { $0 }
    }

    private func exchange(_ authorized: UpstreamRequest, _ request: UpstreamRequest) throws -> UpstreamResponse {
        do {
            return try client.send(authorized)
        } catch {
            throw Self.connectorError(error, isRepeatable: request.isRepeatable)
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

    /// What an upstream's error means to a connector.
    static func connectorError(_ error: UpstreamError, isRepeatable: Bool) -> ConnectorError {
        switch error {
        case .throttled(let seconds): .rateLimited(seconds: seconds)
        case .refused: .configuration("The address is not one that may be connected to.")
        case .unreachable: .provider("The provider can't be reached.")
        case .broken where !isRepeatable:
            .unknownOutcome("The connection broke off; the provider may have carried the action out.")
        case .broken: .provider("The connection to the provider broke off.")
        case .tooLarge where !isRepeatable:
            .unknownOutcome("The provider's response is too large; it may have carried the action out.")
        case .tooLarge: .provider("The provider's response is too large.")
        }
    }
}
