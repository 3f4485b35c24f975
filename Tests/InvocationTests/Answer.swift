import Base
import Foundation
import TestSupport
import Testing

/// A function's response, from any of the forms in which it is sent.
struct Answer {
    /// The status code; nil if this way of invocation has none.
    var status: Int?
    var fields: [(name: String, value: String)] = []
    var body: [UInt8]

    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    /// Returns the value of a field. Throws unless the field occurs exactly once.
    func field(_ name: String) throws -> String {
        let values = fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
        guard values.count == 1 else { throw Malformed(description: "\(name) is there \(values.count) times") }
        return values[0]
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// A member of the body; nil if the body is not a JSON object or lacks the member.
    subscript(name: String) -> JSON? { (try? JSON(parsing: body))?[name] }
}

extension Answer {
    /// Reads one response event as the function prints it: one line, and nothing else.
    init(event bytes: [UInt8]) throws {
        guard bytes.last == UInt8(ascii: "\n"), !bytes.dropLast().contains(UInt8(ascii: "\n")) else {
            throw Malformed(description: "not one line: \(String(decoding: bytes.prefix(500), as: UTF8.self))")
        }
        try self.init(json: JSON(parsing: bytes))
    }

    /// Reads a response event.
    init(json: JSON) throws {
        guard let status = json["statusCode"]?.integer, let headers = json["headers"]?.object,
            let text = json["body"]?.string, let isBase64 = json["isBase64Encoded"]?.bool,
            json.object?.count == 4
        else { throw Malformed(description: "not a response event") }
        guard let body = isBase64 ? Data(base64Encoded: text).map({ [UInt8]($0) }) : Array(text.utf8) else {
            throw Malformed(description: "not base 64")
        }
        self.init(
            status: status,
            fields: try headers.map { name, value in
                guard let value = value.string else { throw Malformed(description: "\(name) is not a string") }
                return (name: name, value: value)
            }, body: body)
    }

    /// Reads a CGI response (RFC 3875 §6).
    init(cgi bytes: [UInt8]) throws {
        let data = Data(bytes)
        guard let end = data.firstRange(of: Data("\r\n\r\n".utf8)) else {
            throw Malformed(description: "no empty line: \(String(decoding: bytes.prefix(500), as: UTF8.self))")
        }
        self.init(status: 200, body: [UInt8](data[end.upperBound...]))
        for line in String(decoding: data[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n") {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].wholeMatch(of: /[A-Za-z0-9-]+/) != nil, parts[1].hasPrefix(" ") else {
                throw Malformed(description: "not a field: \(line)")
            }
            let value = String(parts[1].dropFirst())
            if parts[0] == "Status" {
                guard let code = value.wholeMatch(of: /([1-5][0-9][0-9]) .+/) else {
                    throw Malformed(description: "not a status: \(value)")
                }
                status = Int(code.1)
            } else {
                fields.append((name: String(parts[0]), value: value))
            }
        }
    }
}

/// The fields that every response has with the same value.
private let securityHeaders = [
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Cache-Control": "no-store",
]

/// Expects the fields that every response has.
func expectSecured(_ answer: Answer, _ place: SourceLocation = #_sourceLocation) throws {
    for (name, value) in securityHeaders {
        #expect(try answer.field(name) == value, sourceLocation: place)
    }
    #expect(try (1...64).contains(answer.field("X-Request-Id").utf8.count), sourceLocation: place)
}

/// Expects an error of the documented shape, `{"error": "…"}`, with one short sentence and the fields of every
/// response.
func expectError(_ status: Int, _ answer: Answer, _ place: SourceLocation = #_sourceLocation) throws {
    let body = try JSON(parsing: answer.body)
    #expect(body.object?.count == 1, sourceLocation: place)
    let sentence = try #require(body["error"]?.string, sourceLocation: place)
    #expect(sentence.wholeMatch(of: /[A-Z][^\n]{5,120}\./) != nil, "\(sentence)", sourceLocation: place)
    // The watchdog's answer has no status and no fields.
    guard let got = answer.status else { return }
    #expect(got == status, "\(sentence)", sourceLocation: place)
    #expect(try answer.field("Content-Type") == "application/json", sourceLocation: place)
    #expect(try answer.field("Content-Length") == String(answer.body.count), sourceLocation: place)
    try expectSecured(answer, place)
}
