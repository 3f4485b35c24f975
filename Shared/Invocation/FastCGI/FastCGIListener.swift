import Base
import CSystem
import Glibc

/// The listening socket that is descriptor 0, and the web servers that may connect to it.
struct FastCGIListener {
    /// The addresses of FCGI_WEB_SERVER_ADDRS (§3.2): a port can be connected to by anybody who reaches it, and whoever connects
    /// says who the client is. Nil if the variable is not bound; bound to an empty list it allows nobody.
    private let webServers: [IPRange]?

    /// Throws if FCGI_WEB_SERVER_ADDRS holds something other than addresses and CIDR ranges separated by commas.
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
                Log().write(.warning, "FCGI_WEB_SERVER_ADDRS is set but contains no address, so every connection is refused")
            }
            self.webServers = webServers
        } else {
            webServers = nil
        }
        // Of several processes that wait for the same connection one gets it; the others must not wait for the next one here.
        csystem_set_nonblocking(STDIN_FILENO)
    }

    /// Takes a connection; nil if another process has taken it, or if it is none of a web server.
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
        // A connection that is not by TCP fails the check too (§3.2).
        guard let peer = Self.ipAddress(address), webServers.contains(where: { $0.contains(peer) }) else {
            connection.close()
            return nil
        }
        return connection
    }

    /// The IP address of a socket's address; nil if it is of another family.
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
