/// The networks of the variable UPSTREAM_ALLOWED_NETWORKS: private addresses that may be connected to, for platforms
/// that customers run themselves, such as GitLab and Jamf Pro.
public struct AllowedNetworks: Sendable {
    private let ranges: [IPRange]

    /// No networks.
    public static let none = AllowedNetworks(ranges: [])

    /// Addresses that are never connected to, even if the variable lists them: all addresses of the local machine,
    /// multicast, and link-local addresses, at which clouds offer credentials (169.254.169.254 and fd00:ec2::254).
    private static let closed = [
        "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127", "fe80::/10", "ff00::/8",
        "fd00:ec2::254/128",
    ].compactMap(IPRange.init)

    /// Reads the variable.
    ///
    /// - Throws: `EnvironmentError` if it is not a list of networks.
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

    /// Returns true if a private address may be connected to.
    public func contains(_ address: IPAddress) -> Bool {
        ranges.contains { $0.contains(address) } && !Self.closed.contains { $0.contains(address) }
    }
}
