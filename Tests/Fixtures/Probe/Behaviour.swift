import Base
import Crypto
import Function
import Glibc
import HTTP
import Store

/// The behaviour that a request asks of the probe.
///
///     echo                      the request as JSON (the default)
///     stream      bytes         a streamed body
///     bytes       bytes         the same body, not streamed
///     stream-fails bytes        a streamed body that fails after this number of bytes
///     stream-outage bytes       a streamed body that loses the database after this number of bytes
///     fails                     the handler throws
///     status      status        an empty JSON object with this status
///     field       name value    a response with this header field
///     big-headers bytes         a response with this number of bytes of header fields
///     wait-until  file [go]     answers, then appends a line to the file, once the file `go` exists
///     sleep       seconds
///     spin                      uses the processor without end
///     allocate    bytes         takes and touches memory
///     exit        status
///     crash       how           trap, or a signal's number
///     log         lines         lines in the log, with the request id
///     stderr      text          text on standard error that is no log line
struct Behaviour {
    private struct Fault: Error {}

    private let context: PublicContext
    private let query: Query

    init(_ context: PublicContext) throws(HTTPError) {
        guard let query = Query(context.request.queryString) else {
            throw .badRequest("The query string is malformed.")
        }
        self.context = context
        self.query = query
    }

    private func text(_ name: String) -> String { query.values(name).first ?? "" }
    private func number(_ name: String) -> Int { Int(text(name)) ?? 0 }

    func respond() throws -> Response {
        switch text("do") {
        case "stream": return stream(failure: nil)
        case "stream-fails": return stream(failure: Fault())
        case "stream-outage": return stream(failure: StoreError.unreachable("planted"))
        case "bytes":
            var body: [UInt8] = []
            try Filler.send(number("bytes")) { body.append(contentsOf: $0) }
            return Response(
                status: 200, headers: ["Content-Type": "application/octet-stream"], body: .bytes(body))
        case "fails": throw Fault()
        case "status": return .json(status: number("status")) { _ in }
        case "field":
            var response = done
            response.headers.add(text("name"), text("value"))
            return response
        case "big-headers":
            var response = done
            for field in 0..<number("bytes") / 1_000 {
                response.headers.add("X-Filler-\(field)", String(repeating: "x", count: 1_000))
            }
            return response
        case "wait-until": return waitUntil()
        case "sleep":
            sleep(UInt32(number("seconds")))
            return done
        case "spin": while true {}
        case "allocate":
            let bytes = [UInt8](repeating: 1, count: number("bytes"))
            return .json { $0.field("sum", bytes.reduce(0) { $0 &+ Int($1) }) }
        case "exit": exit(Int32(number("status")))
        case "crash": return crash()
        case "log":
            for line in 0..<number("lines") { context.log.write(.info, "line \(line)") }
            return done
        case "stderr":
            let text = text("text")
            _ = write(STDERR_FILENO, text, text.utf8.count)
            return done
        default: return echo()
        }
    }

    private var done: Response { .json { $0.field("done", true) } }

    private func stream(failure: (any Error)?) -> Response {
        .stream(contentType: "application/octet-stream") { send in
            try Filler.send(number("bytes"), send)
            if let failure { throw failure }
        }
    }

    private func waitUntil() -> Response {
        context.waitUntil {
            let go = text("go")
            // The wait is limited: a failed test must not leave a process behind.
            for _ in 0..<15_000 where !go.isEmpty && access(go, F_OK) != 0 { usleep(1_000) }
            guard let file = fopen(text("file"), "a") else { throw Fault() }
            fputs("done on descriptor \(fileno(file))\n", file)
            fclose(file)
        }
        return done
    }

    private func crash() -> Response {
        guard text("how") != "trap" else { fatalError("the probe was asked to trap") }
        kill(getpid(), Int32(number("how")))
        return done
    }

    private func echo() -> Response {
        let request = context.request
        guard case .bytes(let body) = request.body else { return done }
        return .json { json in
            json.field("method", request.method.rawValue)
            json.field("path", request.path)
            json.field("query", request.queryString)
            json.field("peer", request.peerAddress)
            json.field("length", body.count)
            json.field("sha256", SHA256.hexadecimal(body))
            json.field("process", Int(getpid()))
            json.field("trace", ifPresent: Environment.process["_X_AMZN_TRACE_ID"])
            json.name("headers")
            json.object { json in
                var names: Set<String> = []
                for field in request.headers.fields where names.insert(field.name.lowercased()).inserted {
                    json.field(field.name.lowercased(), request.headers[field.name])
                }
            }
        }
    }
}

/// The bodies that the probe makes: they contain every byte value, are not UTF-8, and have no two equal blocks.
enum Filler {
    private static let blockLength = 65_536

    /// Sends `count` bytes, a block at a time.
    static func send(_ count: Int, _ send: Response.Sink) throws {
        var sent = 0
        while sent < count {
            let block = sent / blockLength
            let bytes = (0..<min(blockLength, count - sent)).map { UInt8(truncatingIfNeeded: ~($0 ^ $0 >> 8) ^ block) }
            try bytes.withUnsafeBytes(send)
            sent += bytes.count
        }
    }
}
