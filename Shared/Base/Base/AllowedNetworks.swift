/// The networks of the variable UPSTREAM_ALLOWED_NETWORKS: private addresses that may be connected to, for platforms
/// that customers run themselves, such as GitLab and Jamf Pro.
public struct AllowedNetworks: Sendable {
    private let ranges: [IPRange]

    /// No networks.
    public static let none = AllowedNetworks(ranges: [])

    /// Addresses that stay forbidden for servers of platforms even if the variable lists them: loopback, unspecified,
    /// link-local, multicast and reserved addresses, and further addresses at which clouds offer credentials and
    /// settings of their machines (Amazon, Google, Alibaba, Oracle, Azure).
    private static let closed = [
        "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/96", "fe80::/10", "ff00::/8",
        "fd00:ec2::254/128", "fd20:ce::254/128", "100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32",
    ].compactMap(IPRange.init)

    /// Returns true if an address is closed: forbidden even if the variable lists it. An IPv6 address is also closed if
    /// it leads to a closed IPv4 address.
    public static func areClosed(to address: IPAddress) -> Bool {
        closed.contains { $0.contains(address) } || address.carried.map(areClosed(to:)) == true
    }

    /// Reads UPSTREAM_ALLOWED_NETWORKS. If it is not set, there are no networks.
    ///
    /// - Throws: `EnvironmentError` if an entry between two commas is neither an address nor a network.
    public init(_ environment: Environment) throws(EnvironmentError) {
        var ranges: [IPRange] = []
        for entry in (environment["UPSTREAM_ALLOWED_NETWORKS"] ?? "").split(separator: ",") {
            let text = String(entry).trimmed
            guard let range = IPRange(text) else {
                throw EnvironmentError(
                    "UPSTREAM_ALLOWED_NETWORKS contains \"\(text)\"; write networks such as 10.20.0.0/16, "
                        + "separated by commas")
            }
            ranges.append(range)
        }
        self.init(ranges: ranges)
    }

    private init(ranges: [IPRange]) { self.ranges = ranges }

    /// Returns true if an address lies in one of the networks and is not closed.
    public func contains(_ address: IPAddress) -> Bool {
        ranges.contains { $0.contains(address) } && !Self.areClosed(to: address)
    }
}
