import Base
import Foundation
import TestSupport
import Testing

@testable import local_runner

/// HTTP/1.1 over real sockets.
@Suite(.serialized) struct HTTPTests {
    @Test("Pipelined requests on a kept connection are answered in order")
    func keepsConnectionsAndAnswersPipelinedRequestsInOrder() throws {
        let runner = try Runner()
        let client = try runner.connect()
        for _ in 0..<3 { #expect(try client.request("GET", "/reuse").status == 200) }
        var text = ""
        for number in 0..<50 {
            let path = ["/isolated", "/reuse", "/spawn", "/nowhere"][number % 4]
            text += "GET \(path)?do=echo&n=\(number) HTTP/1.1\r\nHost: a\r\nX-Request-Id: r\(number)\r\n\r\n"
        }
        try client.send(text)
        for number in 0..<50 {
            let reply = try client.readReply()
            #expect(reply.status == (number % 4 == 3 ? 404 : 200))
            #expect(reply["x-request-id"] == "r\(number)")
        }
    }

    /// A client that is slow to read the responses loses no request, however many it sends at once.
    @Test("Two thousand pipelined requests of a slow reader are answered")
    func answersAnyNumberOfPipelinedRequests() throws {
        let runner = try Runner()
        let client = try runner.connect(receiveBuffer: 8_192)
        let (count, request) = (2_000, "GET /n HTTP/1.1\r\nHost: a\r\n\r\n")
        try client.send(String(repeating: request, count: count) + "GET /reuse HTTP/1.1\r\nHost: a\r\n\r\n")
        client.finishSending()
        for _ in 0..<count { #expect(try client.readReply().status == 404) }
        #expect(try client.readReply().status == 200)
        #expect(try client.readToEnd() == "")
    }

    /// Some clients end a body with an empty line (RFC 9112 §2.2).
    @Test("An empty line does not begin a request") func anEmptyLineBeginsNoRequest() throws {
        let runner = try Runner()
        let client = try runner.connect()
        let start = Date()
        try client.send("POST /reuse HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello\r\n")
        #expect(try client.readReply().status == 200)
        // A request head would have to be complete within ten seconds.
        #expect(!client.hasInput(seconds: 12) && Date().timeIntervalSince(start) > 11)
        #expect(try client.request("GET", "/reuse").status == 200)
        let last = try runner.connect()
        try last.send("GET /reuse HTTP/1.1\r\nHost: a\r\n\r\n\r\n")
        last.finishSending()
        #expect(try last.readReply().status == 200)
        #expect(try last.readToEnd() == "")
        #expect(!runner.log.contains(" 400 "))
    }

    @Test("A request is passed on without hop-by-hop and ambiguous fields", arguments: Runner.dispatches)
    func handsOnRequestsWhole(_ dispatch: String) throws {
        let runner = try Runner()
        let client = try runner.connect()
        let reply = try client.request(
            "POST", "/\(dispatch)/?do=echo&a=%20b",
            [
                "X-One: 1", "X-One: 2", "Cookie: a=1", "Cookie: b=2", "Proxy: evil", "X_Under: 1",
                "TE: trailers",
            ],
            body: "body")
        #expect(reply.status == 200)
        for part in [
            #""method":"POST""#, #""path":"/\#(dispatch)/""#, #""query":"do=echo&a=%20b""#,
            #""peer":"127.0.0.1""#,
            #""body":"body""#, #""x-one":"1, 2""#, #""cookie":"a=1; b=2""#, #""host":"localhost""#,
            #""x-request-id":"\#(reply["x-request-id"] ?? "")""#,
        ] {
            #expect(reply.text.contains(part), "\(part) is not in \(reply.text)")
        }
        for part in ["proxy", "under", #""te""#] { #expect(!reply.text.contains(part)) }
        #expect(try client.request("GET", "/%69solated/%2e").status == 404)
        #expect(
            try client.request("GET", "/%\(dispatch == "reuse" ? "72euse" : "69solated")?do=echo").status
                == 200)
    }

    @Test("Bodies with a length, in chunks, after Expect and pipelined are accepted", arguments: Runner.dispatches)
    func takesBodiesOfAllKinds(_ dispatch: String) throws {
        let runner = try Runner()
        let client = try runner.connect()
        let path = "/\(dispatch)?do=echo"
        let large = String(repeating: "x", count: 900_000)
        #expect(try client.request("POST", path, body: large).text.contains(#""length":900000"#))
        try client.send(
            "POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n1\r\n!")
        try client.send("\r\n0\r\nT: t\r\n\r\n")
        #expect(try client.readReply().text.contains(#""length":6,"body":"hello!""#))
        try client.send(
            "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.readReply().status == 100)
        try client.send("abc")
        #expect(try client.readReply().text.contains(#""body":"abc""#))
        #expect(try client.request("POST", path, body: "").text.contains(#""length":0"#))
        // Two requests whose bodies arrive in one packet.
        try client.send(
            "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\naPOST \(path) HTTP/1.1\r\nHost: a\r\n"
                + "Content-Length: 1\r\n\r\nb")
        #expect(try client.readReply().text.contains(#""body":"a""#))
        #expect(try client.readReply().text.contains(#""body":"b""#))
    }

    @Test("HEAD gets no body; HTTP/1.0 gets no chunks, and a kept connection on request", arguments: Runner.dispatches)
    func answersHeadAndOldClients(_ dispatch: String) throws {
        let runner = try Runner()
        let client = try runner.connect()
        try client.send(
            "HEAD /\(dispatch) HTTP/1.1\r\nHost: a\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.readReply(isHead: true).status == 200)
        #expect(try client.readReply().status == 404)
        let old = try runner.connect()
        try old.send("GET /\(dispatch)?do=stream&n=100000 HTTP/1.0\r\n\r\n")
        let text = try old.readToEnd()
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n") && text.contains("Connection: close\r\n"))
        #expect(!text.lowercased().contains("transfer-encoding") && text.count > 100_000)
        let kept = try runner.connect()
        try kept.send("GET /nowhere HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(try kept.readReply()["connection"] == "keep-alive")
        try kept.send("GET /nowhere HTTP/1.0\r\n\r\n")
        #expect(try kept.readReply()["connection"] == "close")
        #expect(try kept.readToEnd() == "")
    }

    /// RFC 9110 §9.1. If the method is not exactly HEAD, the response must have a body; otherwise the client would
    /// misread the next response.
    @Test("Methods are case-sensitive") func methodsAreCaseSensitive() throws {
        let runner = try Runner()
        let client = try runner.connect()
        for method in ["hEaD", "head", "get", "options"] {
            for path in ["/reuse", "/cdn-cgi/handler/scheduled?cron=0+0+1+1+*"] {
                let reply = try client.request(method, path, [runner.localAuthorization])
                let begin = "{\"error\":\"The method \(method) is not allowed here; allowed: GET, "
                #expect(reply.status == 405 && reply.text.hasPrefix(begin), "\(method) \(path) \(reply.text)")
            }
        }
        #expect(try client.request("options", "*").status == 400)
        #expect(try client.request("head", "/nowhere").text.hasPrefix(#"{"error":"There is no endpoint at /nowhere."#))
        #expect(try client.request("GET", "/reuse").status == 200)
    }

    @Test("Requests that could hide another one are refused, and the connection is closed")
    func refusesWhatCouldHideARequest() throws {
        let runner = try Runner()
        let hidden = "GET /reuse HTTP/1.1\r\nHost: a\r\n\r\n"
        for (text, expected) in RequestParserTests.heads where expected >= 400 {
            let client = try runner.connect()
            try client.send(text + hidden)
            client.finishSending()
            let all = try client.readToEnd()
            #expect(
                all.hasPrefix("HTTP/1.1 \(expected) "),
                "\(text.debugDescription.prefix(100)): \(all.prefix(40))")
            #expect(all.contains("{\"error\":\"") && all.contains("Connection: close\r\n"))
            #expect(!all.contains("HTTP/1.1 2"), "\(text.debugDescription.prefix(100))")
        }
        for (body, expected, _) in ChunkedDecoderTests.bodies where expected == 400 {
            let client = try runner.connect()
            try client.send(
                "POST /reuse HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(body)\(hidden)")
            let all = try client.readToEnd()
            #expect(all.hasPrefix("HTTP/1.1 400 ") && !all.contains("HTTP/1.1 2"))
        }
        #expect(try runner.connect().request("GET", "/reuse").status == 200)
    }

    @Test("The runner's own errors have the documented shape") func answersItsOwnErrorsInTheDocumentedShape() throws {
        let runner = try Runner(maximumBody: 1_000)
        let client = try runner.connect()
        let missing = try client.request("GET", "/nowhere")
        #expect(
            missing.text
                == #"{"error":"There is no endpoint at /nowhere. Check the path; upper and lower case differ."}"#)
        #expect(missing.status == 404)
        #expect(missing["content-type"] == "application/json" && missing["cache-control"] == "no-store")
        #expect(missing["x-frame-options"] == "DENY" && missing["x-content-type-options"] == "nosniff")
        #expect(missing["referrer-policy"] == "strict-origin-when-cross-origin")
        #expect(missing["strict-transport-security"] == "max-age=31536000; includeSubDomains")
        #expect(missing["x-request-id"]?.count == 36 && missing["date"]?.hasSuffix(" GMT") == true)
        #expect(try client.request("GET", "/scheduled/fixture").status == 404)
        let method = try client.request("DELETE", "/reuse")
        #expect(method.status == 405 && method["allow"] == "GET, HEAD, OPTIONS, POST")
        #expect(
            method.text
                == #"{"error":"The method DELETE is not allowed here; allowed: GET, HEAD, OPTIONS, POST."}"#)
        let hostile = try client.request("GET", "/a\"b\\c")
        let sentence = try JSON(parsing: hostile.text.utf8)["error"]?.string
        #expect(hostile.status == 404 && sentence?.contains(#"/a"b\c"#) == true, "\(hostile.text)")
        let options = try client.request("OPTIONS", "/reuse/")
        #expect(options.status == 204 && options["allow"] == "GET, HEAD, OPTIONS, POST")
        #expect(try client.request("OPTIONS", "*").status == 204)
        #expect(try client.request("GET", "/reuse/%00").status == 400)
        #expect(try client.request("GET", "/reuse%2").status == 400)
        for path in ["/", "//reuse", "/reuse//", "/reuse%2F", "/a/../reuse", "/REUSE"] {
            #expect(try client.request("GET", path).status == 404)
        }
        #expect(
            try client.request("POST", "/reuse", body: String(repeating: "x", count: 1_001)).status == 413)
        #expect(try client.readToEnd() == "")
        let chunked = try runner.connect()
        try chunked.send("POST /reuse HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n")
        #expect(try chunked.readReply().status == 413)
    }

    @Test("Preflight requests reach functions only if origins are listed") func preflightRequests() throws {
        let fields = ["Origin: https://app.example.com", "Access-Control-Request-Method: POST"]
        let closed = try Runner()
        let refused = try closed.connect().request("OPTIONS", "/reuse", fields)
        #expect(refused.status == 204 && refused["allow"] == "GET, HEAD, OPTIONS, POST" && refused["vary"] == nil)
        let open = try Runner(
            .init(origins: "https://app.example.com", members: #", "credentials": "session""#))
        for dispatch in Runner.dispatches {
            let client = try open.connect()
            // The fixture answers with the request that it got.
            let passed = try client.request("OPTIONS", "/\(dispatch)?do=echo", fields)
            #expect(passed.status == 200 && passed.text.contains(#""method":"OPTIONS""#), "\(passed.text)")
            for fields in [[], Array(fields.prefix(1)), Array(fields.suffix(1))] {
                let own = try client.request("OPTIONS", "/\(dispatch)", fields)
                #expect(own.status == 204 && own["allow"] == "GET, HEAD, OPTIONS, POST")
            }
        }
    }

    @Test("Pages of listed origins may read the runner's own errors") func errorsForListedOrigins() throws {
        let runner = try Runner(
            .init(maximumBody: 10, origins: "https://app.example.com", members: #", "credentials": "session""#))
        let client = try runner.connect()
        let listed = try client.request("GET", "/reuse", ["Origin: https://app.example.com"])
        #expect(listed.status == 401 && listed["access-control-allow-origin"] == "https://app.example.com")
        #expect(listed["vary"] == "Origin" && listed["access-control-allow-credentials"] == nil)
        let method = try client.request("DELETE", "/reuse", ["Origin: https://app.example.com"])
        #expect(method.status == 405 && method["access-control-allow-origin"] == "https://app.example.com")
        let other = try client.request("GET", "/reuse", ["Origin: https://evil.example"])
        #expect(other.status == 401 && other["access-control-allow-origin"] == nil && other["vary"] == "Origin")
        let unknown = try client.request("GET", "/nowhere", ["Origin: https://app.example.com"])
        #expect(unknown.status == 404 && unknown["access-control-allow-origin"] == nil && unknown["vary"] == nil)
    }

    @Test("The log has one line per request, followed by the function's own lines")
    func writesOneLineForEachRequestWithTheFunctionsOwnUnderIt() throws {
        let runner = try Runner(format: "json")
        let client = try runner.connect()
        _ = try client.request("GET", "/isolated?do=log&n=2&secret=1", ["X-Request-Id: my-request"])
        #expect(runner.logs("line 1"))
        let lines = runner.log.split(separator: "\n").drop { !$0.contains("my-request") }.map(String.init)
        #expect(lines.count == 3)
        #expect(lines[0].contains(#""method":"GET","path":"/isolated","status":200,"duration_ms":"#))
        #expect(
            lines[0].contains(
                #""request_id":"my-request","client":"127.0.0.1","function":"fixture-isolated""#))
        #expect(!lines[0].contains("secret"))
        #expect(lines[1].contains("line 0") && lines[2].contains("line 1"))
    }

    /// The order of the lines must not depend on the ids of concurrent requests or on a request's duration.
    @Test("A function's lines follow the line of their own request", arguments: Runner.dispatches)
    func foldsLinesUnderTheirOwnRequest(_ dispatch: String) throws {
        let runner = try Runner(format: "json")
        let ids = ["e", "me", "e-2"]
        let clients = try ids.map { id in
            let client = try runner.connect()
            try client.send(
                "GET /\(dispatch)?do=log&n=2&sleep=400 HTTP/1.1\r\nHost: a\r\nX-Request-Id: \(id)\r\n\r\n")
            return client
        }
        let client = try runner.connect()
        let more = (0..<20).map { "request_id-\($0)" }
        for id in more { _ = try client.request("GET", "/\(dispatch)?do=log&n=2", ["X-Request-Id: \(id)"]) }
        for client in clients { #expect(try client.readReply().status == 200) }
        #expect((ids + more).allSatisfy { runner.logs("\"message\":\"request\",\"request_id\":\"\($0)\"") })
        let lines = runner.log.split(separator: "\n").map(String.init)
        for id in ids + more {
            let index = try #require(
                lines.firstIndex { $0.contains("\"message\":\"request\",\"request_id\":\"\(id)\"") })
            for line in 0..<2 {
                let place = index + 1 + line
                #expect(place < lines.count && lines[place].contains("line \(line) of \(id)\""), "\(id)")
            }
        }
    }
}
