import Auth
import Base
import HTTP
import Testing

@Suite struct IPAddressTests {
    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "0x1.2.3.4",
        "1.2.3.-4",
        "[::1]", "::1%eth0", "fe80::1%1", ":::", "1::2::3", "12345::", "g::", "localhost", "16909060", "1,2,3,4",
        "1.2.3.4\0", "1.2.3.4\0.evil", "::1\0", "١.٢.٣.٤",
    ])
    func refuses(_ text: String) { #expect(IPAddress(text) == nil) }

    @Test func sameAddressesAreEqual() {
        #expect(IPAddress("::FFFF:192.0.2.1") == IPAddress("192.0.2.1"))
        #expect(IPAddress("::ffff:c000:201") == IPAddress("192.0.2.1"))
        #expect(IPAddress("2001:DB8:0:0::1") == IPAddress("2001:db8::1"))
        #expect(IPAddress("::192.0.2.1") != IPAddress("192.0.2.1"))
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"), ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
        ("192.0.2.0/24", "192.0.2.0", "192.0.1.255"), ("192.0.2.77/24", "192.0.2.1", "192.0.3.1"),
        ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"), ("192.0.2.128/25", "192.0.2.128", "192.0.2.127"),
        ("192.0.2.4/30", "192.0.2.7", "192.0.2.8"), ("192.0.2.4/31", "192.0.2.5", "192.0.2.6"),
        ("192.0.2.4/32", "192.0.2.4", "192.0.2.5"), ("0.0.0.0/0", "255.255.255.255", "::1"),
        ("::/0", "ffff::", "0.0.0.0"),
        ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"), ("2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"),
        ("2001:db8::1/128", "2001:db8::1", "2001:db8::2"), ("2001:db8::1", "2001:DB8:0::1", "2001:db8::1:1"),
        ("::ffff:192.0.2.0/120", "192.0.2.9", "192.0.3.9"), ("192.0.2.0/24", "::ffff:192.0.2.9", "::ffff:192.0.3.9"),
        ("::ffff:0:0/96", "1.2.3.4", "::1"),
    ])
    func rangesEndWhereTheyShould(_ range: String, _ inside: String, _ outside: String) throws {
        let range = try #require(IPRange(range))
        #expect(range.contains(try #require(IPAddress(inside))))
        #expect(!range.contains(try #require(IPAddress(outside))))
    }

    @Test(arguments: [
        "", "/", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.0/8/8", "192.0.2.0/ 8",
        "192.0.2.0/a", "192.0.2.0/255.255.255.0", "::/129", "192.0.2.0-192.0.2.9", "192.0.2.*", "any", "*",
        "::ffff:0:0/95", "192.0.2.0/99999999999999999999", "192.0.2.0\0/8",
    ])
    func refusesWhatIsNoRange(_ text: String) { #expect(IPRange(text) == nil) }
}

@Suite struct ClientAddressTests {
    private func resolve(_ peer: String, _ headers: Headers, trusting proxies: String...) -> IPAddress? {
        ClientAddress.resolve(
            Request(method: .get, path: "/", headers: headers, peerAddress: peer),
            trustedProxies: proxies.compactMap { IPRange($0) })
    }

    @Test func anUntrustedPeerSpeaksOnlyForItself() {
        let spoofed: Headers = ["X-Forwarded-For": "10.0.0.1", "CF-Connecting-IP": "10.0.0.1", "X-Real-IP": "10.0.0.1"]
        #expect(resolve("203.0.113.9", spoofed) == IPAddress("203.0.113.9"))
        #expect(resolve("203.0.113.9", spoofed, trusting: "10.0.0.0/8") == IPAddress("203.0.113.9"))
    }

    @Test func aTrustedProxyIsBelieved() {
        #expect(
            resolve("10.0.0.1", ["CF-Connecting-IP": "198.51.100.7"], trusting: "10.0.0.0/8")
                == IPAddress("198.51.100.7"))
        #expect(
            resolve("10.0.0.1", ["x-forwarded-for": "198.51.100.7"], trusting: "10.0.0.0/8")
                == IPAddress("198.51.100.7"))
        #expect(
            resolve("::ffff:10.0.0.1", ["X-Forwarded-For": "2001:db8::7"], trusting: "10.0.0.1")
                == IPAddress("2001:db8::7"))
        #expect(resolve("10.0.0.1", [:], trusting: "10.0.0.0/8") == IPAddress("10.0.0.1"))
    }

    /// What a client writes into X-Forwarded-For stands left of what the first trusted proxy adds.
    @Test func theLastUntrustedEntryCounts() {
        let list: Headers = ["X-Forwarded-For": "192.0.2.66, 198.51.100.7, 10.0.0.2,10.0.0.3"]
        #expect(resolve("10.0.0.1", list, trusting: "10.0.0.0/8") == IPAddress("198.51.100.7"))
        var fields = Headers()
        fields.add("X-Forwarded-For", "192.0.2.66")
        fields.add("X-Forwarded-For", "198.51.100.7")
        #expect(resolve("10.0.0.1", fields, trusting: "10.0.0.0/8") == IPAddress("198.51.100.7"))
        #expect(
            resolve("10.0.0.1", ["X-Forwarded-For": "10.0.0.9, 10.0.0.2"], trusting: "10.0.0.0/8")
                == IPAddress("10.0.0.9"))
    }

    /// Where the address can't be told, an allowlist must not be passed.
    @Test(arguments: ["unknown", "198.51.100.7:4711", "[2001:db8::1]", "198.51.100.7;", "_hidden", "198.51.100.7, x"])
    func aMalformedEntryIsNoAddress(_ entry: String) {
        #expect(resolve("10.0.0.1", ["X-Forwarded-For": entry], trusting: "10.0.0.0/8") == nil)
        #expect(resolve("10.0.0.1", ["CF-Connecting-IP": entry], trusting: "10.0.0.0/8") == nil)
    }

    @Test func twoConnectingAddressesAreNone() {
        #expect(resolve("10.0.0.1", ["CF-Connecting-IP": "198.51.100.7, 198.51.100.8"], trusting: "10.0.0.0/8") == nil)
    }

    @Test(arguments: ["", "unix:", "localhost"])
    func anUnknownPeerIsNoAddress(_ peer: String) {
        #expect(resolve(peer, ["X-Forwarded-For": "198.51.100.7"], trusting: "0.0.0.0/0") == nil)
    }
}
