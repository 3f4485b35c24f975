import Base
import HTTP
import Invocation

/// Answers each request with the length of its body, or with 413 if it is too long. Tests/fuzz uses it too.
struct Echo: Service {
    var maximumBodyLength: Int { 64 }
    func respond(to request: Request) -> Response {
        guard case .bytes(let bytes) = request.body else { return HTTPError(413, "Too long.").response }
        return .json { $0.field("length", bytes.count) }
    }
    func respond(to event: ScheduledEvent) -> Response { .json { $0.field("time", event.time) } }
    func warmUp() {}
}
