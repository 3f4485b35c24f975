import Base
import Testing

@Suite struct EmailAddressTests {
    @Test(
        "An e-mail address has one canonical form",
        arguments: [
            ("Ann@Example.com", "ann@example.com"), (" ann@example.com\t\r\n", "ann@example.com"),
            ("\u{A0}ann@example.com\u{A0}", "ann@example.com"), ("\u{FEFF}ann@example.com\u{200B}", "ann@example.com"),
            ("ann@example.com\0", "ann@example.com"), ("ann lee@example.com", "ann lee@example.com"),
            ("Jörg@Example.com", "jörg@example.com"), ("", ""), (" \u{A0} ", ""),
        ])
    func anAddressHasOneForm(_ text: String, _ expected: String) {
        #expect(EmailAddress.canonical(text) == expected)
        #expect(EmailAddress.canonical(expected) == expected)
    }

    /// Only ASCII letters get lower case. By Unicode's rules the Kelvin sign would become a k.
    @Test(
        "Addresses with look-alike letters stay different",
        arguments: [("mar\u{212A}@example.com", "mark@example.com"), ("\u{130}da@example.com", "ida@example.com")])
    func lookAlikesStayApart(_ text: String, _ other: String) {
        #expect(EmailAddress.canonical(text) != EmailAddress.canonical(other))
        #expect(EmailAddress.canonical("ÜLI@example.com") == "Üli@example.com")
    }
}
