import Glibc
import HTTP
import Testing

@testable import local_runner

/// Request heads, valid and invalid (RFC 9112).
@Suite struct RequestParserTests {
    /// Returns the status of the refusal; 200 for a complete head, 0 for an incomplete one.
    private func status(_ text: String, step: Int? = nil) -> Int {
        let bytes = Array(text.utf8)
        var parser = RequestParser()
        var end = 0
        while end < bytes.count {
            end = min(bytes.count, end + (step ?? bytes.count))
            let progress = bytes[..<end].withUnsafeBytes { parser.parse($0) }
            switch progress {
            case .incomplete: continue
            case .complete: return 200
            case .failed(let error): return error.status
            }
        }
        return 0
    }

    static let heads: [(String, Int)] = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        ("GET / HTTP/1.0\r\n\r\n", 200),
        ("GET http://a/b?c HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        ("GET / HTTP/1.1\r\nHost: [::1]:80\r\nX: \t a\u{E9} \t\r\n\r\n", 200),
        ("GET / HTTP/1.1\r\nHost: a\r\n", 0),
        ("GET", 0),
        // Request lines
        ("GET / HTTP/1.1\nHost: a\n\n", 400),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
        ("GET /\r\n\r\n", 400),
        ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("\u{16}\u{3}\u{1}", 400),
        ("GET /\u{7F} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /\u{E9} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/11\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505),
        ("GET /" + String(repeating: "a", count: 9_000) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ("GET /" + String(repeating: "a", count: 9_000), 414),
        // Fields
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n X: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{8}b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\nX: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", 417),
        ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: a\r\n", count: 99) + "\r\n", 200),
        ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: a\r\n", count: 100) + "\r\n", 431),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 40_000) + "\r\n\r\n", 431),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 40_000), 431),
        // Framing (§6.3)
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", 200),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", 200),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 501),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            501
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
            501
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n", 400),
        ("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ]

    @Test(
        "A request head is accepted or refused as RFC 9112 demands or permits, and by the runner's limits",
        arguments: heads)
    func judgesHeads(_ text: String, _ expected: Int) {
        #expect(status(text) == expected)
    }

    @Test("A request head that arrives byte by byte is judged the same way", arguments: heads)
    func judgesHeadsThatComeByteByByte(_ text: String, _ expected: Int) {
        #expect(status(text, step: 1) == expected)
    }

    @Test("The parser finds target, fields, length and hop-by-hop fields") func findsWhatARequestSays() {
        let text =
            "POST /a/b?c=d HTTP/1.1\r\nHost: h:1\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nTE: a\r\n"
            + "Proxy: evil\r\nX_Role: admin\r\nX-Role: user\r\nContent-Length: 12\r\n\r\nrest"
        Array(text.utf8).withUnsafeBytes { bytes in
            var parser = RequestParser()
            guard case .complete = parser.parse(bytes) else {
                Issue.record("not complete")
                return
            }
            let head = parser.head
            func string(_ place: Extent) -> String { String(decoding: bytes[place], as: UTF8.self) }
            #expect(string(head.method) == "POST")
            #expect(string(head.target) == "/a/b?c=d")
            #expect(string(head.host) == "h:1")
            #expect(head.framing == .length(12))
            #expect(!head.keepsConnection)
            #expect(head.length == text.utf8.count - 4)
            let others = head.fields.filter { $0.kind == .other }.map { string($0.name) }
            #expect(others == ["X-Role"])
        }
    }
}

/// The chunked coding (RFC 9112 §7.1).
@Suite struct ChunkedDecoderTests {
    static let bodies: [(String, Int, String)] = [
        ("5\r\nhello\r\n0\r\n\r\n", 200, "hello"),
        ("5 ;a=b\r\nhello\r\n0\r\n\r\n", 200, "hello"),
        ("5 \t; a = \"b c\"\r\nhello\r\n0 ;x\r\n\r\n", 200, "hello"),
        ("5 a\r\nhello\r\n", 400, ""),
        ("5 5\r\nhello\r\n", 400, ""),
        ("5" + String(repeating: " ", count: 10_000) + ";a\r\nhello\r\n", 400, ""),
        ("5;a=b\r\nhello\r\n1\r\n!\r\n000\r\nTrailer: x\r\n\r\n", 200, "hello!"),
        ("A\r\n0123456789\r\n0\r\n\r\n", 200, "0123456789"),
        ("5\r\nhel", 0, "hel"),
        ("5\r\nhelloX\r\n0\r\n\r\n", 400, "hello"),
        ("5\nhello\r\n0\r\n\r\n", 400, ""),
        ("\r\n", 400, ""),
        ("g\r\n", 400, ""),
        ("-1\r\n", 400, ""),
        ("0x5\r\nhello\r\n", 400, ""),
        (" 5\r\nhello\r\n", 400, ""),
        ("5 \r\nhello\r\n", 400, ""),
        ("7fffffffffffffff\r\n", 413, ""),
        ("00000000000000000005\r\nhello\r\n", 400, ""),
        ("65\r\n", 413, ""),
        ("5;\u{0}\r\nhello\r\n", 400, ""),
        ("5;" + String(repeating: "a", count: 10_000) + "\r\nhello\r\n", 400, ""),
        ("0\r\n" + String(repeating: "A: b\r\n", count: 5_000) + "\r\n", 400, ""),
        ("0\r\n b\r\n\r\n", 400, ""),
    ]

    @Test(
        "A chunked body is decoded or refused as RFC 9112 demands or permits, and by the runner's limits",
        arguments: bodies)
    func decodes(_ text: String, _ status: Int, _ expected: String) throws {
        let log = RunnerLog(descriptor: -1)
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { scratch.deallocate() }
        let budget = Budget(connections: 1)
        let store = BodyStore(budget: budget, folders: [], scratch: scratch, log: log)
        var input = InputBuffer()
        var decoder = ChunkedDecoder()
        let body = RequestBody(store, budget.account([127, 0, 0, 1]))
        var result = 0
        for byte in text.utf8 where result == 0 {
            withUnsafeBytes(of: byte) { input.append($0) }
            switch decoder.decode(&input, into: body, limit: 100) {
            case .incomplete: break
            case .complete: result = 200
            case .failed(let error): result = error.status
            }
        }
        #expect(result == status)
        var bytes: [UInt8] = []
        while body.take(limit: 7, { bytes.append(contentsOf: $0) }) {}
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }
}
