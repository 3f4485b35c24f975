import Base
import Glibc
import HTTP

/// The head of a CGI response (RFC 3875 §6.2), as positions in the bytes that it was read from.
struct CGIResponseHead {
    /// A malformed head. The client gets an error instead of this response.
    struct Malformed: Error {}

    static let maximumLength = 64 << 10

    private(set) var status = 200
    /// The status code and reason phrase.
    private(set) var statusText = Extent()
    /// The field lines that are passed on unchanged.
    private(set) var fields: [Extent] = []
    private(set) var contentLength: Int?
    private(set) var hasRequestID = false
    /// The number of bytes up to and including the empty line.
    private(set) var length = 0

    /// Reads a head. Returns nil if it is not complete yet. Throws `Malformed` also if it is not complete after more
    /// than `maximumLength` bytes.
    init?(_ bytes: UnsafeRawBufferPointer) throws(Malformed) {
        fields.reserveCapacity(16)
        var start = 0
        while let base = bytes.baseAddress, start < bytes.count,
            let found = memchr(base + start, Int32(ASCII.lineFeed), bytes.count - start)
        {
            let lineFeed = UnsafeRawPointer(found) - base
            var line = Extent(start: start, end: lineFeed)
            if line.count > 0, bytes[at: line.end - 1] == ASCII.carriageReturn { line.end -= 1 }
            start = lineFeed + 1
            if line.count == 0 {
                length = start
                guard statusText.count > 0 else { throw Malformed() }
                return
            }
            try read(bytes, line)
        }
        if bytes.count > Self.maximumLength { throw Malformed() }
        return nil
    }

    private mutating func read(_ bytes: UnsafeRawBufferPointer, _ line: Extent) throws(Malformed) {
        guard let field = try? FieldLine(bytes, at: line) else { throw Malformed() }
        let name = bytes[field.name]
        switch name.count {
        case 6 where name.equals("status"): try readStatus(bytes, field.rest)
        case 14 where name.equals("content-length"):
            guard contentLength == nil, let length = bytes[field.value].decimal else { throw Malformed() }
            contentLength = length
        case 12 where name.equals("x-request-id"):
            hasRequestID = true
            fields.append(line)
        // Drops Date, which the runner sends itself, and fields about the connection.
        case 4 where name.equals("date"), 10 where name.equals("connection") || name.equals("keep-alive"),
            17 where name.equals("transfer-encoding"),
            7 where name.equals("upgrade") || name.equals("trailer"),
            16 where name.equals("proxy-connection"):
            break
        default: fields.append(line)
        }
    }

    /// Reads a status from 200 to 599 and an optional reason phrase.
    private mutating func readStatus(_ bytes: UnsafeRawBufferPointer, _ value: Extent) throws(Malformed) {
        var value = value
        while value.count > 0, bytes[at: value.start] == ASCII.space { value.start += 1 }
        guard statusText.count == 0, value.count >= 3,
            let code = bytes[Extent(start: value.start, end: value.start + 3)].decimal,
            (200..<600).contains(code),
            value.count == 3 || bytes[at: value.start + 3] == ASCII.space
        else { throw Malformed() }
        (status, statusText) = (code, value)
    }
}
