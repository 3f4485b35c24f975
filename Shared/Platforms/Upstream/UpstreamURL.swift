import Base
import HTTP

/// An absolute http or https URL of an upstream server (RFC 3986). Requests are sent only to such URLs. References in
/// responses are read as `URLReference`.
///
/// It is parsed strictly, so that no later parser can see a different host in it. It has no user information and no
/// fragment, its host consists of letters, digits, dots and hyphens or is a bracketed IPv6 address, and its path and
/// query consist of printable ASCII characters other than spaces, `"`, `<`, `>`, `#` and `\`.
public struct UpstreamURL: Sendable, Hashable, CustomStringConvertible {
    /// The scheme of a URL.
    public enum Scheme: String, Sendable {
        case https, http
    }

    public let scheme: Scheme
    /// The host in lower case.
    public let host: String
    /// The port, if the URL names one.
    public let port: Int?
    /// Path and query, beginning with a slash.
    public let target: String

    /// Reads a URL. Returns nil for text in another form.
    public init?(_ text: String) {
        guard let (name, behind) = text.cut(at: ":"), let scheme = Scheme(rawValue: name.lowercased()),
            behind.hasPrefix("//")
        else { return nil }
        let authority = behind.dropFirst(2).prefix { $0 != "/" && $0 != "?" }
        let target = String(behind.dropFirst(2 + authority.count))
        guard let (host, port) = Self.authority(authority), target.utf8.allSatisfy(Self.isTargetByte) else {
            return nil
        }
        self.init(scheme: scheme, host: host, port: port, target: target.hasPrefix("/") ? target : "/" + target)
    }

    private init(scheme: Scheme, host: String, port: Int?, target: String) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.target = target
    }

    public var description: String { origin + target }

    /// Scheme, host and port.
    public var origin: String { scheme.rawValue + "://" + authority }

    /// Host and port, as in the Host header field.
    public var authority: String { host + (port.map { ":\($0)" } ?? "") }

    /// Returns a URL with the same origin, whose path is this URL's path followed by `path`. The items of `query`
    /// follow the query that `path` may have. This URL's own query is left out.
    public func appending(_ path: UpstreamPath, query: [(name: String, value: String)] = []) -> UpstreamURL {
        let base = target.prefix { $0 != "?" }
        var target = (base.hasSuffix("/") ? base.dropLast() : base) + path.text
        for (index, item) in query.enumerated() {
            target += index == 0 && !path.text.contains("?") ? "?" : "&"
            target += PercentEncoding.encode(item.name) + "=" + PercentEncoding.encode(item.value)
        }
        return UpstreamURL(scheme: scheme, host: host, port: port, target: String(target))
    }

    /// False if the host is an address that may not be connected to, looks like an address in another notation, or is a
    /// name that every resolver gives its own machine. A proxy resolves other names itself, and decides about them
    /// itself.
    var mayBeSentToProxy: Bool {
        let isBracketed = host.hasPrefix("[")
        if let address = IPAddress(String(isBracketed ? host.dropFirst().dropLast() : Substring(host))) {
            return AddressGuard.allows(address)
        }
        guard let last = host.split(separator: ".").last, !isBracketed else { return false }
        // Some resolvers take a name whose last label is a number for an IPv4 address, such as 2130706433 and 0x7f.1.
        return !last.allSatisfy(\.isNumber) && !last.hasPrefix("0x") && last != "localhost"
    }

    /// Returns the same path and query at the origin of `other`.
    func moved(to other: UpstreamURL) -> UpstreamURL {
        UpstreamURL(scheme: other.scheme, host: other.host, port: other.port, target: target)
    }

    private static func authority(_ text: Substring) -> (host: String, port: Int?)? {
        let host: Substring
        let rest: Substring
        if text.first == "[", let (inside, behind) = text.dropFirst().cut(at: "]") {
            host = "[\(inside)]"
            guard inside.contains(":"), IPAddress(String(inside)) != nil else { return nil }
            rest = behind
        } else {
            host = text.prefix { $0 != ":" }
            rest = text.dropFirst(host.count)
            let isName = host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
            guard isName, host.first?.isLetter == true || host.first?.isNumber == true, host.utf8.count <= 253,
                !host.contains("..")
            else { return nil }
        }
        guard !rest.isEmpty else { return (host.lowercased(), nil) }
        guard rest.first == ":", rest.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(rest.dropFirst()), (1...65_535).contains(port)
        else { return nil }
        return (host.lowercased(), port)
    }

    private static func isTargetByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "#"), UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"): false
        default: byte > 0x20 && byte < 0x7F
        }
    }
}

/// A path, with or without a query. Each interpolated part is encoded as one path segment or one query value, so that
/// it can't change the structure of the path.
public struct UpstreamPath: Sendable, ExpressibleByStringInterpolation {
    let text: String
    /// False if an interpolated part is empty, `.` or `..`. Encoding can't make these safe.
    let isSound: Bool

    public init(stringLiteral value: String) {
        text = value
        isSound = true
    }

    public init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
        isSound = stringInterpolation.isSound
    }

    /// Percent-encodes interpolated parts.
    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""
        fileprivate var isSound = true

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: String) { text += literal }

        public mutating func appendInterpolation(_ part: String) {
            if part.isEmpty || part == "." || part == ".." { isSound = false }
            text += PercentEncoding.encode(part)
        }

        public mutating func appendInterpolation(_ number: Int) { text += String(number) }
    }
}
