import Base
import HTTP

/// A response as a Lambda Function URL takes it, payload 2.0.
enum EventResponse {
    /// `{statusCode, headers, body, isBase64Encoded}`. A body that is not UTF-8 goes in base 64.
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

    /// The members that come before a body, also as the prelude of a streamed response.
    static func writeHead(_ response: Response, to json: inout JSONWriter) {
        json.field("statusCode", response.status)
        json.name("headers")
        json.object { json in
            // An object has each name once; fields of one name are joined.
            var names: Set<String> = []
            for field in response.headers.fields where names.insert(field.name.lowercased()).inserted {
                json.field(field.name, response.headers[field.name])
            }
        }
    }
}
