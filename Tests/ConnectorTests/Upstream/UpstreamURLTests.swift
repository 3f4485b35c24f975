import Testing
import Upstream

@Suite struct UpstreamURLTests {
    @Test(
        "A URL that others could read differently is refused",
        arguments: [
            "https://a.example@127.0.0.1/", "https://a.example#@b/", "https://a.example\\@b/", "https:///x", "//a/b",
            "ftp://a.example/", "https://a.example:0/", "https://a.example:70000/", "https://a.example:+1/",
            "https://a..example/", "https://a_b/", "https://a.example/ x", "https://a.example/\r\nHost: b",
            "https://[::1",
            "https://[1.2.3.4]x/", "https://[1.2.3.4]/", "https://[1.2.3.4]:443/", "javascript:alert(1)",
            "https://ä.example/",
        ])
    func readsNothingThatOthersCouldReadOtherwise(_ text: String) { #expect(UpstreamURL(text) == nil) }

    @Test("The scheme and the host of a URL are read in lower case, and a missing path as a slash")
    func takesItsPartsAsTheyStand() throws {
        let url = try #require(UpstreamURL("HTTPS://API.Example.com:8443?a=b"))
        #expect(url.origin == "https://api.example.com:8443")
        #expect(url.target == "/?a=b")
        #expect(
            url.appending("/v1/x", query: [("a", "1"), ("b", "2")]).description
                == "https://api.example.com:8443/v1/x?a=1&b=2")
    }
}
