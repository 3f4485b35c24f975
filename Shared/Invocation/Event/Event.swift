import Base
import HTTP

/// One event in, one response out: the Lambda Function URL payload 2.0, or an EventBridge scheduled event.
enum Event {
    /// Answers the event on standard input.
    static func runFromStandardInput(_ service: some Service, _ environment: Environment) -> Int32 {
        // The limit is that of the decoded body. JSON needs six bytes for one at most (\u0001); header fields and the rest fit
        // into a mebibyte.
        let limit = service.maximumBodyLength * 6 + (1 << 20)
        guard let bytes = try? Descriptor.standardInput.readAll(limit: limit) else { return 1 }
        guard bytes.count <= limit else {
            return send(HTTPError(413, "The event is too large.").refusal())
        }
        return run(service, bytes, environment)
    }

    /// Answers the event in `bytes` on standard output.
    static func run(_ service: some Service, _ bytes: [UInt8], _ environment: Environment) -> Int32 {
        Process.limitCPU(environment)
        return send(respond(service, to: bytes))
    }

    private static func send(_ response: Response) -> Int32 {
        do {
            try Descriptor.standardOutput.write(encode(response) + [UInt8(ascii: "\n")])
            Descriptor.standardOutput.finish()
            response.afterwards.forEach { $0() }
            return 0
        } catch {
            return 1
        }
    }

    /// A streamed body that fails has sent nothing yet, so that its error can still be told.
    private static func encode(_ response: Response) throws -> [UInt8] {
        do {
            return try EventResponse.encode(response)
        } catch {
            let refusal = error as? HTTPError ?? .internal
            return try EventResponse.encode(refusal.refusal(requestID: response.headers["X-Request-Id"]))
        }
    }

    /// What the service answers to the event in `bytes`; 400 when it is none.
    static func respond(_ service: some Service, to bytes: [UInt8]) -> Response {
        guard let event = try? JSON(parsing: bytes) else {
            return HTTPError.badRequest("The event is not JSON.").refusal()
        }
        if event["detail-type"]?.string == "Scheduled Event", event["source"]?.string == "aws.events" {
            let time = event["time"]?.string.flatMap { Timestamp($0) }
            return service.respond(to: ScheduledEvent(time: time ?? .now))
        }
        do {
            return service.respond(to: try EventRequest.decode(event, maximumBodyLength: service.maximumBodyLength))
        } catch {
            return error.refusal()
        }
    }
}
