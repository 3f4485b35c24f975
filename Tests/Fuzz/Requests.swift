import FastCGI
import Glibc

@testable import Base
@testable import local_runner

// Readers of bytes that clients and function processes send to the runner.

let requestReaders: [String: Reader] = [
    "cgi-response": functionHeadsStayWithinTheirBytes, "chunked": chunkedBodiesAreTheSameInPieces,
    "fastcgi-pairs": pairsAreReadBack, "fastcgi-records": recordsAreTheSameInPieces, "request-head": headsHideNothing,
]

// MARK: HTTP

@Sendable private func headsHideNothing(_ bytes: [UInt8]) {
    let (status, head) = ReadInPieces.head(bytes, step: max(1, bytes.count))
    guard status == 200 else { return }
    let inPieces = ReadInPieces.head(bytes, step: 1)
    expect(inPieces.status == 200 && inPieces.head.length == head.length, "a head in pieces has the same end")
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

@Sendable private func chunkedBodiesAreTheSameInPieces(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    let (whole, pieces) = (
        ReadInPieces.chunkedBody(bytes, step: bytes.count, limit: 4_096),
        ReadInPieces.chunkedBody(bytes, step: 1, limit: 4_096)
    )
    expect(whole.progress == pieces.progress, "a body in pieces is judged the same")
    expect(whole.body.count <= 4_096, "a body is no longer than its limit")
    if whole.progress == .complete { expect(whole.body == pieces.body, "a body in pieces is the same") }
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
    expect(
        ReadInPieces.records(bytes, step: max(1, bytes.count)) == ReadInPieces.records(bytes, step: 1),
        "records in pieces are the same")
}
