import Base
import CCurl
import Glibc

/// Which addresses may be connected to: the public ones. It looks at the address itself when the connection is made,
/// whatever name led there.
enum AddressGuard {
    /// What is not the public internet: IANA's special-purpose registries (RFC 6890), multicast, and reserved blocks.
    private static let closed = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/3", "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16",
        "fc00::/7", "fe80::/9", "ff00::/8",
    ].compactMap(IPRange.init)

    /// Addresses that carry an IPv4 address at an offset of bytes: NAT64 (RFC 6052) and 6to4 (RFC 3056).
    private static let carriers = [("64:ff9b::/96", 12), ("2002::/16", 2)].compactMap { text, offset in
        IPRange(text).map { (range: $0, offset: offset) }
    }

    static func allows(_ address: IPAddress) -> Bool {
        guard !closed.contains(where: { $0.contains(address) }) else { return false }
        for carrier in carriers where carrier.range.contains(address) {
            guard let inner = IPAddress(bytes: Array(address.bytes[carrier.offset..<carrier.offset + 4])) else {
                return false
            }
            return allows(inner)
        }
        return true
    }

    static func allows(_ address: UnsafePointer<sockaddr>) -> Bool {
        func bytes<Value>(_ value: Value) -> IPAddress? { withUnsafeBytes(of: value) { IPAddress(bytes: Array($0)) } }
        let raw = UnsafeRawPointer(address)
        return switch Int32(address.pointee.sa_family) {
        case AF_INET: bytes(raw.loadUnaligned(as: sockaddr_in.self).sin_addr).map(allows) ?? false
        case AF_INET6: bytes(raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr).map(allows) ?? false
        default: false
        }
    }
}
