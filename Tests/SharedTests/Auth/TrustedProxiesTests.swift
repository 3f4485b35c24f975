import Auth
import Base
import HTTP
import Testing

/// The client's address behind proxies. The header fields have the forms in each proxy's documentation.
@Suite struct TrustedProxiesTests {
    private func client(
        _ peer: String, _ headers: Headers, trusting proxies: String = "", by field: String? = nil
    ) throws -> IPAddress? {
        var variables = ["TRUSTED_PROXIES": proxies]
        variables["CLIENT_IP_HEADER"] = field
        return try TrustedProxies(Environment(variables)).client(
            of: Request(method: .get, path: "/", headers: headers, peerAddress: peer))
    }

    private static let spoofed: Headers = [
        "X-Forwarded-For": "10.0.0.1", "CF-Connecting-IP": "10.0.0.1", "X-Real-IP": "10.0.0.1",
        "Forwarded": "for=10.0.0.1",
    ]

    @Test(
        "For a peer that is not trusted, the peer itself is the client",
        arguments: [nil, "CF-Connecting-IP", "Forwarded"])
    func untrustedPeer(_ field: String?) throws {
        #expect(try client("203.0.113.9", Self.spoofed, by: field) == IPAddress("203.0.113.9"))
        #expect(
            try client("203.0.113.9", Self.spoofed, trusting: "10.0.0.0/8", by: field) == IPAddress("203.0.113.9"))
    }

    @Test("Only the header field that the deployment names is believed")
    func otherFieldsAreNotBelieved() throws {
        var headers = Self.spoofed
        for (field, address) in [
            ("X-Forwarded-For", "198.51.100.1"), ("CF-Connecting-IP", "198.51.100.2"), ("X-Real-IP", "198.51.100.3"),
            ("Forwarded", "for=198.51.100.4"),
        ] {
            headers[field] = address
            let expected = IPAddress(String(address.drop { $0 == "f" || $0 == "o" || $0 == "r" || $0 == "=" }))
            #expect(try client("127.0.0.1", headers, trusting: "127.0.0.1", by: field) == expected)
            headers[field] = "10.0.0.1"
        }
        // The result is nil if the proxy does not set the named field: the client may have had it dropped.
        let connecting: Headers = ["CF-Connecting-IP": "10.0.0.1"]
        #expect(try client("127.0.0.1", connecting, trusting: "127.0.0.1") == nil)
        for empty in ["", ",", " , "] {
            #expect(try client("127.0.0.1", ["X-Forwarded-For": empty], trusting: "127.0.0.1") == nil)
        }
    }

    @Test("nginx appends the peer to the client's own list ($proxy_add_x_forwarded_for), or sets X-Real-IP")
    func nginx() throws {
        let headers: Headers = ["X-Forwarded-For": "192.0.2.66, 198.51.100.7", "X-Real-IP": "198.51.100.7"]
        #expect(try client("127.0.0.1", headers, trusting: "127.0.0.1") == IPAddress("198.51.100.7"))
        #expect(try client("127.0.0.1", headers, trusting: "127.0.0.1", by: "X-Real-IP") == IPAddress("198.51.100.7"))
        // An outsider sends Cloudflare's field through nginx.
        var outsider = headers
        outsider["CF-Connecting-IP"] = "10.0.0.1"
        #expect(try client("127.0.0.1", outsider, trusting: "127.0.0.1") == IPAddress("198.51.100.7"))
    }

    @Test("Caddy sets X-Forwarded-For to the peer, with IPv6 addresses without brackets")
    func caddy() throws {
        let headers: Headers = [
            "X-Forwarded-For": "2001:db8::7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "app.example",
        ]
        #expect(try client("::1", headers, trusting: "::1") == IPAddress("2001:db8::7"))
        // Caddy's peer may have a link-local address, which Go writes with its zone.
        #expect(
            try client("::1", ["X-Forwarded-For": "fe80::1%eth0"], trusting: "::1") == IPAddress("fe80::1"))
    }

    @Test("Cloudflare sets CF-Connecting-IP to one address, and appends to X-Forwarded-For")
    func cloudflare() throws {
        let headers: Headers = [
            "CF-Connecting-IP": "198.51.100.7", "X-Forwarded-For": "192.0.2.66,198.51.100.7",
            "CF-Ray": "230b030023ae2822-SJC", "X-Forwarded-Proto": "https",
        ]
        let ranges = "173.245.48.0/20, 2400:cb00::/32"
        for peer in ["173.245.49.1", "2400:cb00::1"] {
            #expect(
                try client(peer, headers, trusting: ranges, by: "CF-Connecting-IP") == IPAddress("198.51.100.7"))
            #expect(try client(peer, headers, trusting: ranges) == IPAddress("198.51.100.7"))
        }
        // nginx behind Cloudflare appends Cloudflare's address.
        var behind = headers
        behind["X-Forwarded-For"] = "192.0.2.66,198.51.100.7, 173.245.49.1"
        #expect(
            try client("127.0.0.1", behind, trusting: "127.0.0.1", by: "CF-Connecting-IP") == IPAddress("198.51.100.7"))
        #expect(try client("127.0.0.1", behind, trusting: "127.0.0.1") == IPAddress("173.245.49.1"))
        #expect(try client("127.0.0.1", behind, trusting: "127.0.0.1, " + ranges) == IPAddress("198.51.100.7"))
        // A peer outside Cloudflare can send any field, even CF-Connecting-IP.
        let outsider = try client("203.0.113.9", headers, trusting: ranges, by: "CF-Connecting-IP")
        #expect(outsider == IPAddress("203.0.113.9"))
    }

    /// The load balancer appends to X-Forwarded-For and may preserve the client's port
    /// (routing.http.xff_client_port.enabled).
    @Test("AWS's load balancer appends the peer, with its port if it preserves ports")
    func awsApplicationLoadBalancer() throws {
        for (value, address) in [
            ("203.0.113.7", "203.0.113.7"), ("127.0.0.1, 203.0.113.7", "203.0.113.7"),
            ("203.0.113.7:8080", "203.0.113.7"), ("192.0.2.66, 203.0.113.7:8080", "203.0.113.7"),
            ("[2001:db8:85a3:8d3:1319:8a2e:370:7348]:8080", "2001:db8:85a3:8d3:1319:8a2e:370:7348"),
            ("[2001:db8::7]", "2001:db8::7"), ("2001:db8::7", "2001:db8::7"),
        ] {
            #expect(
                try client("10.0.3.5", ["x-forwarded-for": value], trusting: "10.0.0.0/16") == IPAddress(address),
                "\(value)")
        }
        // A Function URL's sourceIp is the client; no proxy is trusted there.
        #expect(try client("203.0.113.7", ["x-forwarded-for": "192.0.2.66"]) == IPAddress("203.0.113.7"))
    }

    @Test("Azure's Application Gateway writes address:port, and Front Door sets X-Azure-ClientIP")
    func azure() throws {
        for (value, address) in [
            ("203.0.113.5:4711", "203.0.113.5"), ("192.0.2.66:1, 203.0.113.5:4711", "203.0.113.5"),
            ("203.0.113.5:4711,10.1.0.4:443", "203.0.113.5"), ("[2001:db8::1]:4711", "2001:db8::1"),
        ] {
            #expect(
                try client("10.1.0.7", ["X-Forwarded-For": value], trusting: "10.1.0.0/16") == IPAddress(address),
                "\(value)")
        }
        #expect(
            try client("10.1.0.7", ["X-Azure-ClientIP": "203.0.113.5"], trusting: "10.1.0.0/16", by: "X-Azure-ClientIP")
                == IPAddress("203.0.113.5"))
    }

    /// RFC 7239 §4, with its own examples.
    @Test(
        "Forwarded is read as RFC 7239 defines it",
        arguments: [
            ("for=192.0.2.43", "192.0.2.43"), ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=\"[2001:db8:cafe::17]\"", "2001:db8:cafe::17"), ("for=\"192.0.2.43:47011\"", "192.0.2.43"),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
            ("proto=https;FOR=192.0.2.60;host=\"a;b,c\"", "192.0.2.60"),
            ("for=192.0.2.43, for=198.51.100.17", "198.51.100.17"), ("for=_gazonk,for=198.51.100.17", "198.51.100.17"),
            ("for=192.0.2.43, for=10.0.0.9 , for=\"10.0.0.8:80\"", "192.0.2.43"),
            ("for=unknown, for=192.0.2.43;by=_x", "192.0.2.43"), ("for=\"192.0.2.43:_hidden\"", "192.0.2.43"),
            ("for=\"\\1\\92.0.2.43\"", "192.0.2.43"), ("for=192.0.2.43; proto=https", "192.0.2.43"),
            ("for=192.0.2.43;", "192.0.2.43"), (",, for=192.0.2.43 ,", "192.0.2.43"),
            ("for=192.0.2.43:4711", "192.0.2.43"), ("for=[2001:db8::1]:4711", "2001:db8::1"),
        ])
    func forwarded(_ value: String, _ address: String) throws {
        #expect(
            try client("10.0.0.1", ["Forwarded": value], trusting: "10.0.0.0/8", by: "Forwarded") == IPAddress(address))
    }

    @Test(
        "A malformed Forwarded field, or one without an address, gives no client address",
        arguments: [
            "for=unknown", "for=_hidden", "for=\"_SEVKISEK\"", "by=203.0.113.43", "for=", "for=192.0.2.43 x",
            "for=192.0.2.43;for=198.51.100.1", "for = 192.0.2.43 for=x", "192.0.2.43", "=192.0.2.43",
            // A quoted string that an outsider opens must not swallow the part that the proxy appends.
            "for=10.9.9.9;x=\", for=192.0.2.43", "for=10.9.9.9;x=\", for=\"[2001:db8::1]\"", "for=\"10.9.9.9",
            "for=\"10.9.9.9\\",
        ])
    func malformedForwarded(_ value: String) throws {
        #expect(try client("10.0.0.1", ["Forwarded": value], trusting: "10.0.0.0/8", by: "Forwarded") == nil)
    }

    /// Several lines with one name are one list, in their order (RFC 9110 §5.3).
    @Test("Several lines of one header field are read as one list")
    func severalLines() throws {
        var headers = Headers()
        headers.add("X-Forwarded-For", "192.0.2.66")
        headers.add("Forwarded", "for=192.0.2.66")
        headers.add("x-forwarded-for", "198.51.100.7, 10.0.0.2")
        headers.add("forwarded", "for=198.51.100.7, for=10.0.0.2")
        #expect(try client("10.0.0.1", headers, trusting: "10.0.0.0/8") == IPAddress("198.51.100.7"))
        #expect(try client("10.0.0.1", headers, trusting: "10.0.0.0/8", by: "forwarded") == IPAddress("198.51.100.7"))
    }

    @Test("In a list that contains only trusted proxies, the first of them is the client")
    func trustedProxiesOnly() throws {
        let headers: Headers = ["X-Forwarded-For": "10.0.0.9,, 10.0.0.2 ,"]
        #expect(try client("10.0.0.1", headers, trusting: "10.0.0.0/8") == IPAddress("10.0.0.9"))
        #expect(try client("10.0.0.1", ["X-Forwarded-For": " , "], trusting: "10.0.0.0/8") == nil)
        #expect(try client("10.0.0.1", [:], trusting: "10.0.0.0/8") == nil)
    }

    @Test(
        "An address may have a port, brackets, quotes or a zone",
        arguments: [
            ("203.0.113.5", "203.0.113.5"), ("203.0.113.5:4711", "203.0.113.5"), ("203.0.113.5:_p", "203.0.113.5"),
            ("[2001:db8::1]:4711", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1"), ("2001:db8::1", "2001:db8::1"),
            ("\"[2001:db8::1]:4711\"", "2001:db8::1"), ("\"203.0.113.5\"", "203.0.113.5"),
            ("fe80::1%eth0", "fe80::1"), ("[fe80::1%25eth0]:80", "fe80::1"), ("::ffff:1.2.3.4", "1.2.3.4"),
            ("[::ffff:1.2.3.4]:443", "1.2.3.4"), ("\t203.0.113.5 ", "203.0.113.5"),
        ])
    func forms(_ text: String, _ address: String) throws {
        for field in ["X-Forwarded-For", "CF-Connecting-IP"] {
            #expect(
                try client("10.0.0.1", [field: text], trusting: "10.0.0.0/8", by: field) == IPAddress(address))
        }
        // The REMOTE_ADDR of some servers has one of the forms in the arguments too.
        #expect(try client(text, [:]) == IPAddress(address))
    }

    /// If the address is unknown, no allowlist may let the request pass.
    @Test(
        "A text that is not an address gives no client address",
        arguments: [
            "unknown", "_hidden", "198.51.100.7;", "198.51.100.7, x", "198.51.100.7 10.0.0.2", "203.0.113.5:",
            "203.0.113.5:x", "203.0.113.5:123456", "203.0.113.5:-1", "[203.0.113.5]", "[203.0.113.5]:80", "[::1",
            "::1]",
            "[::1]80", "[::1]:", "[::1]:x", "[]", "[]:80", "203.0.113.5%eth0", "::1%", ":80", "\"", "\"\"", "\"::1",
            "localhost:80", "_:80", "203.0.113.5:_", "1.2.3.4\0", "1.2.3.4:80:80",
        ])
    func noAddress(_ text: String) throws {
        for field in ["X-Forwarded-For", "X-Real-IP"] {
            #expect(try client("10.0.0.1", [field: text], trusting: "10.0.0.0/8", by: field) == nil, "\(field)")
        }
    }

    @Test("Two addresses in a field that holds one address give no client address")
    func twoAddresses() throws {
        let headers: Headers = ["CF-Connecting-IP": "198.51.100.7, 198.51.100.8"]
        #expect(try client("10.0.0.1", headers, trusting: "10.0.0.0/8", by: "CF-Connecting-IP") == nil)
    }

    @Test("A peer that is not an IP address is not trusted", arguments: ["", "unix:", "localhost"])
    func unknownPeer(_ peer: String) throws {
        #expect(try client(peer, ["X-Forwarded-For": "198.51.100.7"], trusting: "0.0.0.0/0") == nil)
    }

    @Test(
        "A malformed value of a variable is an error",
        arguments: [
            ["TRUSTED_PROXIES": "everyone"], ["TRUSTED_PROXIES": "10.0.0.0/99"], ["CLIENT_IP_HEADER": "X Real IP"],
            ["CLIENT_IP_HEADER": "X-Real-IP:"], ["CLIENT_IP_HEADER": "X_Real_IP"],
        ])
    func misspelt(_ variables: [String: String]) {
        #expect(throws: EnvironmentError.self) { try TrustedProxies(Environment(variables)) }
    }
}
