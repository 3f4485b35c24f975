import Base
import HTTP

/// The proxies whose word on the client's address counts, and the one header field in which they give it.
///
/// Anybody can send any header field. So a field counts only if the peer that sent the request is a trusted proxy, and only the
/// field that the deployment names: a proxy that sets X-Forwarded-For passes on the client's own CF-Connecting-IP as it came.
public struct TrustedProxies: Sendable {
    /// How a field names addresses.
    private enum Form {
        /// X-Forwarded-For: a list to which each proxy appends the peer that it saw.
        case list
        /// Forwarded (RFC 7239): the same in elements with parameters, of which `for` is the peer.
        case forwarded
        /// Any other field, such as CF-Connecting-IP and X-Real-IP: one address.
        case single
    }

    private let field: String
    private let form: Form
    private let ranges: [IPRange]

    /// Reads CLIENT_IP_HEADER, the field's name, and TRUSTED_PROXIES, addresses or CIDR ranges separated by commas or spaces.
    ///
    /// - Throws: `EnvironmentError` if one of them is malformed.
    public init(_ environment: Environment) throws(EnvironmentError) {
        field = environment["CLIENT_IP_HEADER"] ?? "X-Forwarded-For"
        guard field.utf8.allSatisfy(Self.isNameByte) else {
            throw EnvironmentError("CLIENT_IP_HEADER is not the name of a header field")
        }
        form =
            switch field.lowercased() {
            case "x-forwarded-for": .list
            case "forwarded": .forwarded
            default: .single
            }
        var ranges: [IPRange] = []
        for entry in (environment["TRUSTED_PROXIES"] ?? "").split(whereSeparator: { $0 == "," || $0 == " " }) {
            guard let range = IPRange(String(entry)) else {
                throw EnvironmentError("TRUSTED_PROXIES holds something other than addresses and CIDR ranges")
            }
            ranges.append(range)
        }
        self.ranges = ranges
    }

    /// The address of the client that made a request: the peer's, or what a trusted peer says. In a list the last address counts
    /// that is not a trusted proxy's: what stands left of it is the client's own claim. Nil if the address can't be told, also
    /// because the trusted peer does not say it, and then no IP allowlist lets the request pass.
    public func client(of request: Request) -> IPAddress? {
        guard let peer = ForwardedAddress.read(request.peerAddress) else { return nil }
        guard isTrusted(peer) else { return peer }
        guard let value = request.headers[field] else { return nil }
        let entries: [String]
        switch form {
        case .single: return ForwardedAddress.read(value)
        case .list: entries = ForwardedAddress.entries(ofList: value)
        case .forwarded:
            guard let elements = ForwardedAddress.entries(ofForwarded: value) else { return nil }
            entries = elements
        }
        var nearest: IPAddress?
        for entry in entries.reversed() {
            guard let address = ForwardedAddress.read(entry) else { return nil }
            nearest = address
            if !isTrusted(address) { break }
        }
        return nearest
    }

    private func isTrusted(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }

    /// Returns true for the bytes of field names that stay distinct as CGI variables: letters, digits and hyphens.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
