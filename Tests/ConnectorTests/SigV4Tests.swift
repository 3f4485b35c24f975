import Base
import Crypto
import Testing
import Upstream

@testable import Connectors

@Suite struct SigV4Tests {
    private let signer = SigV4(
        keys: AWSKeys(id: "AKIDEXAMPLE", secret: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")),
        region: "us-east-1", service: "service")
    private let moment = Timestamp("2015-08-30T12:36:00Z")

    /// The case post-x-www-form-urlencoded of AWS's own test suite.
    @Test("A signature equals the one in AWS's test suite") func signsAsAWSDoes() throws {
        let there = try #require(UpstreamURL("https://example.amazonaws.com/"))
        var request = UpstreamRequest(.post, there)
        request.setBody(Array("Param1=value1".utf8), "application/x-www-form-urlencoded")
        request.headers["Content-Length"] = "13"
        request.headers["X-Amz-Content-Sha256"] = SHA256.hexadecimal(Array("Param1=value1".utf8))
        signer.sign(&request, at: try #require(moment))
        let authorization = try #require(request.headers["Authorization"])
        #expect(
            authorization == """
                AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                SignedHeaders=content-length;content-type;host;x-amz-content-sha256;x-amz-date, \
                Signature=d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b
                """)
    }

    @Test("The canonical request has sorted query parameters and headers") func hashesTheCanonicalRequest() throws {
        var request = UpstreamRequest(.get, try #require(UpstreamURL("https://example.amazonaws.com/?b=2&a=1")))
        request.headers["X-Amz-Date"] = "20150830T123600Z"
        #expect(
            signer.canonical(request).text == """
                GET
                /
                a=1&b=2
                host:example.amazonaws.com
                x-amz-date:20150830T123600Z

                host;x-amz-date
                e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
                """)
    }

    @Test("A session token is signed too") func aTokenIsSignedToo() throws {
        let keys = AWSKeys(id: "ASIA", secret: Secret("s"), sessionToken: Secret("token"))
        var request = UpstreamRequest(.get, try #require(UpstreamURL("https://example.amazonaws.com/")))
        SigV4(keys: keys, region: "us-east-1", service: "iam").sign(&request, at: try #require(moment))
        #expect(request.headers["Authorization"]?.contains("host;x-amz-date;x-amz-security-token") == true)
        #expect(request.headers["X-Amz-Security-Token"] == "token")
    }
}

@Suite struct XMLElementTests {
    private func read(_ text: String) throws -> XMLElement { try XMLElement(parsing: Array(text.utf8)) }

    @Test("An XML document of more than 250,000 elements is refused")
    func elementsAreCounted() throws {
        #expect(try read("<a>" + String(repeating: "<b/>", count: 249_999) + "</a>").children.count == 249_999)
        #expect(throws: XMLSyntaxError.self) { try read("<a>" + String(repeating: "<b/>", count: 250_000) + "</a>") }
    }

    @Test("XML elements and texts are read") func readsElementsAndText() throws {
        let root = try read(
            """
            <?xml version="1.0"?><!-- c -->
            <R xmlns="x" a='b'><L><member>a&amp;&#x41;&#66;&lt;</member><member><![CDATA[<&]]></member></L><E/><T> x </T></R>
            """)
        #expect(root.members("L").map(\.text) == ["a&AB<", "<&"])
        #expect(root["E"]?.children.isEmpty == true)
        #expect(root.text("E") == nil)
        #expect(root.text("T") == " x ")
        #expect(root.text("missing") == nil)
    }

    @Test(
        "Malformed XML is refused",
        arguments: [
            "", "text", "<a>", "<a></b>", "<a/><b/>", "<a>&x;</a>", "<a>&</a>", "<a>&#0;</a>", "<a b></a>",
            "<a b=\"<\"/>",
            "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "<a><!DOCTYPE b></a>", "<a b=\"c></a>", "</a>",
            "<a>&#xD800;</a>",
            "<>", "<a", "<a>\u{0}</b>",
        ])
    func refusesWhatIsNotWellFormed(_ text: String) {
        #expect(throws: XMLSyntaxError.self) { try read(text) }
    }

    @Test("Deeply nested XML is refused") func refusesDepth() {
        let text = String(repeating: "<a>", count: 100) + String(repeating: "</a>", count: 100)
        #expect(throws: XMLSyntaxError.self) { try read(text) }
    }
}
