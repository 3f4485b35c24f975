import Base

/// One request, however it came in.
public struct Request: Sendable {
    /// The method.
    public var method: Method
    /// The path as it came, without the query.
    public var path: String
    /// What follows the `?`, not decoded.
    public var queryString: String
    /// The header fields.
    public var headers: Headers
    /// The body.
    public var body: Body
    /// The address of the peer that connected: a client, or a proxy.
    public var peerAddress: String

    /// A request's body.
    public enum Body: Sendable {
        /// All of it; empty when there is none.
        case bytes([UInt8])
        /// It is longer than the function takes, and was not kept.
        case tooLarge
    }

    /// A request with these parts.
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
