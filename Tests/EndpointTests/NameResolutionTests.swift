import Base
import Foundation
import TestSupport
import Testing

/// A function of a release build looks up a name and calls its server by HTTPS, in an empty root directory with its own
/// network. Tests/Fixtures/empty-root.py runs the servers.
@Suite(.enabled(if: BuiltProducts.areRelease, "Tests/run makes a release build"))
struct NameResolutionTests {
    private static let debian = "/etc/ssl/certs/ca-certificates.crt"

    /// Runs Tests/Fixtures/empty-root.py with the case `name`. Returns the report that it prints: the function's exit
    /// status and outputs, the names that it looked up by DNS, each with /udp or /tcp, and the hosts with paths that it
    /// requested.
    private func outcome(_ name: String, bundle: String = debian) throws -> JSON {
        let folder = try TemporaryFolder()
        try Shell.run(
            #""$1" "$2" keys.example"#, [BuiltProducts.project + "/Tests/Fixtures/certificates", folder.path])
        let url = try TestStore.makeDatabase(on: .sqlite, in: folder)
        #expect(url == "sqlite:" + folder.path("store.db"))
        try FileManager.default.copyItem(
            atPath: BuiltProducts.program("scheduled-session-keys"), toPath: folder.path("function"))
        let user = geteuid() == 0 ? "" : "--map-root-user"
        let report = try Shell.run(
            #"unshare $4 --net python3 "$1" "$2" "$3" "$5""#,
            [BuiltProducts.project + "/Tests/Fixtures/empty-root.py", folder.path, name, user, bundle])
        return try JSON(parsing: report.utf8)
    }

    private func expectFetched(_ report: JSON) {
        #expect(report["status"] == 0, "\(report)")
        #expect(report["fetched"] == ["keys.example/auth/v1/.well-known/jwks.json"], "\(report)")
        #expect(report["output"]?.string?.contains(#""statusCode":200"#) == true, "\(report)")
    }

    private func asked(_ report: JSON) -> Set<String> {
        Set((report["asked"]?.array ?? []).compactMap(\.string))
    }

    @Test("A name in /etc/hosts is found without DNS")
    func hostsFile() throws {
        let report = try outcome("hosts")
        expectFetched(report)
        #expect(asked(report) == [])
    }

    @Test("A name is looked up by DNS over UDP, at the server in /etc/resolv.conf")
    func overUDP() throws {
        let report = try outcome("udp")
        expectFetched(report)
        #expect(asked(report) == ["keys.example/udp"])
    }

    @Test("A truncated UDP answer is fetched again over TCP")
    func overTCP() throws {
        let report = try outcome("tcp")
        expectFetched(report)
        #expect(asked(report) == ["keys.example/udp", "keys.example/tcp"])
    }

    @Test("A name with only an IPv6 address is reached")
    func overIPv6() throws { expectFetched(try outcome("ipv6")) }

    @Test("Services in /etc/nsswitch.conf are not used, and their shared objects are not loaded")
    func ignoresNSSwitch() throws { expectFetched(try outcome("nsswitch")) }

    @Test("A name that does not exist makes the run fail")
    func unknownName() throws {
        let report = try outcome("unknown")
        #expect(report["fetched"] == [])
        #expect(report["output"]?.string?.contains(#""statusCode":502"#) == true, "\(report)")
    }

    @Test(
        "The certificate authorities are found at the paths that four distributions use",
        arguments: [
            "/etc/ssl/certs/ca-certificates.crt",  // Debian, Alpine
            "/etc/pki/tls/certs/ca-bundle.crt",  // Amazon Linux, Fedora
            "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora
            "/etc/ssl/cert.pem",  // Alpine
        ])
    func findsAuthorities(_ bundle: String) throws { expectFetched(try outcome("udp", bundle: bundle)) }

    @Test("Without certificate authorities no connection is made, and the log names SSL_CERT_FILE")
    func needsAuthorities() throws {
        let report = try outcome("udp", bundle: "/elsewhere.pem")
        #expect(report["fetched"] == [] && asked(report) == [])
        #expect(report["errors"]?.string?.contains("set SSL_CERT_FILE") == true, "\(report)")
    }
}
