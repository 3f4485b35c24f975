import Base
import Testing

@Suite struct IPAddressTests {
    @Test(
        "Malformed IP addresses are refused",
        arguments: [
            "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "0x1.2.3.4",
            "1.2.3.-4",
            "[::1]", "::1%eth0", "fe80::1%1", ":::", "1::2::3", "12345::", "g::", "localhost", "16909060", "1,2,3,4",
            "1.2.3.4\0", "1.2.3.4\0.evil", "::1\0", "١.٢.٣.٤",
        ])
    func refuses(_ text: String) { #expect(IPAddress(text) == nil) }

    @Test("Different spellings of the same address are equal") func sameAddressesAreEqual() {
        #expect(IPAddress("::FFFF:192.0.2.1") == IPAddress("192.0.2.1"))
        #expect(IPAddress("::ffff:c000:201") == IPAddress("192.0.2.1"))
        #expect(IPAddress("2001:DB8:0:0::1") == IPAddress("2001:db8::1"))
        #expect(IPAddress("::192.0.2.1") != IPAddress("192.0.2.1"))
    }

    @Test(
        "A range contains an address within its bounds and not one outside",
        arguments: [
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"), ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
            ("192.0.2.0/24", "192.0.2.0", "192.0.1.255"), ("192.0.2.77/24", "192.0.2.1", "192.0.3.1"),
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"), ("192.0.2.128/25", "192.0.2.128", "192.0.2.127"),
            ("192.0.2.4/30", "192.0.2.7", "192.0.2.8"), ("192.0.2.4/31", "192.0.2.5", "192.0.2.6"),
            ("192.0.2.4/32", "192.0.2.4", "192.0.2.5"), ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("::/0", "ffff::", "0.0.0.0"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"),
            ("2001:db8::1/128", "2001:db8::1", "2001:db8::2"), ("2001:db8::1", "2001:DB8:0::1", "2001:db8::1:1"),
            ("::ffff:192.0.2.0/120", "192.0.2.9", "192.0.3.9"),
            ("192.0.2.0/24", "::ffff:192.0.2.9", "::ffff:192.0.3.9"),
            ("::ffff:0:0/96", "1.2.3.4", "::1"),
        ])
    func rangesEndWhereTheyShould(_ range: String, _ inside: String, _ outside: String) throws {
        let range = try #require(IPRange(range))
        #expect(range.contains(try #require(IPAddress(inside))))
        #expect(!range.contains(try #require(IPAddress(outside))))
    }

    @Test(
        "Malformed address ranges are refused",
        arguments: [
            "", "/", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.0/8/8",
            "192.0.2.0/ 8",
            "192.0.2.0/a", "192.0.2.0/255.255.255.0", "::/129", "192.0.2.0-192.0.2.9", "192.0.2.*", "any", "*",
            "::ffff:0:0/95", "192.0.2.0/99999999999999999999", "192.0.2.0\0/8",
        ])
    func refusesWhatIsNoRange(_ text: String) { #expect(IPRange(text) == nil) }
}
