import HTTP

/// Reads one HTTP/1.1 response (RFC 9112). A body that neither is chunked nor has a Content-Length counts as empty.
struct AnswerReader {
    private let descriptor: Descriptor
    private var unread: [UInt8] = []

    init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    mutating func read() throws -> RuntimeAPIClient.Answer {
        let parts = try line().split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), let status = Int(parts[1]) else {
            throw RuntimeAPIClient.Failure.malformedAnswer
        }
        var headers = Headers()
        while case let field = try line(), !field.isEmpty {
            guard let (name, value) = FieldLine.lenient(field) else { throw RuntimeAPIClient.Failure.malformedAnswer }
            headers.add(name, value)
        }
        return .init(status: status, headers: headers, body: try body(headers))
    }

    private mutating func body(_ headers: Headers) throws -> [UInt8] {
        if headers["Transfer-Encoding"] == "chunked" { return try chunkedBody() }
        guard let length = headers["Content-Length"] else { return [] }
        guard let count = Int(length), count >= 0 else { throw RuntimeAPIClient.Failure.malformedAnswer }
        return try take(count)
    }

    private mutating func chunkedBody() throws -> [UInt8] {
        var decoder = ChunkedDecoder()
        var body: [UInt8] = []
        while true {
            var position = 0
            let progress = unread.withUnsafeBytes { bytes in
                decoder.decode(bytes, &position, limit: .max) { body.append(contentsOf: $0) }
            }
            unread = Array(unread.dropFirst(position))
            switch progress {
            case .complete: return body
            case .incomplete: try fill()
            case .malformed, .tooLarge: throw RuntimeAPIClient.Failure.malformedAnswer
            }
        }
    }

    private mutating func line() throws -> String {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = unread.prefix(end).filter { $0 != UInt8(ascii: "\r") }
                unread.removeFirst(end + 1)
                return String(decoding: line, as: UTF8.self)
            }
            try fill()
        }
    }

    private mutating func take(_ count: Int) throws -> [UInt8] {
        while unread.count < count { try fill() }
        defer { unread = Array(unread.dropFirst(count)) }
        return Array(unread.prefix(count))
    }

    private mutating func fill() throws {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = try buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }
        guard count > 0 else { throw Descriptor.Closed() }
        unread += buffer.prefix(count)
    }
}
