import Base
import HTTP
import TestSupport
import Testing

@testable import Upstream

@Suite struct UpstreamClientTests {
    private let there: UpstreamURL

    init() throws { there = try #require(UpstreamURL("https://api.example.com")) }

    private func client(
        _ provider: FakeProvider?, seconds: Double = 10, limits: UpstreamClient.Limits = .init(),
        retry: RetryPolicy = RetryPolicy(firstPause: 0.01)
    ) throws -> UpstreamClient {
        let override = provider.map { ["UPSTREAM_EXAMPLE": $0.url] } ?? [:]
        return try UpstreamClient(
            "example", Environment(["ENVIRONMENT": "development"].merging(override) { $1 }), retry: retry,
            limits: limits, seconds: seconds)
    }

    @Test("Path, query and host are kept when the address is overridden")
    func keepsPathQueryAndHostUnderAnOverride() throws {
        let provider = try FakeProvider {
            .json(["host": .string($0.headers["Host"] ?? ""), "at": .string($0.target)])
        }
        let answer = try client(provider).send(
            UpstreamRequest(.get, there, "/v1/users/\("a/b ?")/x", query: [("q", "ä&=")]))
        #expect(answer.json == ["host": "api.example.com", "at": "/v1/users/a%2Fb%20%3F/x?q=%C3%A4%26%3D"])
    }

    @Test("Each call carries the id of the request that it is made for, and none outside of requests")
    func carriesTheRequestID() throws {
        let provider = try FakeProvider { .json(["id": .string($0.headers["X-Request-Id"] ?? "")]) }
        let environment = Environment(["ENVIRONMENT": "development", "UPSTREAM_EXAMPLE": provider.url])
        let client = try UpstreamClient("example", environment.of(request: "request-1"), seconds: 10)
        #expect(try client.send(UpstreamRequest(.get, there, "/a")).json["id"] == "request-1")
        let outside = try UpstreamClient("example", environment, seconds: 10)
        #expect(try outside.send(UpstreamRequest(.get, there, "/a")).json["id"] == "")
    }

    @Test("A path part that would leave its place is refused", arguments: ["..", ".", ""])
    func refusesPartsThatReachOutOfTheirPlace(_ part: String) throws {
        let provider = try FakeProvider { _ in .json([]) }
        #expect(throws: UpstreamError.refused) {
            try client(provider).send(UpstreamRequest(.delete, there, "/users/\(part)/tokens"))
        }
        #expect(provider.requests.isEmpty)
    }

    @Test(
        "Private and local addresses are not connected to",
        arguments: [
            "https://localhost/", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/",
            "https://0x7f.1/",
            "https://2130706433/", "https://169.254.169.254/latest/meta-data", "https://10.1.2.3/",
            "https://[64:ff9b::7f00:1]/", "https://[fd00::1]/", "https://[4000::1]/", "https://[::ffff:0:7f00:1]/",
            "https://[64:ff9b:1::1]/", "https://[100::1]/", "https://[5f00::1]/", "https://[2002:7f00:1::]/",
            "https://168.63.129.16/", "https://[2002:a83f:8110::1]/", "https://[64:ff9b::a83f:8110]/",
            "https://[2001:db8::1]/", "https://[ff02::1]/",
        ])
    func connectsToNoPrivateAddress(_ url: String) throws {
        let url = try #require(UpstreamURL(url))
        // The address is refused before connecting. The system has resolved host names by then.
        #expect(throws: UpstreamError.refused) { try client(nil).send(UpstreamRequest(.get, url)) }
    }

    @Test("Redirects are not followed") func followsNoRedirect() throws {
        let provider = try FakeProvider { _ in .init(302, headers: ["Location": "https://127.0.0.1/"]) }
        #expect(try client(provider).send(UpstreamRequest(.get, there)).status == 302)
        #expect(provider.requests.count == 1)
    }

    @Test("Only HTTPS addresses are accepted") func takesHTTPSOnly() throws {
        let url = try #require(UpstreamURL("http://api.example.com/"))
        #expect(throws: UpstreamError.refused) { try client(nil).send(UpstreamRequest(.get, url)) }
    }

    @Test("An override outside of development is an error") func anOverrideOutsideOfDevelopmentIsAnError() {
        #expect(throws: EnvironmentError.self) {
            try UpstreamClient("example", Environment(["UPSTREAM_EXAMPLE": "http://127.0.0.1:1"]), seconds: 1)
        }
    }

    /// The request was sent, so it may have been carried out.
    @Test(
        "A response that is not HTTP counts as a broken connection",
        arguments: ["HTTP/3 200", "ICY 200 OK", "\0\0\0"])
    func aResponseThatIsNotHTTP(_ line: String) throws {
        let listener = try LocalListener(.tcp)
        nonisolated(unsafe) let shared = listener
        let server = Threads(count: 1) { _ in
            guard let connection = try? shared.accept(seconds: 10) else { return }
            while let field = try? connection.readLine(), !field.isEmpty {}
            connection.send(Array((line + "\r\n\r\n").utf8))
        }
        let client = try UpstreamClient(
            "example",
            Environment(["ENVIRONMENT": "development", "UPSTREAM_EXAMPLE": "http://127.0.0.1:\(listener.port)"]),
            retry: RetryPolicy(retries: 0), seconds: 10)
        #expect(throws: UpstreamError.broken) { try client.send(UpstreamRequest(.post, there)) }
        server.join()
    }

    /// A customer names the servers of GitLab, Okta and Jamf, which may send anything.
    @Test("A header line without a name is left out, and the response is read")
    func leavesFieldsWithoutANameOut() throws {
        let provider = try FakeProvider { _ in
            var headers = Headers()
            headers.add("", "x")
            headers.add("X-Empty", "")
            headers.add("X-Good", " yes\t")
            return .init(headers: headers, text: "body")
        }
        let response = try client(provider).send(UpstreamRequest(.get, there))
        #expect(response.text == "body" && response.headers["X-Good"] == "yes" && response.headers["X-Empty"] == "")
        #expect(response.headers.fields.allSatisfy { !$0.name.isEmpty })
    }

    @Test("A request is repeated when the provider says so") func comesBackWhenTheProviderSaysSo() throws {
        let provider = try FakeProvider { _ in .json(["ok": true]) }
        provider.fail(.init(429, headers: ["Retry-After": "1"]))
        let begin = UpstreamClient.now
        #expect(try client(provider).send(UpstreamRequest(.post, there)).json == ["ok": true])
        #expect(UpstreamClient.now - begin >= 1)
        #expect(provider.requests.count == 2)
    }

    /// Without the pause, a provider whose Retry-After is 0 would get five requests within a moment.
    @Test(
        "A wait that is already over still leads to the first pause",
        arguments: ["0", "0.01", "Thu, 01 Jan 1970 00:00:10 GMT"])
    func aWaitThatIsOverLeavesTheFirstPause(_ wait: String) throws {
        let provider = try FakeProvider { _ in .json(["ok": true]) }
        for _ in 0..<2 { provider.fail(.init(429, headers: ["Retry-After": wait])) }
        let begin = UpstreamClient.now
        let retry = RetryPolicy(firstPause: 0.2)
        #expect(try client(provider, retry: retry).send(UpstreamRequest(.get, there)).status == 200)
        #expect(UpstreamClient.now - begin >= 0.4)
        #expect(provider.requests.count == 3)
    }

    @Test("A wait that exceeds the remaining time is returned to the caller") func waitsNoLongerThanItHasTime() throws {
        let provider = try FakeProvider { _ in .init(429, headers: ["Retry-After": "3600"]) }
        #expect(throws: UpstreamError.throttled(seconds: 3_600)) {
            try client(provider).send(UpstreamRequest(.get, there))
        }
    }

    @Test("A wait is limited to one hour", arguments: ["3601", "31536000", "1e30", "Fri, 31 Dec 9999 23:59:59 GMT"])
    func nobodyHasUsWaitLongerThanAnHour(_ wait: String) throws {
        let provider = try FakeProvider { _ in .init(429, headers: ["Retry-After": wait]) }
        #expect(throws: UpstreamError.throttled(seconds: 3_600)) {
            try client(provider).send(UpstreamRequest(.get, there))
        }
        #expect(provider.requests.count == 1)
    }

    @Test(
        "An invalid wait is replaced by the usual pause",
        arguments: ["inf", "-inf", "nan", "-1", "1e999", "soon", ""])
    func aWaitThatIsNoneIsOurOwn(_ wait: String) throws {
        let provider = try FakeProvider { _ in .json(["ok": true]) }
        provider.fail(.init(429, headers: ["Retry-After": wait]))
        #expect(try client(provider).send(UpstreamRequest(.get, there)).status == 200)
    }

    @Test("An invalid reset time is ignored", arguments: ["inf", "nan", "1e30", "-9e18", "9.2e18"])
    func aMomentThatIsNoneIsNotWaitedFor(_ moment: String) {
        let date = "Thu, 01 Jan 1970 00:00:10 GMT"
        let response = UpstreamResponse(status: 429, headers: ["Date": date, "X-Reset": moment], body: [])
        #expect(response.seconds(untilEpochIn: "X-Reset") == nil)
        let soon = UpstreamResponse(status: 429, headers: ["Date": date, "X-Reset": "12.5"], body: [])
        #expect(soon.seconds(untilEpochIn: "X-Reset") == 3)
    }

    /// A decision of a provider's own rule is limited like the standard one.
    @Test("The wait of a provider's own rule is limited too") func aProvidersOwnSignalIsBoundedToo() throws {
        let provider = try FakeProvider { _ in .init(429) }
        for wait in [Double.infinity, 1e30] {
            let policy = RetryPolicy { _ in .throttled(seconds: wait) }
            #expect(throws: UpstreamError.throttled(seconds: 3_600)) {
                try client(provider, retry: policy).send(UpstreamRequest(.get, there))
            }
        }
    }

    @Test("After a failure, a GET is repeated and a POST is not") func repeatsWhatFailedOnlyIfItIsRepeatable() throws {
        let provider = try FakeProvider { _ in .json(["ok": true]) }
        for reply in [FakeProvider.Reply(503), .cut] { provider.fail(reply) }
        #expect(try client(provider).send(UpstreamRequest(.get, there)).status == 200)
        provider.fail(.init(503))
        #expect(try client(provider).send(UpstreamRequest(.post, there)).status == 503)
        provider.fail(.cut)
        #expect(throws: UpstreamError.broken) { try client(provider).send(UpstreamRequest(.post, there)) }
        #expect(provider.requests.count == 5)
    }

    /// Without CURLOPT_FRESH_CONNECT, libcurl repeats every request that got no answer on a reused connection.
    @Test("After a connection that ends without an answer, only a GET is repeated")
    func aConnectionThatEndsWithoutAWordIsNoLicenceToRepeat() throws {
        let provider = try FakeProvider { _ in .json(["ok": true]) }
        let client = try client(provider)
        #expect(try client.send(UpstreamRequest(.get, there)).status == 200)
        for method in [Method.post, .delete] {
            provider.fail(.none) { $0.method == method.rawValue }
            #expect(throws: UpstreamError.broken) { try client.send(UpstreamRequest(method, there)) }
            #expect(try client.send(UpstreamRequest(.get, there)).status == 200)
        }
        #expect(provider.requests.map(\.method) == ["GET", "POST", "GET", "DELETE", "GET"])
        provider.fail(.none)
        #expect(try client.send(UpstreamRequest(.get, there)).status == 200)
    }

    @Test("The client gives up after the configured retries") func givesUpAfterSomeRetries() throws {
        let provider = try FakeProvider { _ in .init(500) }
        let policy = RetryPolicy(retries: 2, firstPause: 0.01)
        #expect(try client(provider, retry: policy).send(UpstreamRequest(.get, there)).status == 500)
        #expect(provider.requests.count == 3)
    }

    @Test("A response above the limit is refused") func takesNoMoreThanItsLimit() throws {
        let provider = try FakeProvider { _ in .init(text: String(repeating: "x", count: 2_000)) }
        var limits = UpstreamClient.Limits()
        limits.bodyLength = 1_999
        #expect(throws: UpstreamError.tooLarge) {
            try client(provider, limits: limits).send(UpstreamRequest(.get, there))
        }
    }

    /// No page of a provider's list should be longer, and parsing a longer answer would need much memory.
    @Test("A response of more than 8 MiB is refused by default") func takesEightMegabytesUnlessItIsToldMore() throws {
        let provider = try FakeProvider { request in
            .init(text: String(repeating: "x", count: (8 << 20) + (request.target == "/longer" ? 1 : 0)))
        }
        let client = try client(provider)
        #expect(try client.send(UpstreamRequest(.get, there)).body.count == 8 << 20)
        let longer = try #require(UpstreamURL("https://api.example.com/longer"))
        #expect(throws: UpstreamError.tooLarge) { try client.send(UpstreamRequest(.get, longer)) }
    }

    @Test("A response that never comes ends in a timeout") func doesNotWaitForWhatNeverComes() throws {
        let listener = try LocalListener(.tcp)
        let override = ["ENVIRONMENT": "development", "UPSTREAM_EXAMPLE": "http://127.0.0.1:\(listener.port)"]
        var limits = UpstreamClient.Limits()
        limits.total = 0.2
        let client = try UpstreamClient(
            "example", Environment(override), retry: RetryPolicy(retries: 0), limits: limits, seconds: 10)
        #expect(throws: UpstreamError.broken) { try client.send(UpstreamRequest(.get, there)) }
    }

    @Test("Concurrent requests are each sent once and answered") func sendsManyAtOnceAndEachOnce() throws {
        let provider = try FakeProvider { .json(["n": .string($0.parameter("n") ?? "")]) }
        provider.fail(.init(429, headers: ["Retry-After": "0"]), after: 40)
        provider.fail(.init(502), after: 80)
        let requests = (0..<100).map { UpstreamRequest(.get, there, "/", query: [("n", String($0))]) }
        var answers = [String?](repeating: nil, count: 100)
        try client(provider).sendAll(requests, atOnce: 8) { index, outcome in
            #expect(answers[index] == nil)
            answers[index] = try outcome.get().json["n"]?.string
        }
        #expect(answers == (0..<100).map { String($0) })
        #expect(provider.requests.count == 102)
    }

    @Test("A line break in a header value can't start another header") func aLineBreakInAFieldBeginsNoOther() throws {
        let provider = try FakeProvider { .json(["evil": .bool($0.headers["X-Evil"] != nil)]) }
        let request = UpstreamRequest(.get, there, headers: ["X-A": "a\r\nX-Evil: 1"])
        #expect(try client(provider).send(request).json == ["evil": false])
    }
}
