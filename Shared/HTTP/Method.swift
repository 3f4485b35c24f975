/// A request method (RFC 9110 §9). Methods are case-sensitive.
public struct Method: RawRepresentable, Hashable, Sendable {
    /// The name as it stands in the request.
    public let rawValue: String

    /// The method of that name, known or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// GET.
    public static let get = Method(rawValue: "GET")
    /// HEAD: GET without a body.
    public static let head = Method(rawValue: "HEAD")
    /// POST.
    public static let post = Method(rawValue: "POST")
    /// PUT.
    public static let put = Method(rawValue: "PUT")
    /// PATCH (RFC 5789).
    public static let patch = Method(rawValue: "PATCH")
    /// DELETE.
    public static let delete = Method(rawValue: "DELETE")
}
