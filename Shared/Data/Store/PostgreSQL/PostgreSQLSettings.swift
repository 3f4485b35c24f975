#if PostgreSQL
    import Base
    import CPostgreSQL
    import Glibc

    /// The settings of a connection that its URL does not specify.
    enum PostgreSQLSettings {
        /// Returns libpq's connection parameters for a URL. A server on another machine must prove its identity by its
        /// certificate. A server on this machine needs no TLS.
        static func of(_ url: String) -> [(name: String, value: String)] {
            let isLocal = hosts(url).allSatisfy { host in
                host.isEmpty || host.hasPrefix("/") || host == "localhost" || host == "::1" || host.hasPrefix("127.")
            }
            var settings = [
                ("client_encoding", "UTF8"), ("application_name", "thalian"), ("gssencmode", "disable"),
                ("connect_timeout", "5"), ("keepalives_idle", "30"), ("keepalives_interval", "5"),
                ("keepalives_count", "3"), ("tcp_user_timeout", "20000"),
                ("sslmode", isLocal ? "disable" : "verify-full"),
            ]
            // Without this parameter libpq would look for ~/.postgresql/root.crt, and would refuse the server if that
            // file does not exist.
            if let file = try? CertificateAuthorities.file(.process) {
                settings.append(("sslrootcert", file))
            }
            return settings
        }

        private static func hosts(_ url: String) -> [String] {
            guard let options = PQconninfoParse(url, nil) else { return ["unknown"] }
            defer { PQconninfoFree(options) }
            var hosts: [String] = []
            var option = options
            while let keyword = option.pointee.keyword {
                if ["host", "hostaddr"].contains(String(cString: keyword)), let value = option.pointee.val {
                    hosts += String(cString: value).split(separator: ",").map(String.init)
                }
                option += 1
            }
            return hosts
        }
    }
#endif
