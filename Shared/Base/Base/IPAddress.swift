import Glibc

/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address counts as the IPv4 address that it contains.
public struct IPAddress: Hashable, Sendable {
    /// 4 or 16 bytes, in network order.
    public let bytes: [UInt8]

    /// The start of an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2).
    private static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

    /// Reads an address from its text form, without port, zone or brackets. Returns nil for any other text.
    public init?(_ text: String) {
        // inet_pton stops at a NUL and would accept the text before it.
        guard !text.utf8.contains(0) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.init(bytes: Array(bytes.prefix(4)))
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self.init(bytes: bytes)
        } else {
            return nil
        }
    }

    /// Creates the address of 4 or 16 bytes in network order. Returns nil for any other number of bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        let isMapped = bytes.count == 16 && bytes.starts(with: Self.mappedPrefix)
        self.bytes = isMapped ? Array(bytes.dropFirst(12)) : bytes
    }

    /// Ranges of IPv6 addresses that contain an IPv4 address, with its offset in bytes: the well-known prefix of NAT64
    /// (RFC 6052), and 6to4 (RFC 3056).
    private static let carriers = [("64:ff9b::/96", 12), ("2002::/16", 2)].compactMap { text, offset in
        IPRange(text).map { (range: $0, offset: offset) }
    }

    /// The IPv4 address in this address, to which a NAT64 or 6to4 gateway forwards connections. Nil if this address is
    /// not in a range of such gateways.
    public var carried: IPAddress? {
        Self.carriers.first { $0.range.contains(self) }.flatMap { carrier in
            IPAddress(bytes: Array(bytes.dropFirst(carrier.offset).prefix(4)))
        }
    }
}

/// A range of addresses: one address, or a CIDR block (RFC 4632, RFC 4291 §2.3).
public struct IPRange: Hashable, Sendable {
    private let base: IPAddress
    private let prefixLength: Int

    /// Reads `ADDRESS` or `ADDRESS/LENGTH`. Returns nil for any other text, and if the length is more than the number
    /// of the address's bits. The length of an IPv4-mapped address must count the 96 bits before the IPv4 address.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, let base = IPAddress(String(first)) else { return nil }
        let isMapped = base.bytes.count == 4 && first.contains(":")
        var length = base.bytes.count * 8
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), var given = Int(parts[1]) else {
                return nil
            }
            if isMapped { given -= 96 }
            guard (0...length).contains(given) else { return nil }
            length = given
        } else if parts.count > 2 {
            return nil
        }
        self.base = base
        prefixLength = length
    }

    /// Returns true if `address` lies in the range.
    public func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        let whole = prefixLength / 8
        guard address.bytes.prefix(whole) == base.bytes.prefix(whole) else { return false }
        let rest = prefixLength % 8
        return rest == 0 || ((address.bytes[at: whole] ?? 0) ^ (base.bytes[at: whole] ?? 0)) >> (8 - rest) == 0
    }
}
