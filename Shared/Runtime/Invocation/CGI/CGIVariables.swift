import Base
import HTTP

/// The meta-variables of a request (RFC 3875 §4.1). CGI passes them in the environment, FastCGI in its parameters.
struct CGIVariables {
    /// The variables that are read, in addition to those that begin with HTTP_.
    static let names = [
        "REQUEST_METHOD", "REQUEST_URI", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "CONTENT_LENGTH",
        "CONTENT_TYPE", "REMOTE_ADDR",
    ]

    private var method: String?
    private var requestURI: String?
    private var scriptName = ""
    private var pathInfo = ""
    private var queryString = ""
    private var declaredLength: String?
    /// True if the request has the field Transfer-Encoding, so that the body's length is not known in advance.
    private(set) var hasTransferCoding = false
    private var peerAddress = ""
    private var headers = Headers()

    mutating func set(_ name: String, _ value: String) {
        let value = StreamSafeText.read(value)
        if name.utf8.starts(with: "HTTP_".utf8) { return setField(name, value) }
        switch name {
        case "REQUEST_METHOD": method = value
        case "REQUEST_URI": requestURI = value
        case "SCRIPT_NAME": scriptName = value
        case "PATH_INFO": pathInfo = value
        case "QUERY_STRING": queryString = value
        case "CONTENT_LENGTH": declaredLength = value
        case "CONTENT_TYPE": if !value.isEmpty { headers.add("Content-Type", value) }
        case "REMOTE_ADDR": peerAddress = value
        default: break
        }
    }

    private mutating func setField(_ variable: String, _ value: String) {
        let name = Self.fieldName(variable)
        switch name {
        case "transfer-encoding": hasTransferCoding = true
        // A Proxy header field must not be taken for the variable HTTP_PROXY (httpoxy).
        case "proxy", "content-length", "content-type": break
        default: headers.add(name, value)
        }
    }

    /// Returns the body's length in bytes as the server declares it. Returns nil if it is not declared. A number that
    /// does not fit in an `Int` becomes the largest `Int`.
    ///
    /// - Throws: 400 if the declared length contains anything but digits.
    func contentLength() throws(HTTPError) -> Int? {
        guard let declaredLength, !declaredLength.isEmpty else { return nil }
        guard declaredLength.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw .badRequest("Content-Length must be a number of bytes.")
        }
        return Int(declaredLength) ?? .max
    }

    /// Returns the request without its body.
    ///
    /// - Throws: 400 if the variable REQUEST_METHOD is missing or empty.
    func request() throws(HTTPError) -> Request {
        guard let method, !method.isEmpty else { throw HTTPError.badRequest("The request has no method.") }
        let uriPath = requestURI?.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).first
        return Request(
            method: Method(rawValue: method), path: uriPath.map(String.init) ?? scriptName + pathInfo,
            queryString: queryString, headers: headers, peerAddress: peerAddress)
    }

    /// Converts a variable's name to the field's name: `HTTP_X_API_KEY` to `x-api-key`.
    private static func fieldName(_ variable: String) -> String {
        let bytes = variable.utf8.dropFirst("HTTP_".utf8.count).map { byte in
            switch byte {
            case UInt8(ascii: "_"): UInt8(ascii: "-")
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
            default: byte
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
