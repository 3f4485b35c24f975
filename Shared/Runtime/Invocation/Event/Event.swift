import Base
import HTTP

/// Serves one event: a Lambda Function URL event (payload 2.0) or an EventBridge scheduled event.
enum Event {
    /// A service's response to an event.
    struct Answer {
        let response: Response
        /// True if the event came from a scheduler and the run failed. The platform must learn of the failure, since no
        /// client reads the response's status.
        let isFailedRun: Bool
        /// True if the event came from a scheduler.
        var isScheduled = false
    }

    /// The values of `source` in scheduled events: from rules of EventBridge, and from EventBridge Scheduler.
    private static let schedulers = ["aws.events", "aws.scheduler"]

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

    /// Writes the response to the event in `bytes` to standard output, and does the work that follows it. Returns the
    /// exit status: 1 if no response could be written or if a scheduled run failed, otherwise 0.
    static func run(_ service: some Service, _ bytes: [UInt8], _ environment: Environment) -> Int32 {
        Process.limitCPU(environment)
        let answer = answer(service, to: bytes)
        let status = send(answer.response)
        return answer.isFailedRun ? 1 : status
    }

    private static func send(_ response: Response) -> Int32 {
        do {
            try Descriptor.standardOutput.write(encode(response) + [UInt8(ascii: "\n")])
            Descriptor.standardOutput.finish()
            response.background.forEach { $0() }
            return 0
        } catch {
            return 1
        }
    }

    /// Encodes a response. If its streamed body fails, encodes the error instead: no part of the response has been sent
    /// yet.
    static func encode(_ response: Response) throws -> [UInt8] {
        do {
            return try EventResponse.encode(response)
        } catch {
            let refusal = error as? HTTPError ?? .internal
            return try EventResponse.encode(refusal.refusal(requestID: response.headers["X-Request-Id"]))
        }
    }

    /// Returns the service's response to the event in `bytes`, or 400 if it is not a supported event. `deadline` is the
    /// time at which the platform ends a scheduled run.
    static func answer(
        _ service: some Service, to bytes: [UInt8], deadline: ContinuousClock.Instant? = nil
    ) -> Answer {
        guard let event = try? JSON(parsing: bytes) else {
            return refusal(of: HTTPError.badRequest("The event is not JSON."), by: service)
        }
        if event["detail-type"]?.string == "Scheduled Event", schedulers.contains(event["source"]?.string ?? "") {
            let time = event["time"]?.string.flatMap { Timestamp($0) }
            let response = service.respond(to: ScheduledEvent(time: time ?? .now, deadline: deadline))
            return Answer(response: response, isFailedRun: response.status >= 400, isScheduled: true)
        }
        do {
            let request = try EventRequest.decode(event, maximumBodyLength: service.maximumBodyLength)
            return Answer(response: service.respond(to: request), isFailedRun: false)
        } catch {
            return refusal(of: error, by: service)
        }
    }

    /// Returns the answer to input that is no supported event. The platform must learn of it if a schedule runs the
    /// service.
    private static func refusal(of error: HTTPError, by service: some Service) -> Answer {
        guard service.isScheduled else { return Answer(response: error.refusal(), isFailedRun: false) }
        let sentence = """
            A schedule runs this function. It needs an event such as {"source":"aws.events","detail-type":"Scheduled \
            Event"}.
            """
        return Answer(response: HTTPError.badRequest(sentence).refusal(), isFailedRun: true)
    }
}
