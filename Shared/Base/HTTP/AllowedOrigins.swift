public import Base

/// The origins of pages that may call the API from a browser, by CORS (fetch.spec.whatwg.org §3.2): the variable
/// CORS_ALLOWED_ORIGINS. Without the variable there are none, and no response has a field of CORS.
///
/// Each origin is listed in full, and there is no wildcard. Access-Control-Allow-Credentials is never sent: callers
/// authenticate by header fields that the page itself sets, so a browser has no credentials to add.
public struct AllowedOrigins: Sendable {
    /// The name of the variable.
    public static let variable = "CORS_ALLOWED_ORIGINS"

    /// The fields of requests that pages may set, besides those that need no permission.
    private static let requestFields =
        "Authorization, Content-Type, Idempotency-Key, MCP-Protocol-Version, Mcp-Method, Mcp-Name, X-Api-Key, "
        + "X-Request-Id"
    /// The fields of responses that pages may read, besides those that need no permission.
    private static let responseFields =
        "Content-Disposition, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Next-Cursor, "
        + "X-Request-Id"
    /// The time for which a browser may remember the answer to a preflight request, in seconds.
    private static let maximumAge = 600

    private let origins: [String]

    /// Reads the variable: origins separated by commas, such as `https://app.example.com,http://localhost:3000`.
    ///
    /// - Throws: `EnvironmentError` if an entry is not an origin as browsers write it.
    public init(_ environment: Environment) throws(EnvironmentError) {
        var origins: [String] = []
        for entry in (environment[Self.variable] ?? "").split(separator: ",") {
            let origin = String(entry).trimmed
            guard Self.isOrigin(origin) else {
                throw EnvironmentError(
                    "\(Self.variable) contains \"\(origin)\"; write each origin in full and in lower case, such as "
                        + "https://app.example.com or http://localhost:3000, without a path, and separate them by commas"
                )
            }
            origins.append(origin)
        }
        self.origins = origins
    }

    /// True if no page may call the API.
    public var isEmpty: Bool { origins.isEmpty }

    /// Returns true if the pages of an origin, the value of a request's Origin field, may call the API.
    public func contains(_ origin: String) -> Bool { origins.contains(origin) }

    /// The fields of every response to a request with this Origin field. Caches must know that responses differ by
    /// origin, so Vary is there even without the field.
    public func fields(for origin: String?) -> [(name: String, value: String)] {
        guard !isEmpty else { return [] }
        let vary = (name: "Vary", value: "Origin")
        guard let origin, contains(origin) else { return [vary] }
        return [
            vary, (name: "Access-Control-Allow-Origin", value: origin),
            (name: "Access-Control-Expose-Headers", value: Self.responseFields),
        ]
    }

    /// Returns the response to a preflight request from an allowed origin, without the fields of every response.
    /// Returns nil for any other request. `methods` are those of the path, separated by commas.
    public func preflight(_ request: Request, methods: String) -> Response? {
        guard request.method == .options, let origin = request.headers["Origin"], contains(origin),
            request.headers["Access-Control-Request-Method"] != nil
        else { return nil }
        return Response(
            status: 204,
            headers: [
                "Access-Control-Allow-Methods": methods, "Access-Control-Allow-Headers": Self.requestFields,
                "Access-Control-Max-Age": String(Self.maximumAge),
            ], body: .bytes([]))
    }

    /// Returns true for an origin in the form in which browsers send it: scheme, host, and the port if it is not the
    /// scheme's own.
    private static func isOrigin(_ text: String) -> Bool {
        guard let (scheme, rest) = text.cut(at: ":"), scheme == "https" || scheme == "http", rest.hasPrefix("//")
        else { return false }
        let authority = rest.dropFirst(2)
        let host: Substring
        if authority.hasPrefix("["), let (inside, _) = authority.dropFirst().cut(at: "]") {
            guard inside.contains(":"), IPAddress(String(inside)) != nil else { return false }
            host = authority.prefix(inside.utf8.count + 2)
        } else {
            host = authority.prefix { $0 != ":" }
            guard isName(host) else { return false }
        }
        let port = authority.dropFirst(host.count)
        guard !port.isEmpty else { return true }
        guard port.first == ":", let number = UInt16(port.dropFirst()), String(number) == port.dropFirst() else {
            return false
        }
        return number != 0 && number != (scheme == "https" ? 443 : 80)
    }

    private static func isName(_ host: Substring) -> Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        return host.utf8.count <= 253
            && labels.allSatisfy { label in
                !label.isEmpty && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { byte in
                        switch byte {
                        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                            UInt8(ascii: "-"):
                            true
                        default: false
                        }
                    }
            }
    }
}
