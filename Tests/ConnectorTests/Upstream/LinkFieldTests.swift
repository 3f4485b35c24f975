import Testing

@testable import Upstream

@Suite struct LinkFieldTests {
    @Test(
        "A Link field is read by its grammar",
        arguments: [
            ("<a>; rel=next", ["a"]), ("<a>", []), ("", []), (" , ", []), ("<a>; rel=\"prev next\"", ["a"]),
            ("<a>; rel=next, <b>; rel=NEXT", ["a", "b"]), ("<a>; rel=prev; rel=next", []), ("<a>; title=next", []),
            ("<a>; rel=\"prev\"; title=\"; rel=next\"", []), ("<a>; rel=\"n\\ext\"", ["a"]), ("<a>;;rel=next;", ["a"]),
            ("<a\"b,c;d>;rel=next", ["a\"b,c;d"]), ("<a>; rel=\"\"", []), ("<a>; rel", []), ("<>;rel=next", [""]),
            ("<a>; rel=next; anchor=\"#x\"", []), ("<a>; rel=https://a.example/rels/x?y=1#z", []),
            ("<a>\t;\trel\t=\t\"next\"\t,\t<b>", ["a"]), ("<é>; rel=next", ["é"]),
            ("<a>; title=\"\\\"\"; rel=next", ["a"]),
        ])
    func isReadByItsGrammar(_ field: String, _ targets: [String]) throws {
        #expect(try LinkField(field).targets(of: "next") == targets)
    }

    @Test(
        "A malformed Link field is refused",
        arguments: [
            "a", "<a", "a>; rel=next", "<a>; rel=\"next", "<a>; rel=\"next\\", "<a> b", "<a>; rel=", "<a>; =b",
            "<a>; rel=next next",
            "<a>; rel=\"next\"x", "<a>; rel=ne\"xt\"", "<a>, b", "<a>; (=b", "<<a>>", "<a>; rel=next <b>", "<a>; é=b",
        ])
    func isRefused(_ field: String) {
        #expect(throws: LinkField.SyntaxError.self) { try LinkField(field) }
    }

    /// A hostile field must not take more than linear time.
    @Test(
        "A very long Link field is read or refused quickly",
        arguments: ["<a>;", "<a>,", "<", ";", ",", "<a>; rel=\"", "\\\"", "<a>; a=b "])
    func endsQuicklyWhateverComes(_ text: String) {
        _ = try? LinkField(String(repeating: text, count: 200_000))
    }

    @Test(
        "A reference is resolved to a path and a query",
        arguments: [
            ("https://a.example/x?y=1#z", "/x?y=1"), ("HTTP://a_b:99999/x", "/x"), ("https://a.example", "/"),
            ("https://a.example?y", "/?y"), ("//a.example/x", "/x"), ("/x", "/x"), ("x?y", "/a/b/x?y"),
            ("?y", "/a/b/c?y"),
            ("./x", "/a/b/x"), ("../x", "/a/x"), ("../../../x", "/x"), ("/a/./b/../c", "/a/c"), ("/a/..", "/"),
            ("x/.", "/a/b/x/"),
            ("/%2e%2e/%2E/x", "/x"), ("/x?a=../..", "/x?a=../.."), ("/a b\"<>\\é", "/a%20b%22%3C%3E%5C%C3%A9"),
            ("/x?a=b c", "/x?a=b%20c"), ("/a:b", "/a:b"), ("x/y:z", "/a/b/x/y:z"), ("/a//b", "/a//b"), ("?", "/a/b/c?"),
            ("https://user@a.example/x", "/x"), ("https:///x", "/x"),
        ])
    func aReferenceIsAPathAndAQuery(_ text: String, _ target: String) {
        #expect(URLReference(text, relativeTo: "/a/b/c?d=e/f")?.target == target)
    }

    @Test(
        "A text that is not a usable reference is refused",
        arguments: [
            "", "#x", "mailto:a@b", "ftp://a/b", "https:x", "https:/x", "javascript:alert(1)", "/a\nb", "/a\u{7F}",
            "/\0",
        ])
    func whatIsNoReferenceIsNone(_ text: String) {
        #expect(URLReference(text, relativeTo: "/a/b/c?d") == nil)
    }

    @Test("A relative reference needs a base") func aRelativeReferenceNeedsItsBase() {
        #expect(URLReference("x") == nil && URLReference("?y") == nil && URLReference("/x")?.target == "/x")
    }

    @Test(
        "A target is cut to begin at the API's base path, and refused without it",
        arguments: [
            ("/api/v4/x", "/api/v4/x"), ("/api/v4", "/api/v4"), ("/api/v4?x", "/api/v4?x"),
            ("/git/api/v4/x?y", "/api/v4/x?y"),
            ("/api/v4x/api/v4/y", "/api/v4/y"), ("/api/v44", nil), ("/api", nil), ("/x?/api/v4/", nil), ("/", nil),
            ("/myapi/v4/x", nil),
        ])
    func aTargetBeginsAtTheBasePath(_ text: String, _ target: String?) throws {
        let reference = try #require(URLReference(text))
        #expect(reference.from("/api/v4") == target)
        #expect(reference.from("") == reference.target)
    }
}
