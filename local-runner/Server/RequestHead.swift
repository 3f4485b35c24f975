import HTTP

/// The kinds of request fields, by the way in which the runner treats them. It passes fields of the kind `other` to the
/// function unchanged.
enum FieldKind {
    case other
    case host
    case contentLength
    case contentType
    case transferEncoding
    case connection
    case expect
    case requestID
    /// Not passed on, because the field is about this connection only (RFC 9110 §7.6.1), its CGI variable would be
    /// harmful, or another field could have the same CGI variable.
    case dropped

    /// Returns the kind of the field with this name.
    init(_ name: UnsafeRawBufferPointer) {
        switch name.count {
        case 2 where name.equals("te"): self = .dropped
        case 4 where name.equals("host"): self = .host
        case 5 where name.equals("proxy"): self = .dropped
        case 6 where name.equals("expect"): self = .expect
        case 7 where name.equals("upgrade") || name.equals("trailer"): self = .dropped
        case 10 where name.equals("connection"): self = .connection
        case 10 where name.equals("keep-alive"): self = .dropped
        case 12 where name.equals("content-type"): self = .contentType
        case 12 where name.equals("x-request-id"): self = .requestID
        case 14 where name.equals("content-length"): self = .contentLength
        case 16 where name.equals("proxy-connection"): self = .dropped
        case 17 where name.equals("transfer-encoding"): self = .transferEncoding
        case 19 where name.equals("proxy-authorization"): self = .dropped
        default: self = Self.hasVariable(name) ? .other : .dropped
        }
    }

    /// Returns true if a name has only letters, digits and hyphens, so that no other such name becomes the same CGI
    /// variable. X_Role does not pass, since the function would take it for X-Role.
    private static func hasVariable(_ name: UnsafeRawBufferPointer) -> Bool {
        name.allSatisfy { byte in
            ASCII.isDigit(byte) || ASCII.lowercased(byte) &- UInt8(ascii: "a") < 26
                || byte == UInt8(ascii: "-")
        }
    }
}

/// A field line of a request.
struct Field {
    let name: Extent
    let value: Extent
    var kind: FieldKind
}

/// The delimitation of a request's body (RFC 9112 §6.3).
enum BodyFraming: Equatable {
    case none
    case length(Int)
    case chunked
}

/// A request's head, as positions in the buffer that it was read from.
struct RequestHead {
    var method = Extent()
    var target = Extent()
    var isVersion11 = true
    var fields: [Field] = []
    var framing = BodyFraming.none
    /// True if the client wants to send another request on this connection.
    var keepsConnection = true
    var expectsContinue = false
    var host = Extent()
    /// The number of bytes up to and including the empty line.
    var length = 0

    var hasBody: Bool { framing != .none && framing != .length(0) }
}
