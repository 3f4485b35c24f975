import Glibc
import HTTP

/// An HTTP/1.1 client of the Lambda Runtime API, which is always at a local address. It keeps one connection, and has
/// no timeouts, because the process may be frozen while it waits.
final class RuntimeAPIClient {
    /// A response of the API.
    struct Answer {
        var status: Int
        var headers: Headers
        var body: [UInt8]
    }

    enum Failure: Error, CustomStringConvertible {
        /// AWS_LAMBDA_RUNTIME_API is not an IPv4 address or localhost, optionally followed by a colon and a port.
        case malformedAddress
        case cannotConnect
        case malformedAnswer
        case unexpectedAnswer(Int)

        var description: String {
            switch self {
            case .malformedAddress: "AWS_LAMBDA_RUNTIME_API is not an IPv4 address and a port"
            case .cannotConnect: "it can't be reached"
            case .malformedAnswer: "its response is not valid HTTP"
            case .unexpectedAnswer(let status): "its response has the unexpected status \(status)"
            }
        }
    }

    private let host: String
    private var address = sockaddr_in()
    private var descriptor: Descriptor?

    init(_ api: String) throws {
        host = api
        let parts = api.split(separator: ":")
        guard parts.count <= 2, let name = parts.first, let port = parts.count == 2 ? UInt16(parts[1]) : 80,
            inet_pton(AF_INET, name == "localhost" ? "127.0.0.1" : String(name), &address.sin_addr) == 1
        else { throw Failure.malformedAddress }
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
    }

    deinit { descriptor?.close() }

    func get(_ path: String) throws -> Answer {
        try exchange { try $0.write(head("GET", path, [:])) }
    }

    func post(_ path: String, _ headers: Headers = [:], body: [UInt8]) throws -> Answer {
        var headers = headers
        headers.add("Content-Length", String(body.count))
        return try exchange { try $0.write(head("POST", path, headers) + body) }
    }

    /// Sends a POST whose body is produced by `body`, in chunks (RFC 9112 §7.1). If `body` throws, the request ends
    /// with a trailer that reports a failure, unless the connection is closed.
    func postStream(_ path: String, _ headers: Headers, _ body: (Response.Sink) throws -> Void) throws -> Answer {
        var headers = headers
        headers.add("Transfer-Encoding", "chunked")
        headers.add("Trailer", "Lambda-Runtime-Function-Error-Type")
        return try exchange { descriptor in
            try descriptor.write(head("POST", path, headers))
            var trailer = ""
            do {
                try body { part in
                    guard !part.isEmpty else { return }
                    let size = Array((String(part.count, radix: 16) + "\r\n").utf8)
                    try descriptor.write(size + part + Array("\r\n".utf8))
                }
            } catch let closed as Descriptor.Closed {
                throw closed
            } catch {
                trailer = "Lambda-Runtime-Function-Error-Type: Function.StreamFailed\r\n"
            }
            try descriptor.write(Array("0\r\n\(trailer)\r\n".utf8))
        }
    }

    private func head(_ method: String, _ path: String, _ headers: Headers) -> [UInt8] {
        var text = "\(method) /2018-06-01\(path) HTTP/1.1\r\nHost: \(host)\r\nUser-Agent: thalian\r\n"
        for field in headers.fields { text += "\(field.name): \(field.value)\r\n" }
        return Array((text + "\r\n").utf8)
    }

    private func exchange(_ send: (Descriptor) throws -> Void) throws -> Answer {
        let descriptor = try connected()
        do {
            try send(descriptor)
            var reader = AnswerReader(descriptor)
            let answer = try reader.read()
            if answer.headers["Connection"] == "close" { disconnect() }
            return answer
        } catch {
            disconnect()
            throw error
        }
    }

    private func connected() throws -> Descriptor {
        if let descriptor { return descriptor }
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard number >= 0 else { throw Failure.cannotConnect }
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(number, $0, length) }
        }
        guard result == 0 else {
            close(number)
            throw Failure.cannotConnect
        }
        let opened = Descriptor(number: number)
        descriptor = opened
        return opened
    }

    private func disconnect() {
        descriptor?.close()
        descriptor = nil
    }
}
