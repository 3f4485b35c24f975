/// One HTTP request, independent of the way of invocation.
public struct Request: Sendable {
    public var method: Method
    /// The path without the query, as the way of invocation provides it. Some ways decode it.
    public var path: String
    /// The query string: the text after the first `?`, not decoded.
    public var queryString: String
    public var headers: Headers
    public var body: Body
    /// The address of the peer that opened the connection: a client or a proxy. Empty if it is not known.
    public var peerAddress: String

    public enum Body: Sendable {
        /// The complete body. Empty if the request has none.
        case bytes([UInt8])
        /// The body is larger than the function accepts, and was not kept.
        case tooLarge
    }

    public init(
        method: Method, path: String, queryString: String = "", headers: Headers = [:],
        body: Body = .bytes([]), peerAddress: String = ""
    ) {
        self.method = method
        self.path = path
        self.queryString = queryString
        self.headers = headers
        self.body = body
        self.peerAddress = peerAddress
    }
}
