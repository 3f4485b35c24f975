import Base

/// Makes the event for `invoke` from the parts of an HTTP request.
enum RequestEvent {
    /// Returns a Lambda Function URL event, payload version 2.0. Names of headers become lower case, and values of
    /// repeated headers are joined with commas.
    static func make(
        method: String, target: String, headers: [(name: String, value: String)], body: [UInt8]
    ) -> JSON {
        let parts = target.cut(at: "?") ?? (target[...], "")
        let (path, query) = (String(parts.before), String(parts.behind))
        let now = Timestamp.now
        var fields: [String: String] = [:]
        for (name, value) in headers {
            fields[name.lowercased()] = fields[name.lowercased()].map { "\($0),\(value)" } ?? value
        }
        var event: [String: JSON] = [
            "version": "2.0", "routeKey": "$default", "rawPath": .string(path),
            "rawQueryString": .string(query),
            "headers": .object(fields.mapValues(JSON.string)),
            "requestContext": [
                "http": [
                    "method": .string(method), "path": .string(path), "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1", "userAgent": .string(fields["user-agent"] ?? ""),
                ],
                "requestId": .string(Identifier.random().description), "routeKey": "$default",
                "stage": "$default", "time": .string(now.description),
                "timeEpoch": .integer(now.seconds * 1000),
            ],
            "isBase64Encoded": false,
        ]
        if !body.isEmpty {
            let text = String(validating: body, as: UTF8.self)
            event["body"] = .string(text ?? Base64.standard.encode(body))
            event["isBase64Encoded"] = .bool(text == nil)
        }
        return .object(event)
    }
}
