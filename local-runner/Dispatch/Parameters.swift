import FastCGI
import HTTP

/// Encodes a request as CGI variables (RFC 3875 §4.1) in the form of FastCGI.
enum Parameters {
    /// Returns the variables that all requests of a route have in common.
    static func constant(route: String, listen: ListenAddress) -> [UInt8] {
        var pairs: [UInt8] = []
        for (name, value) in [
            ("GATEWAY_INTERFACE", "CGI/1.1"), ("SERVER_SOFTWARE", "local-runner"), ("SERVER_NAME", listen.host),
            ("SERVER_PORT", String(listen.port)), ("SCRIPT_NAME", route), ("PATH_INFO", ""),
        ] {
            NameValuePairs.append(name, value, to: &pairs)
        }
        return pairs
    }

    /// The parts of a request that its variables are made from.
    struct Source {
        let bytes: UnsafeRawBufferPointer
        let head: RequestHead
        let host: Extent
        let target: Extent
        let query: Extent
        let peer: [UInt8]
        let requestID: [UInt8]
    }

    /// Appends the variables that may differ between requests of a route, except CONTENT_LENGTH.
    static func append(_ source: Source, to pairs: inout [UInt8]) {
        let (bytes, head) = (source.bytes, source.head)
        append("QUERY_STRING", bytes[source.query], to: &pairs)
        source.peer.withUnsafeBytes { append("REMOTE_ADDR", $0, to: &pairs) }
        append("REQUEST_METHOD", bytes[head.method], to: &pairs)
        append("REQUEST_URI", bytes[source.target], to: &pairs)
        if head.isVersion11 {
            pairs.append("\u{0F}\u{08}SERVER_PROTOCOLHTTP/1.1")
        } else {
            pairs.append("\u{0F}\u{08}SERVER_PROTOCOLHTTP/1.0")
        }
        source.requestID.withUnsafeBytes { append("HTTP_X_REQUEST_ID", $0, to: &pairs) }
        for index in head.fields.indices {
            switch head.fields[index].kind {
            case .other: appendField(source, index, to: &pairs)
            case .host: append("HTTP_HOST", bytes[source.host], to: &pairs)
            case .contentType: append("CONTENT_TYPE", bytes[head.fields[index].value], to: &pairs)
            case .contentLength, .transferEncoding, .connection, .expect, .requestID, .dropped: break
            }
        }
    }

    /// Appends CONTENT_LENGTH.
    static func appendContentLength(_ length: Int, to pairs: inout [UInt8]) {
        var digits: [UInt8] = []
        digits.append(decimal: length)
        digits.withUnsafeBytes { append("CONTENT_LENGTH", $0, to: &pairs) }
    }

    /// Appends a header field as a variable: X-Api-Key: a becomes HTTP_X_API_KEY=a. Fields with the same name become
    /// one variable with all their values (§4.1.18), in the place of the first of them.
    private static func appendField(_ source: Source, _ index: Int, to pairs: inout [UInt8]) {
        let (bytes, fields) = (source.bytes, source.head.fields)
        let field = fields[index]
        let name = bytes[field.name]
        for earlier in fields.prefix(index) where isSame(bytes[earlier.name], name) { return }
        let isCookie = name.equals("cookie")
        var length = field.value.count
        for later in fields.dropFirst(index + 1) where isSame(bytes[later.name], name) {
            length += 2 + later.value.count
        }
        NameValuePairs.appendLength("HTTP_".utf8.count + name.count, to: &pairs)
        NameValuePairs.appendLength(length, to: &pairs)
        pairs.append("HTTP_")
        for byte in name {
            pairs.append(byte == UInt8(ascii: "-") ? UInt8(ascii: "_") : ASCII.uppercased(byte))
        }
        pairs.append(contentsOf: bytes[field.value])
        guard length > field.value.count else { return }
        for later in fields.dropFirst(index + 1) where isSame(bytes[later.name], name) {
            pairs.append(isCookie ? "; " : ", ")
            pairs.append(contentsOf: bytes[later.value])
        }
    }

    private static func isSame(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where ASCII.lowercased(left[index]) != ASCII.lowercased(right[index]) {
            return false
        }
        return true
    }

    private static func append(
        _ name: StaticString, _ value: UnsafeRawBufferPointer, to pairs: inout [UInt8]
    ) {
        NameValuePairs.appendLength(name.utf8CodeUnitCount, to: &pairs)
        NameValuePairs.appendLength(value.count, to: &pairs)
        pairs.append(name)
        pairs.append(contentsOf: value)
    }
}
