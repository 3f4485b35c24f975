import Base
import HTTP
import TestSupport
import Testing

@testable import Upstream

/// Requests to upstreams through a proxy, and to private networks, with a real TLS server.
@Suite struct ProxyTests {
    private let server: TLSServer
    private let there: UpstreamURL

    init() throws {
        server = try TLSServer(.valid)
        there = try #require(UpstreamURL("https://server.example/path?secret=1"))
    }

    private func send(
        to url: UpstreamURL? = nil, by method: Method = .get, isSelfHosted: Bool = false, retries: Int = 0,
        _ variables: [String: String]
    ) throws -> UpstreamResponse {
        let client = try UpstreamClient(
            "example", Environment(["SSL_CERT_FILE": server.authority].merging(variables) { $1 }),
            isSelfHosted: isSelfHosted, retry: RetryPolicy(retries: retries, firstPause: 0.01), seconds: 10)
        return try client.send(
            UpstreamRequest(method, url ?? there, headers: ["Authorization": "Bearer upstream-token"]))
    }

    @Test("A request goes through the proxy, which sees only the host") func throughTheProxy() throws {
        let proxy = try ConnectProxy(to: server.port)
        let response = try send(["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)"])
        #expect(response.status == 200)
        // The response has the header fields of the upstream, and none of the proxy.
        #expect(response.headers["Proxy-Agent"] == nil && response.headers["Content-Type"] != nil)
        let head = try #require(proxy.requests.first)
        #expect(head.first == "CONNECT server.example:443 HTTP/1.1")
        #expect(!head.contains { $0.contains("upstream-token") || $0.contains("path") || $0.contains("Authorization") })
    }

    @Test("The proxy's user and password are sent to the proxy, with their escapes decoded") func credentials() throws {
        let basic = Base64.standard.encode(Array("ann:p@ss:word".utf8))
        let proxy = try ConnectProxy(to: server.port, authorization: "Basic " + basic)
        #expect(try send(["HTTPS_PROXY": "http://ann:p%40ss%3Aword@127.0.0.1:\(proxy.port)/"]).status == 200)
        #expect(proxy.requests.first?.contains("Proxy-Authorization: Basic " + basic) == true)
        #expect(throws: UpstreamError.proxyRefused(status: 407)) {
            try send(["HTTPS_PROXY": "http://ann:wrong@127.0.0.1:\(proxy.port)"])
        }
    }

    /// The upstream has not received the request, so even a request that must not be repeated is sent again.
    @Test(
        "A refusal by the proxy is reported with its status, and retried only if it may be temporary",
        arguments: [403, 502])
    func refusals(_ status: Int) throws {
        let proxy = try ConnectProxy(to: server.port, status: status)
        #expect(throws: UpstreamError.proxyRefused(status: status)) {
            try send(by: .post, retries: 2, ["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)"])
        }
        #expect(proxy.requests.count == (status == 502 ? 3 : 1))
        #expect(UpstreamError.proxyRefused(status: status).description.contains("\(status)"))
    }

    @Test("A proxy that does not listen makes the upstream unreachable") func noProxy() throws {
        let port = try LocalListener(.tcp).port
        #expect(throws: UpstreamError.unreachable) { try send(["HTTPS_PROXY": "http://127.0.0.1:\(port)"]) }
    }

    @Test("Certificates are verified through a proxy too") func verifiesCertificates() throws {
        let proxy = try ConnectProxy(to: server.port)
        let variables = ["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)"]
        let other = try #require(UpstreamURL("https://other.example/"))
        #expect(throws: UpstreamError.unreachable) { try send(to: other, variables) }
        let stranger = try TLSServer(.valid)
        #expect(throws: UpstreamError.unreachable) {
            try send(variables.merging(["SSL_CERT_FILE": stranger.authority]) { $1 })
        }
    }

    @Test(
        "Addresses that are private are not sent to a proxy, in whatever notation",
        arguments: [
            "https://127.0.0.1/", "https://10.1.2.3/", "https://[::1]/", "https://[fd00::1]/",
            "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/", "https://2130706433/", "https://0x7f.1/",
            "https://127.1/", "https://017700000001/", "https://localhost/", "https://x.localhost/",
            "https://127.0.0.1./",
        ])
    func privateAddresses(_ text: String) throws {
        let proxy = try ConnectProxy(to: server.port)
        let url = try #require(UpstreamURL(text))
        #expect(throws: UpstreamError.refused) {
            try send(
                to: url, isSelfHosted: true,
                ["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)", "UPSTREAM_ALLOWED_NETWORKS": "10.0.0.0/8,fd00::/8"])
        }
        #expect(proxy.requests.isEmpty)
    }

    /// A direct connection to this machine is refused, which shows that it does not go through the proxy.
    @Test(
        "Hosts in NO_PROXY are connected to directly, with the check of their addresses",
        arguments: [
            ("localhost", true), ("*", true), ("other.example, localhost", true), ("localhost:443", true),
            (".localhost", true), ("localhost:444", false), ("calhost", false), ("127.0.0.0/8", false), ("", false),
        ])
    func exceptions(_ list: String, _ isDirect: Bool) throws {
        let proxy = try ConnectProxy(to: server.port)
        let settings = try #require(try Proxy(Environment(["HTTPS_PROXY": "http://p:1", "NO_PROXY": list])))
        #expect(settings.serves(host: "localhost", port: 443) == !isDirect)
        guard isDirect else { return }
        let url = try #require(UpstreamURL("https://localhost/"))
        #expect(throws: UpstreamError.refused) {
            try send(to: url, ["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)", "NO_PROXY": list])
        }
        #expect(proxy.requests.isEmpty)
    }

    @Test(
        "Values that name no proxy are errors that do not repeat them",
        arguments: [
            "proxy.example:3128", "https://proxy.example", "socks5://proxy.example", "http://", "http://a b",
            "http://user:s3cret@", "http://user:s3cret@proxy.example/path", "http://user:s3cret@proxy.example:0",
            "http://:s3cret@proxy.example", "http://us%zzer:s3cret@proxy.example",
            "http://user:s3cret@[1.2.3.4]:3128",
        ])
    func malformedProxies(_ text: String) {
        let error = #expect(throws: EnvironmentError.self) { try Proxy(Environment(["HTTPS_PROXY": text])) }
        #expect(error.map { !"\($0)".contains("s3cret") } == true)
    }

    /// The tests' TLS server is on the loopback address, which no setting allows.
    @Test("Configured private networks are allowed, but never this machine or metadata addresses")
    func allowedNetworks() throws {
        let networks = try AllowedNetworks(
            Environment(["UPSTREAM_ALLOWED_NETWORKS": "10.20.0.0/16, fd12::/16,0.0.0.0/0,::/0"]))
        for (text, isAllowed) in [
            ("10.20.3.4", true), ("::ffff:10.20.3.4", true), ("192.168.0.1", true), ("fd12::1", true),
            ("127.0.0.1", false), ("169.254.169.254", false), ("0.0.0.0", false), ("::1", false), ("fe80::1", false),
            ("fd00:ec2::254", false), ("224.0.0.1", false), ("255.255.255.255", false), ("ff02::1", false),
            // IPv6 addresses that contain an IPv4 address, and further addresses of the clouds' metadata.
            ("64:ff9b::a9fe:a9fe", false), ("2002:a9fe:a9fe::1", false), ("::169.254.169.254", false),
            ("64:ff9b::7f00:1", false), ("64:ff9b::a14:304", true), ("2002:a14:304::1", true),
            ("100.100.100.200", false), ("192.0.0.192", false), ("168.63.129.16", false), ("fd20:ce::254", false),
            ("2002:a83f:8110::1", false),
        ] {
            #expect(networks.contains(try #require(IPAddress(text))) == isAllowed, "\(text)")
        }
        let narrow = try AllowedNetworks(Environment(["UPSTREAM_ALLOWED_NETWORKS": "10.20.0.0/16"]))
        #expect(try !narrow.contains(#require(IPAddress("10.21.0.1"))))
        for text in ["10.20.0.0/33", "gitlab.internal", "10.20.0.0/16;10.21.0.0/16"] {
            #expect(throws: EnvironmentError.self) {
                try AllowedNetworks(Environment(["UPSTREAM_ALLOWED_NETWORKS": text]))
            }
        }
        let url = try #require(UpstreamURL("https://127.0.0.1/"))
        #expect(throws: UpstreamError.refused) {
            try send(to: url, isSelfHosted: true, ["UPSTREAM_ALLOWED_NETWORKS": "127.0.0.0/8"])
        }
    }

    /// 198.18.0.0/15 is reserved for tests of networks (RFC 2544). No server answers there.
    @Test("Only a self-hosted platform in an allowed network is connected to")
    func connectsToAllowedNetworks() throws {
        for (isSelfHosted, networks, outcome) in [
            (true, "10.0.0.0/8", UpstreamError.refused), (false, "198.18.0.0/15", .refused),
            (true, "198.18.0.0/15", .unreachable),
        ] {
            let url = try #require(UpstreamURL("https://198.18.255.254:1/"))
            let client = try UpstreamClient(
                "example",
                Environment(["SSL_CERT_FILE": server.authority, "UPSTREAM_ALLOWED_NETWORKS": networks]),
                isSelfHosted: isSelfHosted, retry: RetryPolicy(retries: 0),
                seconds: 1)
            let error = #expect(throws: UpstreamError.self) { try client.send(UpstreamRequest(.get, url)) }
            // If the connection was allowed, it fails or takes too long.
            #expect(outcome == .refused ? error == .refused : error != .refused, "\(String(describing: error))")
        }
    }
}
