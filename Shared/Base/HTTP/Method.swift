/// A request method (RFC 9110 §9). Methods are case-sensitive.
public struct Method: RawRepresentable, Hashable, Sendable {
    /// The name as it was written in the request.
    public let rawValue: String

    /// Creates the method of that name, which need not be a known one.
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let get = Method(rawValue: "GET")
    public static let head = Method(rawValue: "HEAD")
    public static let post = Method(rawValue: "POST")
    public static let put = Method(rawValue: "PUT")
    /// PATCH (RFC 5789).
    public static let patch = Method(rawValue: "PATCH")
    public static let delete = Method(rawValue: "DELETE")
    public static let options = Method(rawValue: "OPTIONS")
}
