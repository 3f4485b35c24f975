import FastCGI
import Glibc

@testable import Base
@testable import local_runner

// The readers of bytes that clients and function processes send to the runner.

let requestReaders: [String: Reader] = [
    "cgi-response": functionHeadsStayWithinTheirBytes, "chunked": chunkedBodiesAreTheSameInPieces,
    "fastcgi-pairs": pairsAreReadBack, "fastcgi-records": recordsAreTheSameInPieces, "request-head": headsHideNothing,
]

// MARK: HTTP

@Sendable private func headsHideNothing(_ bytes: [UInt8]) {
    guard let head = wholeHead(bytes, step: max(1, bytes.count)) else { return }
    expect(wholeHead(bytes, step: 1)?.length == head.length, "a head in pieces has the same end")
    let text = Array(bytes.prefix(head.length))
    expect(text.suffix(4).elementsEqual("\r\n\r\n".utf8), "an empty line ends a head")
    for (index, byte) in text.enumerated() {
        switch byte {
        case 0x0D: expect(text[index + 1] == 0x0A, "a carriage return is followed by a line feed")
        case 0x0A: expect(index > 0 && text[index - 1] == 0x0D, "a line feed follows a carriage return")
        default: expect(byte == 0x09 || byte >= 0x20 && byte != 0x7F, "a head has no control characters")
        }
    }
    bytes.withUnsafeBytes { bytes in
        guard let target = RequestTarget(bytes, at: head.target, method: bytes[head.method]),
            case .resource(let path, let query, _) = target
        else { return }
        let decoded = RequestTarget.decodePath(bytes[path])
        expect(decoded?.allSatisfy { $0 >= 0x20 && $0 != 0x7F } ?? true, "a path has no control characters")
        _ = RequestTarget.parameter("cron", in: bytes[query])
        var pairs: [UInt8] = []
        Parameters.append(
            .init(
                bytes: bytes, head: head, host: head.host, target: head.target, query: query, peer: [], requestID: []),
            to: &pairs)
        var names: Set<String> = []
        let isWhole = NameValuePairs.decode(pairs) { name, _ in
            expect(names.insert(name).inserted, "a variable is passed on once")
        }
        expect(isWhole, "variables are passed on whole")
        expect(names.isDisjoint(with: ["HTTP_PROXY", "HTTP_CONTENT_LENGTH"]), "no field passes for a variable")
    }
}

/// The head that a parser finds in bytes that come in pieces of `step`; nil if it is refused or not whole.
private func wholeHead(_ bytes: [UInt8], step: Int) -> RequestHead? {
    var parser = RequestParser()
    for end in Array(stride(from: step, to: bytes.count, by: step)) + [bytes.count] {
        switch bytes.prefix(end).withUnsafeBytes({ parser.parse($0) }) {
        case .incomplete: continue
        case .complete: return parser.head
        case .failed: return nil
        }
    }
    return nil
}

@Sendable private func chunkedBodiesAreTheSameInPieces(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    let (whole, pieces) = (decode(bytes, step: bytes.count), decode(bytes, step: 1))
    expect(whole.progress == pieces.progress, "a body in pieces is judged the same")
    expect(whole.body.count <= 4_096, "a body is no longer than its limit")
    if whole.progress == .complete { expect(whole.body == pieces.body, "a body in pieces is the same") }
}

private func decode(_ bytes: [UInt8], step: Int) -> (progress: ChunkedDecoder.Progress, body: [UInt8]) {
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 12, alignment: 16)
    defer { scratch.deallocate() }
    let budget = Budget(connections: 1)
    let store = BodyStore(budget: budget, folders: [], scratch: scratch, log: RunnerLog(descriptor: -1))
    var input = InputBuffer()
    var decoder = ChunkedDecoder()
    let body = RequestBody(store, budget.account([127, 0, 0, 1]))
    var progress = ChunkedDecoder.Progress.incomplete
    for start in stride(from: 0, to: bytes.count, by: step) where progress == .incomplete {
        bytes[start..<min(start + step, bytes.count)].withUnsafeBytes { input.append($0) }
        progress = decoder.decode(&input, into: body, limit: 4_096)
    }
    var content: [UInt8] = []
    while body.take(limit: 7, { content.append(contentsOf: $0) }) {}
    return (progress, content)
}

// MARK: CGI and FastCGI

@Sendable private func functionHeadsStayWithinTheirBytes(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { bytes in
        guard let head = try? CGIResponseHead(bytes) else { return }
        expect((200..<600).contains(head.status), "a status is one")
        expect(head.length <= bytes.count, "a head is no longer than its bytes")
        for field in head.fields {
            expect(field.start < field.end && field.end <= head.length, "a field stands in the head")
            expect(bytes[field].allSatisfy { $0 == 0x09 || $0 >= 0x20 && $0 != 0x7F }, "a field is one line")
        }
    }
}

@Sendable private func pairsAreReadBack(_ bytes: [UInt8]) {
    var pairs: [(String, String)] = []
    guard NameValuePairs.decode(bytes, { pairs.append(($0, $1)) }) else { return }
    var written: [UInt8] = []
    for (name, value) in pairs { NameValuePairs.append(name, value, to: &written) }
    var read: [(String, String)] = []
    expect(NameValuePairs.decode(written) { read.append(($0, $1)) }, "written pairs are whole")
    expect(read.elementsEqual(pairs, by: ==), "written pairs are read back")
}

@Sendable private func recordsAreTheSameInPieces(_ bytes: [UInt8]) {
    expect(read(bytes, step: max(1, bytes.count)) == read(bytes, step: 1), "records in pieces are the same")
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
