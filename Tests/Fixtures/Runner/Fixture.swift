import Base
import CSystem
import Crypto
import Glibc
import HTTP
import Invocation

/// A function that shows any fault: `?do=` names it, and `n` says how much of it.
@main
struct Fixture: Service {
    let maximumBodyLength = 16 << 20

    static func main() { exit(serve(Fixture())) }

    func warmUp() {}

    func respond(to event: ScheduledEvent) -> Response {
        Log().write(.info, "scheduled")
        if let milliseconds = Environment.process["FIXTURE_SLEEP"].flatMap({ UInt32($0) }) {
            usleep(milliseconds * 1_000)
        }
        return .json { $0.field("time", event.time) }
    }

    func respond(to request: Request) -> Response {
        let query = Query(request.queryString)
        let number = query?.values("n").first.flatMap { Int($0) } ?? 0
        switch query?.values("do").first {
        case "sleep":
            usleep(UInt32(number) * 1_000)
            return hello
        case "exit": _exit(Int32(number))
        case "crash":
            kill(getpid(), SIGKILL)
            return hello
        case "bytes":
            return Response(
                status: 200, headers: ["Content-Type": "text/plain"], body: .bytes(filler(number)))
        case "stream": return stream(bytes: number, endsEarly: false)
        case "partial": return stream(bytes: number, endsEarly: true)
        case "stall":
            return .stream(contentType: "text/plain") { sink in
                try filler(number).withUnsafeBytes(sink)
                sleep(60)
            }
        case "later":
            var response = hello
            response.background = [{ usleep(UInt32(number) * 1_000) }]
            return response
        case "log":
            let id = request.headers["x-request-id"] ?? ""
            for line in 0..<number { Log([("request_id", id)]).write(.info, "line \(line) of \(id)") }
            if let milliseconds = query?.values("sleep").first.flatMap({ UInt32($0) }) { usleep(milliseconds * 1_000) }
            return hello
        // Reports calls of a provider and a sync, as functions do.
        case "count":
            Log().write(
                .info, "calls of a provider",
                [("counter", "upstream_requests"), ("platform", "okta"), ("statuses", ["200": 3, "unreachable": 1])])
            Log().write(
                .info, "a sync ended", [("counter", "syncs"), ("platform", "okta"), ("result", "completed")])
            return hello
        // Answers, and dies a moment later.
        case "doomed":
            usleep(UInt32(number) * 1_000)
            ualarm(5_000, 0)
            return hello
        // Writes to standard error without a line break, and dies.
        case "mutter":
            let text = "the last words of \(request.headers["x-request-id"] ?? "")"
            _ = write(STDERR_FILENO, text, text.utf8.count)
            _exit(Int32(number))
        // Starts processes that outlive their parent for a moment and that no process waits for.
        case "orphans":
            for _ in 0..<number where csystem_fork() == 0 {
                if csystem_fork() == 0 { usleep(50_000) }
                _exit(0)
            }
            while waitpid(-1, nil, 0) > 0 {}
            return hello
        case "sum":
            guard case .bytes(let body) = request.body else { return hello }
            return .json { json in
                json.field("length", body.count)
                json.field("sum", SHA256.hexadecimal(body))
            }
        case "descriptors":
            let open = (0..<1_024 as Range<Int32>).filter { fcntl($0, F_GETFD) >= 0 }
            return .json { $0.field("open", open.map(String.init).joined(separator: " ")) }
        case "status": return Response(status: number, headers: [:], body: .bytes([]))
        case "echo": return echo(request)
        default: return hello
        }
    }

    private var hello: Response { .json { $0.field("process", Int(getpid())) } }

    private func filler(_ count: Int) -> [UInt8] { [UInt8](repeating: UInt8(ascii: "x"), count: count) }

    private func stream(bytes: Int, endsEarly: Bool) -> Response {
        .stream(contentType: "text/plain") { sink in
            var rest = bytes
            while rest > 0 {
                try filler(min(rest, 60_000)).withUnsafeBytes(sink)
                rest -= 60_000
            }
            if endsEarly { _exit(3) }
        }
    }

    private func echo(_ request: Request) -> Response {
        guard case .bytes(let body) = request.body else {
            return .json(status: 413) { $0.field("error", "large") }
        }
        return .json { json in
            json.field("method", request.method.rawValue)
            json.field("path", request.path)
            json.field("query", request.queryString)
            json.field("peer", request.peerAddress)
            json.field("length", body.count)
            json.field("body", String(decoding: body.prefix(1_000), as: UTF8.self))
            json.name("headers")
            json.object { json in
                for field in request.headers.fields { json.field(field.name, field.value) }
            }
        }
    }
}
