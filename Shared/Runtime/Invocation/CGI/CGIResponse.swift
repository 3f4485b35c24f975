import HTTP

/// Writes responses in the format of CGI and FastCGI (RFC 3875 §6).
enum CGIResponse {
    /// Returns the status and the header fields, including the empty line after them.
    static func head(_ response: Response) -> [UInt8] {
        var head: [UInt8] = []
        head.reserveCapacity(512)
        func line(_ name: String, _ value: String) {
            head.append(contentsOf: name.utf8)
            head.append(contentsOf: ": ".utf8)
            if value.utf8.allSatisfy(isContent) {
                head.append(contentsOf: value.utf8)
            } else {
                // A line break in a value would begin another field.
                head.append(contentsOf: value.utf8.filter(isContent))
            }
            head.append(contentsOf: "\r\n".utf8)
        }
        func isContent(_ byte: UInt8) -> Bool { byte >= 0x20 || byte == UInt8(ascii: "\t") }
        line("Status", "\(response.status) \(Response.reason(response.status))")
        for field in response.headers.fields { line(field.name, field.value) }
        head.append(contentsOf: "\r\n".utf8)
        return head
    }

    /// Writes head and body with `write`, a streamed body in parts. The head is written together with the first part.
    /// If a streamed body fails before its first part, the `HTTPError` that it throws is the response instead, or 500
    /// for any other error except `Closed`.
    static func write(_ response: Response, by write: Response.Sink) throws {
        var head = head(response)
        switch response.body {
        case .bytes(let bytes):
            head.append(contentsOf: bytes)
            try head.withUnsafeBytes(write)
        case .stream(let body):
            do {
                try body { part in
                    guard !head.isEmpty else { return try write(part) }
                    head.append(contentsOf: part)
                    try head.withUnsafeBytes(write)
                    head = []
                }
            } catch  where !head.isEmpty && !(error is Descriptor.Closed) {
                let refusal = error as? HTTPError ?? .internal
                return try Self.write(refusal.refusal(requestID: response.headers["X-Request-Id"]), by: write)
            }
            if !head.isEmpty { try head.withUnsafeBytes(write) }
        }
    }
}
