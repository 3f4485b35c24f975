import Base
import HTTP

/// Encodes a response in the format that Lambda Function URLs expect (payload 2.0).
enum EventResponse {
    /// Returns the object `{statusCode, headers, body, isBase64Encoded}`. A body that is not UTF-8 is encoded in base
    /// 64.
    static func encode(_ response: Response) throws -> [UInt8] {
        var body: [UInt8] = []
        switch response.body {
        case .bytes(let bytes): body = bytes
        case .stream(let stream): try stream { body.append(contentsOf: $0) }
        }
        let text = String(validating: body, as: UTF8.self)
        var json = JSONWriter()
        json.object { json in
            writeHead(response, to: &json)
            json.field("body", text ?? Base64.standard.encode(body))
            json.field("isBase64Encoded", text == nil)
        }
        return json.bytes
    }

    /// Writes the members `statusCode` and `headers`, which are also the prelude of a streamed response.
    static func writeHead(_ response: Response, to json: inout JSONWriter) {
        json.field("statusCode", response.status)
        json.name("headers")
        json.object { json in
            // A JSON object has each name only once, so fields of the same name are joined.
            var names: Set<String> = []
            for field in response.headers.fields where names.insert(field.name.lowercased()).inserted {
                json.field(field.name, response.headers[field.name])
            }
        }
    }
}
