import Glibc

extension ListenAddress {
    /// Returns true if `text` is an IPv4 or IPv6 address in its usual notation.
    static func isIP(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1
    }

    /// The IP address as part of a URL: IPv6 in brackets.
    var host: String { ip.contains(":") ? "[\(ip)]" : ip }

    /// The IP address and port as part of a URL.
    var authority: String { "\(host):\(port)" }

    /// True for 127.… and ::1, which only this machine can reach.
    var isLoopback: Bool { ip.hasPrefix("127.") || ip == "::1" }
}
