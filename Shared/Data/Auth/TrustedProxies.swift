public import Base
public import HTTP

/// The proxies that are trusted to report the client's address, and the one header field in which they report it.
///
/// Any client can send any header field. A field therefore counts only if the peer that sent the request is a trusted
/// proxy, and only if it is the field that CLIENT_IP_HEADER names: a proxy that sets X-Forwarded-For passes on a
/// CF-Connecting-IP that the client made up.
public struct TrustedProxies: Sendable {
    /// The format of the field.
    private enum Form {
        /// X-Forwarded-For: a list to which each proxy appends the address of its peer.
        case list
        /// Forwarded (RFC 7239): a list of elements with parameters. Each proxy appends an element whose parameter
        /// `for` is its peer.
        case forwarded
        /// Any other field, such as CF-Connecting-IP or X-Real-IP, which holds one address.
        case single
    }

    private let field: String
    private let form: Form
    private let ranges: [IPRange]

    /// Reads CLIENT_IP_HEADER, the field's name (by default X-Forwarded-For), and TRUSTED_PROXIES, a list of addresses
    /// and CIDR ranges separated by commas or spaces.
    ///
    /// - Throws: `EnvironmentError` if one of the variables is malformed.
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
                throw EnvironmentError("TRUSTED_PROXIES must contain only IP addresses and CIDR ranges")
            }
            ranges.append(range)
        }
        self.ranges = ranges
    }

    /// Returns the address of the client that made a request: the peer's own address, or, if the peer is a trusted
    /// proxy, the address that it reports. Of a list the last address that is not a trusted proxy's counts, or the
    /// first if all are; everything to the left of it is only the client's own claim. Returns nil if the address is
    /// unknown, for example because a trusted peer does not report one. A workspace with an IP allowlist then refuses
    /// the request.
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

    /// Returns true for letters, digits and hyphens. Field names of other characters could become the same CGI
    /// variable.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
