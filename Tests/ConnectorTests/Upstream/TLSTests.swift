import Base
import TestSupport
import Testing

@testable import Upstream

/// TLS connections to a real server, as to providers' servers.
@Suite struct TLSTests {
    private func status(of server: TLSServer, host: String = "localhost", authority: String? = nil) throws -> Int {
        let client = try UpstreamClient(
            "example",
            Environment([
                "ENVIRONMENT": "development", "UPSTREAM_EXAMPLE": "https://\(host):\(server.port)",
                "SSL_CERT_FILE": authority ?? server.authority,
            ]), retry: RetryPolicy(retries: 0), seconds: 10)
        let url = try #require(UpstreamURL("https://api.example.com/"))
        return try client.send(UpstreamRequest(.get, url)).status
    }

    @Test("A certificate that is signed by an authority in SSL_CERT_FILE is accepted")
    func acceptsAValidCertificate() throws {
        #expect(try status(of: TLSServer(.valid)) == 200)
    }

    @Test("An expired certificate is refused")
    func refusesAnExpiredCertificate() throws {
        let server = try TLSServer(.expired)
        #expect(throws: UpstreamError.unreachable) { try status(of: server) }
    }

    @Test("A self-signed certificate is refused")
    func refusesASelfSignedCertificate() throws {
        let server = try TLSServer(.selfSigned)
        #expect(throws: UpstreamError.unreachable) { try status(of: server) }
    }

    @Test("A certificate for another host name is refused")
    func refusesAWrongHostName() throws {
        let server = try TLSServer(.valid)
        // The certificate names localhost, not the address.
        #expect(throws: UpstreamError.unreachable) { try status(of: server, host: "127.0.0.1") }
    }

    @Test("A certificate of an authority that is not in SSL_CERT_FILE is refused")
    func refusesAnUnknownAuthority() throws {
        let (server, other) = (try TLSServer(.valid), try TLSServer(.valid))
        #expect(throws: UpstreamError.unreachable) { try status(of: server, authority: other.authority) }
    }

    @Test("An SSL_CERT_FILE that can't be read is an error, and no other file is used instead")
    func refusesAMissingFile() throws {
        let server = try TLSServer(.valid)
        #expect(throws: EnvironmentError.self) { try status(of: server, authority: "/nonexistent") }
    }

    /// If libcurl has a decoder for a coding, it decodes a response even if the request did not offer the coding. The
    /// executable contains no decoders for br and zstd.
    @Test("A response in a content coding that was not offered is an error", arguments: ["br", "zstd", "br, gzip"])
    func refusesForeignCodings(_ coding: String) throws {
        let provider = try FakeProvider { request in
            #expect(request.headers["Accept-Encoding"] == "gzip, deflate")
            return .init(headers: ["Content-Encoding": coding], text: "anything")
        }
        let client = try UpstreamClient(
            "example", Environment(["ENVIRONMENT": "development", "UPSTREAM_EXAMPLE": provider.url]),
            retry: RetryPolicy(retries: 0), seconds: 10)
        let url = try #require(UpstreamURL("https://api.example.com/"))
        #expect(throws: UpstreamError.broken) { try client.send(UpstreamRequest(.get, url)) }
    }
}
