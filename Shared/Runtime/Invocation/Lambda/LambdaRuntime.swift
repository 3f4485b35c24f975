import Base
import Glibc
import HTTP

/// Serves AWS Lambda's custom runtime: requests one invocation after the other from the Runtime API.
///
/// A Function URL in the mode BUFFERED understands only whole responses, and one in the mode RESPONSE_STREAM only
/// streamed ones. An event does not tell the mode, so the variable FUNCTION_INVOKE_MODE does.
struct LambdaRuntime<S: Service> {
    private let service: S
    private let api: String
    /// True if the responses to requests are streamed. Those to scheduled events never are.
    private let streams: Bool

    init(_ service: S, api: String, _ environment: Environment) {
        self.service = service
        self.api = api
        streams = environment["FUNCTION_INVOKE_MODE"] == "RESPONSE_STREAM"
    }

    /// Serves invocations until the Runtime API fails. Returns the exit status, which is 1.
    func run() -> Int32 {
        do {
            let client = try RuntimeAPIClient(api)
            while true { try serveInvocation(client) }
        } catch {
            Log().write(.error, "the Lambda Runtime API failed: \(error)")
            return 1
        }
    }

    private func serveInvocation(_ client: RuntimeAPIClient) throws {
        let next = try client.get("/runtime/invocation/next")
        guard next.status == 200, let id = next.headers["Lambda-Runtime-Aws-Request-Id"] else {
            throw RuntimeAPIClient.Failure.unexpectedAnswer(next.status)
        }
        if let trace = next.headers["Lambda-Runtime-Trace-Id"] { setenv("_X_AMZN_TRACE_ID", trace, 1) }
        let answer = Event.answer(service, to: next.body, deadline: Self.deadline(next.headers))
        let response = answer.response
        guard !answer.isFailedRun else { return try report(response, of: id, client) }
        let path = "/runtime/invocation/\(id)/response"
        if streams, !answer.isScheduled {
            try check(
                try client.postStream(path, Self.streamHeaders) { send in
                    try Self.prelude(response).withUnsafeBytes(send)
                    switch response.body {
                    case .bytes(let bytes): try bytes.withUnsafeBytes(send)
                    case .stream(let body): try body(send)
                    }
                }, for: id, client)
        } else {
            try check(try client.post(path, body: try Event.encode(response)), for: id, client)
        }
        response.background.forEach { $0() }
    }

    /// Returns the time at which Lambda ends an invocation: Lambda-Runtime-Deadline-Ms, in milliseconds since 1970.
    /// Returns nil if the field is missing or malformed.
    private static func deadline(_ headers: Headers) -> ContinuousClock.Instant? {
        guard let text = headers["Lambda-Runtime-Deadline-Ms"], let milliseconds = Int(text) else { return nil }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let left = Double(milliseconds) / 1_000 - Double(now.tv_sec) - Double(now.tv_nsec) / 1_000_000_000
        return .now + .seconds(left)
    }

    /// Reports a scheduled run that failed as the invocation's error. Lambda then counts the failure, and as configured
    /// tries the event again or passes it to the destination for failures. A response would count as a success,
    /// whatever its status.
    private func report(_ response: Response, of id: String, _ client: RuntimeAPIClient) throws {
        var sentence = "The scheduled run failed."
        if case .bytes(let body) = response.body, let text = (try? JSON(parsing: body))?["error"]?.string {
            sentence = text
        }
        let type = "Function.ScheduledRunFailed"
        let error: JSON = ["errorMessage": .string(sentence), "errorType": .string(type)]
        let answer = try client.post(
            "/runtime/invocation/\(id)/error", ["Lambda-Runtime-Function-Error-Type": type],
            body: JSONWriter.bytes(error))
        guard (200..<500).contains(answer.status) else {
            throw RuntimeAPIClient.Failure.unexpectedAnswer(answer.status)
        }
        response.background.forEach { $0() }
    }

    /// Checks the API's answer to a response. A status of 2xx means success. If the API refuses the response (4xx; 413
    /// means that it is too large), this reports an error for the invocation instead. Throws for every other status.
    private func check(
        _ answer: RuntimeAPIClient.Answer, for id: String, _ client: RuntimeAPIClient
    ) throws {
        switch answer.status {
        case 200..<300: return
        case 400..<500:
            let error: JSON = [
                "errorMessage": "The response was refused.", "errorType": "Runtime.ResponseRefused",
            ]
            _ = try client.post(
                "/runtime/invocation/\(id)/error", ["Lambda-Runtime-Function-Error-Type": "Runtime.ResponseRefused"],
                body: JSONWriter.bytes(error))
        default: throw RuntimeAPIClient.Failure.unexpectedAnswer(answer.status)
        }
    }

    private static var streamHeaders: Headers {
        [
            "Lambda-Runtime-Function-Response-Mode": "streaming",
            "Content-Type": "application/vnd.awslambda.http-integration-response",
        ]
    }

    /// Returns the prelude of a streamed response: the status and header fields as JSON, and then eight NUL bytes. The
    /// body follows after it.
    private static func prelude(_ response: Response) -> [UInt8] {
        var json = JSONWriter()
        json.object { EventResponse.writeHead(response, to: &$0) }
        return json.bytes + [UInt8](repeating: 0, count: 8)
    }
}
