import Base
import CCurl
import Glibc

/// Decides which addresses may be connected to: only global unicast addresses, and the networks that the operator
/// allows for self-hosted platforms. It checks the address at the time of the connection, whatever host name the
/// address belongs to.
enum AddressGuard {
    /// The only part of IPv6 that IANA has allocated for global unicast addresses. All other IPv6 addresses are
    /// refused, including those that are unassigned today, except addresses that stand for an allowed IPv4 address.
    private static let globalUnicast = IPRange("2000::/3")

    /// The ranges of IPv4, and of `globalUnicast`, that are not on the public internet: IANA's special-purpose
    /// registries (RFC 6890), multicast, and reserved blocks.
    private static let closed = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/3", "2001::/23", "2001:db8::/32", "3fff::/20",
    ].compactMap(IPRange.init)

    static func allows(_ address: IPAddress) -> Bool {
        guard !AllowedNetworks.areClosed(to: address), !closed.contains(where: { $0.contains(address) }) else {
            return false
        }
        if let carried = address.carried { return allows(carried) }
        return address.bytes.count == 4 || globalUnicast?.contains(address) == true
    }

    /// Returns true if a socket may connect to an address: a public one, or one in `networks`.
    static func allows(_ address: UnsafePointer<sockaddr>, or networks: AllowedNetworks) -> Bool {
        func allows(_ address: IPAddress) -> Bool { Self.allows(address) || networks.contains(address) }
        func bytes<Value>(_ value: Value) -> IPAddress? { withUnsafeBytes(of: value) { IPAddress(bytes: Array($0)) } }
        let raw = UnsafeRawPointer(address)
        return switch Int32(address.pointee.sa_family) {
        case AF_INET: bytes(raw.loadUnaligned(as: sockaddr_in.self).sin_addr).map(allows) ?? false
        case AF_INET6: bytes(raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr).map(allows) ?? false
        default: false
        }
    }
}
