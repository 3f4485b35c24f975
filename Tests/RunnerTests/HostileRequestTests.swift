import Base
import FastCGI
import Foundation
import Glibc
import TestSupport
import Testing

@testable import local_runner

/// What the runner's readers make of hostile bytes, from clients and from functions.
@Suite struct HostileRequestTests {
    private static let heads = [
        "GET /api/mcp/findings?severity=critical&limit=5 HTTP/1.1\r\nHost: a.example:80\r\nX-Api-Key: k\r\n\r\n",
        "POST http://a/b%20c?d HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nConnection: close, x\r\nX: y\r\nX: z\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\nCookie: a\r\nCookie: b\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: [::1]\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
    ]

    /// The status of a refusal, 200 for a whole head, 0 for one that is not; and the head.
    private func parse(_ bytes: [UInt8], step: Int) -> (status: Int, head: RequestHead) {
        var parser = RequestParser()
        for end in Array(stride(from: step, to: bytes.count, by: step)) + [bytes.count] {
            switch bytes.prefix(end).withUnsafeBytes({ parser.parse($0) }) {
            case .incomplete: continue
            case .complete: return (200, parser.head)
            case .failed(let error): return (error.status, parser.head)
            }
        }
        return (0, parser.head)
    }

    @Test func aHeadIsTheSameByteByByte() {
        var accepted = 0
        for bytes in HostileInputs(Self.heads, count: 2_000) {
            let whole = parse(bytes, step: max(1, bytes.count))
            // In pieces a head may be refused for what comes first.
            if whole.status == 200 {
                accepted += 1
                #expect(parse(bytes, step: 1).status == 200)
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

    /// Decodes a body that comes in pieces of `step` bytes.
    private func decode(_ bytes: [UInt8], step: Int) -> (progress: ChunkedDecoder.Progress, body: [UInt8]) {
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { scratch.deallocate() }
        let budget = Budget(connections: 1)
        let store = BodyStore(budget: budget, folders: [], scratch: scratch, log: RunnerLog(descriptor: -1))
        var input = InputBuffer()
        var decoder = ChunkedDecoder()
        let body = RequestBody(store, budget.account([127, 0, 0, 1]))
        var progress = ChunkedDecoder.Progress.incomplete
        for start in stride(from: 0, to: bytes.count, by: step) where progress == .incomplete {
            bytes[start..<min(start + step, bytes.count)].withUnsafeBytes { input.append($0) }
            progress = decoder.decode(&input, into: body, limit: 64)
        }
        var content: [UInt8] = []
        while body.take(limit: 7, { content.append(contentsOf: $0) }) {}
        return (progress, content)
    }

    @Test func aChunkedBodyIsTheSameByteByByte() {
        let samples = ["5\r\nhello\r\n0\r\n\r\n", "A;x=y\r\n0123456789\r\n1\r\na\r\n0\r\nT: v\r\n\r\n", "0\r\n\r\n"]
        for bytes in HostileInputs(samples) where !bytes.isEmpty {
            let (whole, pieces) = (decode(bytes, step: bytes.count), decode(bytes, step: 1))
            #expect(whole.progress == pieces.progress && whole.body.count <= 64)
            if whole.progress == .complete { #expect(whole.body == pieces.body) }
        }
    }

    @Test func aFunctionsHeadIsRefusedOrWithinItsBytes() {
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

    @Test func aFunctionsRecordsAreTheSameByteByByte() {
        var sample: [UInt8] = []
        sample.appendRecord(.stdout, requestID: 1, content: Array("Status: 200\r\n\r\nx".utf8))
        sample.appendRecord(.stderr, requestID: 1, content: Array("line\n".utf8))
        sample.appendRecord(.stdout, requestID: 1, content: [])
        sample.appendEndRequest(requestID: 1, .requestComplete)
        for bytes in HostileInputs([String(decoding: sample, as: UTF8.self)]) {
            #expect(read(bytes, step: max(1, bytes.count)) == read(bytes, step: 1))
        }
    }

    private func read(_ bytes: [UInt8], step: Int) -> [UInt8] {
        var reader = RecordReader()
        var output: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: step) {
            let goesOn = bytes[start..<min(start + step, bytes.count)].withUnsafeBytes { part in
                reader.read(part) { event in
                    switch event {
                    case .output(let bytes), .error(let bytes): output += bytes
                    case .endOfOutput, .endOfRequest: output.append(0)
                    }
                    return true
                }
            }
            if !goesOn { break }
        }
        return output
    }
}
