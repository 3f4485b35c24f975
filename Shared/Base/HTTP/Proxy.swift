public import Base

/// The proxy for requests to upstreams, as given by the variables HTTPS_PROXY and NO_PROXY.
///
/// The proxy opens a tunnel (CONNECT, RFC 9110 §9.3.6), in which the client speaks TLS with the upstream itself. So the
/// proxy sees host names, but neither paths nor credentials of platforms. libcurl could read these variables itself;
/// this type applies the rules instead, so that the client knows for each request if it goes through the proxy.
public struct Proxy: Sendable {
    /// The proxy's URL without credentials.
    public let address: String
    /// The user's name and password. Nil if the URL has none.
    public let user: (name: String, password: Secret)?
    private let exceptions: [Exception]

    /// Reads HTTPS_PROXY and NO_PROXY. Returns nil if HTTPS_PROXY is not set or is empty.
    ///
    /// - Throws: `EnvironmentError` if a variable is malformed. The error does not quote HTTPS_PROXY, which may contain
    ///   a password, but quotes a malformed entry of NO_PROXY.
    public init?(_ environment: Environment) throws(EnvironmentError) {
        guard let text = environment["HTTPS_PROXY"] else { return nil }
        let malformed = EnvironmentError(
            "HTTPS_PROXY is not a URL such as http://proxy.example:3128 or http://USER:PASSWORD@proxy.example:3128")
        guard let (scheme, rest) = text.cut(at: ":"), scheme.lowercased() == "http", rest.hasPrefix("//") else {
            throw malformed
        }
        var authority = rest.dropFirst(2)
        if authority.hasSuffix("/") { authority = authority.dropLast() }
        if let (before, behind) = authority.cut(atLast: "@") {
            let parts = before.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode((parts.first ?? "").utf8), !name.isEmpty, !name.contains(":"),
                let password = PercentEncoding.decode((parts.dropFirst().first ?? "").utf8)
            else { throw malformed }
            user = (name, Secret(password))
            authority = behind
        } else {
            user = nil
        }
        guard let server = Server(authority) else { throw malformed }
        address = "http://" + server.host + (server.port.map { ":\($0)" } ?? ":80")
        var exceptions: [Exception] = []
        for entry in (environment["NO_PROXY"] ?? "").split(whereSeparator: { $0 == "," || $0 == " " }) {
            guard let exception = Exception(entry) else {
                throw EnvironmentError(
                    "NO_PROXY contains \"\(entry)\"; write host names, addresses and networks, separated by commas")
            }
            exceptions.append(exception)
        }
        self.exceptions = exceptions
    }

    /// Returns true if connections to a server go through the proxy, because NO_PROXY does not exempt it. `host` is in
    /// lower case, and an IPv6 address is in brackets.
    public func serves(host: String, port: Int) -> Bool {
        !exceptions.contains { $0.matches(host: host, port: port) }
    }

    /// A host, with or without a port.
    private struct Server {
        let host: String
        let port: Int?

        init?(_ text: Substring) {
            var rest = text
            if text.first == "[", let (inside, behind) = text.dropFirst().cut(at: "]") {
                guard inside.contains(":"), IPAddress(String(inside)) != nil else { return nil }
                host = "[\(inside)]".lowercased()
                rest = behind
            } else {
                let name = text.prefix { $0 != ":" }
                let isName = name.utf8.allSatisfy { byte in
                    (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: ".")
                        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                }
                guard isName, !name.isEmpty, name.utf8.count <= 253 else { return nil }
                host = name.lowercased()
                rest = text.dropFirst(name.count)
            }
            guard !rest.isEmpty else {
                port = nil
                return
            }
            guard rest.first == ":", rest.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(rest.dropFirst()), (1...65_535).contains(number)
            else { return nil }
            port = number
        }
    }

    /// An entry of NO_PROXY.
    private enum Exception: Sendable {
        case everything
        /// A host and the hosts below it, on one port or on all.
        case domain(String, port: Int?)
        case network(IPRange)

        init?(_ text: Substring) {
            if text == "*" {
                self = .everything
                return
            }
            if let range = IPRange(String(Proxy.withoutBrackets(text))) {
                self = .network(range)
                return
            }
            let name = text.hasPrefix("*.") ? text.dropFirst(2) : text.hasPrefix(".") ? text.dropFirst() : text
            guard let server = Server(name) else { return nil }
            self = .domain(server.host, port: server.port)
        }

        func matches(host: String, port: Int) -> Bool {
            switch self {
            case .everything: true
            case .domain(let name, let only):
                (host == name || host.hasSuffix("." + name)) && (only == nil || only == port)
            case .network(let range):
                IPAddress(String(Proxy.withoutBrackets(Substring(host)))).map(range.contains) ?? false
            }
        }
    }

    /// Returns a host without the brackets of an IPv6 address.
    private static func withoutBrackets(_ host: Substring) -> Substring {
        host.first == "[" && host.last == "]" ? host.dropFirst().dropLast() : host
    }
}
