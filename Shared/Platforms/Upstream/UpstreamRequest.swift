public import Base
public import HTTP

/// A request to an upstream.
public struct UpstreamRequest: Sendable {
    public var method: Method
    /// The URL that the request is sent to.
    public var url: UpstreamURL
    /// The header fields. They may contain secrets.
    public var headers: Headers
    /// The body. Nil if there is none.
    public var body: [UInt8]?
    /// True if the request may be sent again when it is unknown if it was carried out, because it is idempotent (RFC
    /// 9110 §9.2.2), or because the provider recognizes repetitions.
    public var isIdempotent: Bool
    /// True if a request that may have been carried out is sent again unchanged, provided that it is idempotent. If
    /// false, the caller handles its failure, for example by asking for less. Requests that were throttled or not sent
    /// are sent again in any case.
    public var isRetried = true
    /// False if the path contains an interpolated part that could change the path's structure.
    var isSound = true
    var mayBeRetried: Bool { isIdempotent && isRetried }

    /// Creates a request without a body. GET counts as idempotent, other methods do not.
    public init(_ method: Method, _ url: UpstreamURL, headers: Headers = [:]) {
        self.method = method
        self.url = url
        self.headers = headers
        body = nil
        isIdempotent = method == .get
    }

    /// Creates a request for a path below the URL `base`.
    public init(
        _ method: Method, _ base: UpstreamURL, _ path: UpstreamPath, query: [(name: String, value: String)] = [],
        headers: Headers = [:]
    ) {
        self.init(method, base.appending(path, query: query), headers: headers)
        isSound = path.isSound
    }

    /// Sets a JSON body.
    public mutating func setJSON(_ value: JSON) {
        var json = JSONWriter()
        json.value(value)
        setBody(json.bytes, "application/json")
    }

    /// Sets a body in application/x-www-form-urlencoded.
    public mutating func setForm(_ fields: [(name: String, value: String)]) {
        let text = fields.map { PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value) }
        setBody(Array(text.joined(separator: "&").utf8), "application/x-www-form-urlencoded")
    }

    /// Sets a body of the given media type.
    public mutating func setBody(_ bytes: [UInt8], _ contentType: String) {
        body = bytes
        headers["Content-Type"] = contentType
    }
}

/// The response of an upstream server.
public struct UpstreamResponse: Sendable {
    public let status: Int
    public let headers: Headers
    /// The body, after decoding its Content-Encoding.
    public let body: [UInt8]
    /// The URL that was requested, which relative references in the response are resolved against.
    public let url: UpstreamURL?

    init(status: Int, headers: Headers, body: [UInt8], url: UpstreamURL? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
        self.url = url
    }

    /// True if the status is 2xx.
    public var isSuccess: Bool { (200..<300).contains(status) }

    /// The body as JSON, read leniently. Null if it is not JSON.
    public var json: JSON { (try? JSON(parsing: body, .lenient)) ?? .null }

    /// The body as text. Invalid UTF-8 is replaced.
    public var text: String { String(decoding: body, as: UTF8.self) }
}
