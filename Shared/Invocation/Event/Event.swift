import Base
import HTTP

/// Serves one event: a Lambda Function URL event (payload 2.0) or an EventBridge scheduled event.
enum Event {
    /// Reads an event from standard input and writes the response to standard output. Returns the exit status.
    static func runFromStandardInput(_ service: some Service, _ environment: Environment) -> Int32 {
        // The body's limit applies to the decoded body. In JSON a byte takes at most six bytes (as in \u0001). One MiB
        // is added for the header fields and the rest of the event.
        let limit = service.maximumBodyLength * 6 + (1 << 20)
        guard let bytes = try? Descriptor.standardInput.readAll(limit: limit) else { return 1 }
        guard bytes.count <= limit else {
            return send(HTTPError(413, "The event is too large.").refusal())
        }
        return run(service, bytes, environment)
    }

    /// Writes the response to the event in `bytes` to standard output. Returns the exit status.
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

    /// Encodes a response. If a streamed body fails, nothing has been sent yet, so that the error can be sent instead.
    private static func encode(_ response: Response) throws -> [UInt8] {
        do {
            return try EventResponse.encode(response)
        } catch {
            let refusal = error as? HTTPError ?? .internal
            return try EventResponse.encode(refusal.refusal(requestID: response.headers["X-Request-Id"]))
        }
    }

    /// Returns the service's response to the event in `bytes`, or 400 if it is not a supported event.
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
