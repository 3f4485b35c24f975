import Base
import HTTP

/// Decodes the request in a Lambda Function URL event (payload 2.0). Only the members rawPath and
/// requestContext.http.method are required.
enum EventRequest {
    static func decode(_ event: JSON, maximumBodyLength: Int) throws(HTTPError) -> Request {
        let http = event["requestContext"]?["http"]
        guard let method = http?["method"]?.string, !method.isEmpty else {
            throw .badRequest("The event has no requestContext.http.method.")
        }
        guard let path = event["rawPath"]?.string, path.hasPrefix("/") else {
            throw .badRequest("The event's rawPath is missing or does not begin with a slash.")
        }
        var headers = Headers()
        for (name, value) in try members(event, "headers") { headers.add(name, value) }
        return Request(
            method: Method(rawValue: method), path: path, queryString: try queryString(event), headers: headers,
            body: try body(event, limit: maximumBodyLength), peerAddress: http?["sourceIp"]?.string ?? "")
    }

    private static func queryString(_ event: JSON) throws(HTTPError) -> String {
        switch event["rawQueryString"] {
        // Some senders include the question mark.
        case .string(let text): return text.hasPrefix("?") ? String(text.dropFirst()) : text
        case nil, .null: return ""
        default: throw .badRequest("The event's rawQueryString must be a string.")
        }
    }

    private static func members(_ event: JSON, _ name: String) throws(HTTPError) -> [(String, String)] {
        let members: [String: JSON]
        switch event[name] {
        case .object(let value): members = value
        case nil, .null: return []
        default: throw .badRequest("The event's \(name) must be an object of strings.")
        }
        var pairs: [(String, String)] = []
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            guard let text = value.string else {
                throw .badRequest("The event's headers must be an object of strings.")
            }
            pairs.append((name, text))
        }
        return pairs
    }

    private static func body(_ event: JSON, limit: Int) throws(HTTPError) -> Request.Body {
        let isBase64: Bool
        switch event["isBase64Encoded"] {
        case .bool(let value): isBase64 = value
        case nil, .null: isBase64 = false
        default: throw .badRequest("The event's isBase64Encoded must be true or false.")
        }
        let text: String
        switch event["body"] {
        case .string(let value): text = value
        case nil, .null: return .bytes([])
        default: throw .badRequest("The event's body must be a string.")
        }
        guard isBase64 else {
            return text.utf8.count > limit ? .tooLarge : .bytes(Array(text.utf8))
        }
        guard text.utf8.count / 4 * 3 <= limit + 2 else { return .tooLarge }
        guard let bytes = Base64.standard.decode(text) else { throw .badRequest("The event's body is not base 64.") }
        return bytes.count > limit ? .tooLarge : .bytes(bytes)
    }
}
