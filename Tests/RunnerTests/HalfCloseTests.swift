import TestSupport
import Testing

/// Clients that close their sending side, as `nc -N` and `socat -` do, and clients that disconnect (RFC 9112 §9.6).
@Suite(.serialized) struct HalfCloseTests {
    @Test("A client that has closed its sending side is answered", arguments: Runner.dispatches)
    func aClientThatHasSentAllIsAnswered(_ dispatch: String) throws {
        let runner = try Runner()
        let client = try runner.connect()
        try client.send("GET /\(dispatch)?do=sleep&n=100 HTTP/1.1\r\nHost: a\r\n\r\n")
        client.finishSending()
        let reply = try client.readReply()
        #expect(reply.status == 200 && reply["connection"] == "close")
        #expect(try client.readToEnd() == "")
        #expect(!runner.log.contains(" 499 "))
    }

    @Test("A client that has closed its sending side gets a long response completely", arguments: Runner.dispatches)
    func aClientThatHasSentAllGetsALongResponseWhole(_ dispatch: String) throws {
        let runner = try Runner()
        let client = try runner.connect()
        try client.send("POST /\(dispatch)?do=stream&n=5000000 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
        client.finishSending()
        let reply = try client.readReply()
        #expect(reply.status == 200 && reply.body.count == 5_000_000)
    }

    @Test("All requests that were sent before the sending side closed are answered")
    func allRequestsThatWereSentAreAnswered() throws {
        let runner = try Runner()
        let client = try runner.connect()
        let paths = ["/isolated", "/reuse", "/nowhere", "/spawn", "/reuse"]
        try client.send(paths.map { "GET \($0)?do=sleep&n=20 HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
        client.finishSending()
        for path in paths { #expect(try client.readReply().status == (path == "/nowhere" ? 404 : 200)) }
        #expect(try client.readToEnd() == "")
    }

    @Test(
        "An incomplete request is refused",
        arguments: [
            ("GET /reuse HTTP/1.1\r\nHost", "head"), ("\r\nG", "head"), ("\r", "head"),
            ("POST /reuse HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhi", "body"),
            ("POST /reuse HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi", "body"),
        ])
    func aRequestThatIsNotWholeIsRefused(_ text: String, _ part: String) throws {
        let runner = try Runner()
        let client = try runner.connect()
        try client.send(text)
        client.finishSending()
        let reply = try client.readReply()
        #expect(reply.status == 400 && reply.text == #"{"error":"The connection ended within a request's \#(part)."}"#)
        #expect(try client.readToEnd() == "")
    }

    @Test("A connection without a request ends without an answer or a log line")
    func aConnectionThatCarriedNothingJustEnds() throws {
        let runner = try Runner()
        let client = try runner.connect()
        client.finishSending()
        #expect(try client.readToEnd() == "")
        let empty = try runner.connect()
        try empty.send("\r\n\r\n")
        empty.finishSending()
        #expect(try empty.readToEnd() == "")
        let other = try runner.connect()
        #expect(try other.request("GET", "/reuse").status == 200)
        other.finishSending()
        #expect(try other.readToEnd() == "")
        #expect(!runner.log.contains(" 400 ") && !runner.log.contains(" 499 "))
    }

    @Test("A reset connection ends its function", arguments: Runner.dispatches)
    func aResetEndsTheFunction(_ dispatch: String) throws {
        let runner = try Runner(concurrency: 1, timeout: 60_000)
        let client = try runner.connect()
        try client.send("GET /\(dispatch)?do=sleep&n=50000 HTTP/1.1\r\nHost: a\r\n\r\n")
        client.finishSending()
        #expect(poll { runner.children.count == (dispatch == "isolated" ? 2 : 1) })
        client.reset()
        #expect(runner.logs(" 499 "))
        #expect(try runner.connect().request("GET", "/\(dispatch)").status == 200)
    }
}
