#if PostgreSQL
    import Base
    import CPostgreSQL
    import Glibc

    /// The settings of a connection for which its URL may specify other values.
    enum PostgreSQLSettings {
        /// Returns libpq's connection parameters for a URL. By default, a server on another machine must prove its
        /// identity by its certificate, and a server on this machine is reached without TLS.
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

        /// Refuses a URL in which libpq would probably find another password than the one that is meant. A password
        /// with characters that are not percent-encoded ends too early: the rest of it becomes a part of the host, the
        /// port or the database's name, which libpq repeats in its messages.
        ///
        /// - Throws: `StoreError` with a sentence that repeats nothing of the URL.
        static func check(_ url: String) throws(StoreError) {
            // The address is behind the scheme and two slashes.
            let address = url.cut(at: ":")?.behind.dropFirst(2).prefix { $0 != "?" } ?? ""
            guard let values = parameters(in: url), address.cut(at: "/")?.behind.contains("@") != true,
                ["host", "hostaddr"].allSatisfy({ values[$0]?.contains("@") != true }),
                values["port", default: ""].allSatisfy({ $0 == "," || ("0"..."9").contains($0) })
            else {
                throw .unreachable(
                    "its URL can't be understood; percent-encode special characters in the password, "
                        + "such as %40 for @, %2F for / and %25 for %")
            }
        }

        private static func hosts(_ url: String) -> [String] {
            guard let values = parameters(in: url) else { return ["unknown"] }
            return ["host", "hostaddr"].flatMap { values[$0, default: ""].split(separator: ",").map(String.init) }
        }

        /// Returns the parameters in a URL by their names. Returns nil if libpq can't read it.
        private static func parameters(in url: String) -> [String: String]? {
            guard let options = PQconninfoParse(url, nil) else { return nil }
            defer { PQconninfoFree(options) }
            var values: [String: String] = [:]
            var option = options
            while let keyword = option.pointee.keyword {
                if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
                option += 1
            }
            return values
        }
    }
#endif
