/// An HTTP/1.1 response.
public struct HTTPReply {
    /// The status code.
    public let status: Int
    /// The field lines, with names in lower case.
    public let fields: [(name: String, value: String)]
    /// The body, without the framing of chunks. A content coding is not undone.
    public var body: [UInt8] = []

    /// Returns the value of the first field with this name, which must be in lower case; nil if there is none.
    public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }
}

extension TCPClient {
    /// Sends a request and reads its response. `fields` are lines without their line ends.
    public func request(
        _ method: String, _ target: String, _ fields: [String] = [], body: String? = nil
    ) throws -> HTTPReply {
        var lines = ["\(method) \(target) HTTP/1.1", "Host: localhost"] + fields
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        try send(lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""))
        return try readReply(isHead: method == "HEAD")
    }

    /// Reads one response; `isHead` says that the request was a HEAD, whose response has no body.
    public func readReply(isHead: Bool = false) throws -> HTTPReply {
        guard let statusLine = try readLine(), statusLine.hasPrefix("HTTP/1.1 "),
            let status = Int(statusLine.dropFirst(9).prefix(3))
        else { throw Failure(description: "no status line") }
        var fields: [(name: String, value: String)] = []
        while let line = try readLine(), !line.isEmpty {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw Failure(description: "malformed field: \(line)") }
            fields.append((parts[0].lowercased(), parts[1].drop { $0 == " " }.description))
        }
        var reply = HTTPReply(status: status, fields: fields)
        guard !isHead, status >= 200, status != 204, status != 304 else { return reply }
        if reply["transfer-encoding"] == "chunked" {
            while true {
                guard let line = try readLine(), let size = Int(line, radix: 16) else {
                    throw Failure(description: "malformed chunk")
                }
                reply.body += try read(exactly: size)
                guard try readLine() == "" else { throw Failure(description: "malformed end of chunk") }
                if size == 0 { return reply }
            }
        }
        if let length = reply["content-length"].flatMap({ Int($0) }) {
            reply.body = try read(exactly: length)
        } else {
            reply.body = Array(try readToEnd().utf8)
        }
        return reply
    }
}
