import Base
import CSystem
import Glibc

/// The listening socket, which is descriptor 0, and the addresses of the web servers that may connect to it.
struct FastCGIListener {
    /// The addresses in FCGI_WEB_SERVER_ADDRS (§3.2). They matter because anyone who can reach a TCP port can connect
    /// to it, and the connecting peer states the client's address. Nil if the variable is not set; if it is set to an
    /// empty list, all connections are refused.
    private let webServers: [IPRange]?

    /// Reads FCGI_WEB_SERVER_ADDRS. Throws if it contains anything else than addresses and CIDR ranges separated by
    /// commas or spaces.
    init(_ environment: Environment) throws(EnvironmentError) {
        if environment.isSet("FCGI_WEB_SERVER_ADDRS") {
            var webServers: [IPRange] = []
            let list = environment["FCGI_WEB_SERVER_ADDRS"] ?? ""
            for entry in list.split(whereSeparator: { $0 == "," || $0 == " " }) {
                guard let range = IPRange(String(entry)) else {
                    throw EnvironmentError("FCGI_WEB_SERVER_ADDRS must contain only IP addresses and CIDR ranges")
                }
                webServers.append(range)
            }
            if webServers.isEmpty {
                Log().write(.warning, "FCGI_WEB_SERVER_ADDRS contains no address, so every connection is refused")
            }
            self.webServers = webServers
        } else {
            webServers = nil
        }
        // If several processes wait for the same connection, only one gets it. The others must not block in accept
        // until the next one.
        csystem_set_nonblocking(STDIN_FILENO)
    }

    /// Accepts a connection. Returns nil if there is none, for example because another process has accepted it, or if
    /// the peer is not an allowed web server.
    func accept() -> Descriptor? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let number = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.accept(STDIN_FILENO, $0, &length) }
        }
        guard number >= 0 else { return nil }
        let connection = Descriptor(number: number)
        connection.limitWaiting(seconds: FastCGIRecords.longestSilence)
        guard let webServers else { return connection }
        // A connection that does not use TCP fails this check too (§3.2).
        guard let peer = Self.ipAddress(address), webServers.contains(where: { $0.contains(peer) }) else {
            connection.close()
            return nil
        }
        return connection
    }

    /// Returns the IP address of a socket address. Returns nil for other address families.
    private static func ipAddress(_ address: sockaddr_storage) -> IPAddress? {
        withUnsafeBytes(of: address) { bytes in
            switch Int32(address.ss_family) {
            case AF_INET: IPAddress(bytes: withUnsafeBytes(of: bytes.load(as: sockaddr_in.self).sin_addr, Array.init))
            case AF_INET6:
                IPAddress(bytes: withUnsafeBytes(of: bytes.load(as: sockaddr_in6.self).sin6_addr, Array.init))
            default: nil
            }
        }
    }
}
