import Base
import HTTP

/// Where a request came from.
public enum ClientAddress {
    /// The client's address: the peer's, unless the peer is a trusted proxy; then what that proxy says, by
    /// CF-Connecting-IP, or by the last entry of X-Forwarded-For that is no trusted proxy itself. Nil when it can't
    /// be told.
    public static func resolve(_ request: Request, trustedProxies: [IPRange]) -> IPAddress? {
        guard let peer = IPAddress(request.peerAddress) else { return nil }
        func isTrusted(_ address: IPAddress) -> Bool { trustedProxies.contains { $0.contains(address) } }
        guard isTrusted(peer) else { return peer }
        if let connecting = request.headers["CF-Connecting-IP"] { return IPAddress(connecting) }
        guard let forwarded = request.headers["X-Forwarded-For"] else { return peer }
        var nearest = peer
        for entry in forwarded.split(whereSeparator: { $0 == "," || $0 == " " }).reversed() {
            guard let address = IPAddress(String(entry)) else { return nil }
            nearest = address
            if !isTrusted(address) { break }
        }
        return nearest
    }
}
