import Base
import HTTP

/// A request to an upstream.
public struct UpstreamRequest: Sendable {
    /// The method.
    public var method: Method
    /// Where it goes.
    public var url: UpstreamURL
    /// Its header fields; they may hold secrets.
    public var headers: Headers
    /// Its body; nil for none.
    public var body: [UInt8]?
    /// Whether it may be sent again when nobody knows what became of it: a query, or what the provider knows to be the
    /// same.
    public var isRepeatable: Bool
    /// Whether a failure is met by the same request again. If not, it is the caller's to ask for less.
    public var isRetried = true
    /// False when the path holds a part that would reach out of its place.
    var isSound = true
    var mayBeRetried: Bool { isRepeatable && isRetried }

    /// A request without a body. GET is repeatable.
    public init(_ method: Method, _ url: UpstreamURL, headers: Headers = [:]) {
        self.method = method
        self.url = url
        self.headers = headers
        body = nil
        isRepeatable = method == .get
    }

    /// A request to a path below a base.
    public init(
        _ method: Method, _ base: UpstreamURL, _ path: UpstreamPath, query: [(name: String, value: String)] = [],
        headers: Headers = [:]
    ) {
        self.init(method, base.appending(path, query: query), headers: headers)
        isSound = path.isSound
    }

    /// Gives it a JSON body.
    public mutating func setJSON(_ value: JSON) {
        var json = JSONWriter()
        json.value(value)
        setBody(json.bytes, "application/json")
    }

    /// Gives it a body in application/x-www-form-urlencoded.
    public mutating func setForm(_ fields: [(name: String, value: String)]) {
        let text = fields.map { PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value) }
        setBody(Array(text.joined(separator: "&").utf8), "application/x-www-form-urlencoded")
    }

    /// Gives it a body of a media type.
    public mutating func setBody(_ bytes: [UInt8], _ contentType: String) {
        body = bytes
        headers["Content-Type"] = contentType
    }
}

/// What an upstream answered.
public struct UpstreamResponse: Sendable {
    /// The status code.
    public let status: Int
    /// The header fields.
    public let headers: Headers
    /// The body, decoded.
    public let body: [UInt8]
    /// Where the request went, for what the response says relative to that.
    public let url: UpstreamURL?

    init(status: Int, headers: Headers, body: [UInt8], url: UpstreamURL? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
        self.url = url
    }

    /// Whether the status says that the request succeeded.
    public var isSuccess: Bool { (200..<300).contains(status) }

    /// The body as JSON, read leniently; null when it is none.
    public var json: JSON { (try? JSON(parsing: body, .lenient)) ?? .null }

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }
}
