import HTTP

/// A response as CGI and FastCGI send it (RFC 3875 §6).
enum CGIResponse {
    /// Status and header fields, up to and with the empty line.
    static func head(_ response: Response) -> [UInt8] {
        var head: [UInt8] = []
        func line(_ name: String, _ value: String) {
            head.append(contentsOf: name.utf8)
            head.append(contentsOf: ": ".utf8)
            // A line break in a value would begin another field.
            head.append(contentsOf: value.utf8.lazy.filter { $0 >= 0x20 || $0 == UInt8(ascii: "\t") })
            head.append(contentsOf: "\r\n".utf8)
        }
        line("Status", "\(response.status) \(Response.reason(response.status))")
        for field in response.headers.fields { line(field.name, field.value) }
        head.append(contentsOf: "\r\n".utf8)
        return head
    }

    /// Writes head and body by `write`, a streamed body in parts.
    static func write(_ response: Response, by write: Response.Sink) throws {
        var head = head(response)
        switch response.body {
        case .bytes(let bytes):
            head.append(contentsOf: bytes)
            try head.withUnsafeBytes(write)
        case .stream(let body):
            try head.withUnsafeBytes(write)
            try body(write)
        }
    }
}
