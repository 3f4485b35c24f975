import Glibc

extension ListenAddress {
    /// Whether `text` is an IPv4 or IPv6 address in its usual form.
    static func isIP(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1
    }

    /// The address as it stands in a URL, without the port: IPv6 in brackets.
    var host: String { ip.contains(":") ? "[\(ip)]" : ip }

    /// The address as it stands in a URL.
    var authority: String { "\(host):\(port)" }

    /// True if only this machine reaches the address.
    var isLoopback: Bool { ip.hasPrefix("127.") || ip == "::1" }
}
