import Base
import FastCGI
import Foundation
import Glibc
import HTTP
import TestSupport
import Testing

@testable import local_runner

/// The runner's readers get hostile bytes, from clients and from functions.
@Suite struct HostileRequestTests {
    private static let heads = [
        "GET /api/mcp/findings?severity=critical&limit=5 HTTP/1.1\r\nHost: a.example:80\r\nX-Api-Key: k\r\n\r\n",
        "POST http://a/b%20c?d HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nConnection: close, x\r\nX: y\r\nX: z\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\nCookie: a\r\nCookie: b\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: [::1]\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
    ]

    @Test("A request head that is accepted in one piece is accepted byte by byte too") func aHeadIsTheSameByteByByte() {
        var accepted = 0
        for bytes in HostileInputs(Self.heads, count: 2_000) {
            let whole = ReadInPieces.head(bytes, step: max(1, bytes.count))
            // In pieces, a head may be refused for an earlier error.
            if whole.status == 200 {
                accepted += 1
                #expect(ReadInPieces.head(bytes, step: 1).status == 200)
                bytes.withUnsafeBytes { use(whole.head, $0) }
            }
        }
        #expect(accepted > 0)
    }

    private func use(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) {
        guard let target = RequestTarget(bytes, at: head.target, method: bytes[head.method]),
            case .resource(let path, let query, _) = target
        else { return }
        _ = RequestTarget.decodePath(bytes[path])
        _ = RequestTarget.parameter("cron", in: bytes[query])
        var pairs: [UInt8] = []
        Parameters.append(
            .init(
                bytes: bytes, head: head, host: head.host, target: head.target, query: query, peer: [], requestID: []),
            to: &pairs)
        #expect(!pairs.isEmpty)
    }

    @Test("A chunked body is read the same way in one piece or byte by byte") func aChunkedBodyIsTheSameByteByByte() {
        let samples = ["5\r\nhello\r\n0\r\n\r\n", "A;x=y\r\n0123456789\r\n1\r\na\r\n0\r\nT: v\r\n\r\n", "0\r\n\r\n"]
        for bytes in HostileInputs(samples) where !bytes.isEmpty {
            let (whole, pieces) = (
                ReadInPieces.chunkedBody(bytes, step: bytes.count, limit: 64),
                ReadInPieces.chunkedBody(bytes, step: 1, limit: 64)
            )
            #expect(whole.progress == pieces.progress && whole.body.count <= 64)
            if whole.progress == .complete { #expect(whole.body == pieces.body) }
        }
    }

    @Test("A function's response head is refused, or stays within its bytes")
    func aFunctionsHeadIsRefusedOrWithinItsBytes() {
        let samples = [
            "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
            "Status: 404\nX-Request-Id: a\nDate: now\n\nx", "Status:  503 \r\n\r\n",
        ]
        for bytes in HostileInputs(samples, count: 2_000) {
            bytes.withUnsafeBytes { bytes in
                guard let head = try? CGIResponseHead(bytes) else { return }
                #expect((200..<600).contains(head.status) && head.length <= bytes.count)
                #expect(head.fields.allSatisfy { $0.start <= $0.end && $0.end <= bytes.count })
            }
        }
    }

    @Test("A function's records are read the same way in one piece or byte by byte")
    func aFunctionsRecordsAreTheSameByteByByte() {
        var sample: [UInt8] = []
        sample.appendRecord(.stdout, requestID: 1, content: Array("Status: 200\r\n\r\nx".utf8))
        sample.appendRecord(.stderr, requestID: 1, content: Array("line\n".utf8))
        sample.appendRecord(.stdout, requestID: 1, content: [])
        sample.appendEndRequest(requestID: 1, .requestComplete)
        for bytes in HostileInputs([String(decoding: sample, as: UTF8.self)]) {
            #expect(ReadInPieces.records(bytes, step: max(1, bytes.count)) == ReadInPieces.records(bytes, step: 1))
        }
    }
}
