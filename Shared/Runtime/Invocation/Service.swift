public import Base
public import HTTP

/// A function, as seen by the ways of invocation: it answers requests and events.
public protocol Service {
    /// The length of the longest request body that is kept, in bytes.
    var maximumBodyLength: Int { get }

    /// True if only a schedule runs the service. An event that is none of a schedule is then a failed run.
    var isScheduled: Bool { get }

    /// Answers one request.
    func respond(to request: Request) -> Response

    /// Does the scheduled work that is due at the time of `event`. A service without a schedule answers 404.
    func respond(to event: ScheduledEvent) -> Response

    /// Returns the function's part of the OpenAPI document.
    func declaration() -> JSON

    /// Does everything that the first request would set up, so that processes forked from this one need not do it.
    func warmUp()
}

extension Service {
    public var isScheduled: Bool { false }

    /// Returns an empty object: the function has no route.
    public func declaration() -> JSON { [:] }
}

/// The event of a cron trigger, as EventBridge sends it.
public struct ScheduledEvent: Sendable {
    /// The time at which the work was due, or, if the event does not state it, at which the event arrived.
    public let time: Timestamp
    /// The time at which the platform ends the run. Nil if the platform does not state one.
    public let deadline: ContinuousClock.Instant?

    /// Creates an event for work that was due at `time`.
    public init(time: Timestamp, deadline: ContinuousClock.Instant? = nil) {
        (self.time, self.deadline) = (time, deadline)
    }
}

/// The way in which a process was invoked. Each executable supports all of these ways, and detects which one applies.
public enum WayIn: Equatable {
    /// AWS Lambda's custom runtime, whose Runtime API is at this host and port.
    case lambda(runtimeAPI: String)
    /// CGI/1.1 (RFC 3875).
    case cgi
    /// FastCGI, in the responder role: descriptor 0 is a listening socket.
    case fastCGI
    /// One event, given as the bytes of the variable FUNCTION_EVENT.
    case event([UInt8])
    /// OpenFaaS's classic watchdog.
    case watchdog
    /// One event on standard input.
    case standardInput

    /// Returns the way in which this process was invoked, by its variables and by the kind of descriptor 0.
    public static func detect(_ environment: Environment, descriptorIsListening: () -> Bool) -> WayIn {
        if let api = environment["AWS_LAMBDA_RUNTIME_API"] { return .lambda(runtimeAPI: api) }
        if environment["GATEWAY_INTERFACE"] != nil { return .cgi }
        if descriptorIsListening() { return .fastCGI }
        if let event = environment.bytes("FUNCTION_EVENT") { return .event(event) }
        if environment["Http_Method"] != nil { return .watchdog }
        return .standardInput
    }
}

/// Serves the request or the requests that this process was started for. Returns the exit status.
///
/// With the argument `--version` and no request, it prints the libraries that the executable contains; with
/// `--describe`, the function's part of the OpenAPI document. It refuses other arguments. A web server that passes a
/// query string as CGI arguments (RFC 3875 §4.4) can't trigger this, because the arguments are read only if no other
/// way of invocation applies.
public func serve(_ service: some Service, _ environment: Environment = .process) -> Int32 {
    Process.ignoreSignalsOfWrites()
    switch WayIn.detect(environment, descriptorIsListening: { Descriptor.standardInput.isListening }) {
    case .lambda(let api): return LambdaRuntime(service, api: api, environment).run()
    case .cgi: return CGI(service, environment).run()
    case .fastCGI: return FastCGIServer(service, environment).run()
    case .event(let bytes): return Event.run(service, bytes, environment)
    case .watchdog: return Watchdog(service, environment).run()
    case .standardInput where ProgramArguments.all.dropFirst() == ["--version"]:
        print(Components.lines.joined(separator: "\n"))
        return 0
    case .standardInput where ProgramArguments.all.dropFirst() == ["--describe"]:
        print(String(decoding: JSONWriter.bytes(service.declaration()), as: UTF8.self))
        return 0
    case .standardInput where ProgramArguments.all.count > 1:
        let program = ProgramArguments.all.first ?? ""
        let usage = """
            \(ProgramArguments.all.dropFirst().joined(separator: " ")): unexpected arguments

            Usage: \(program) <EVENT.json    answers an event on standard input
                   \(program) --describe     prints the function's part of the OpenAPI document
                   \(program) --version      prints the libraries that the executable contains
            """
        let lines = usage.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).harmless + "\n" }
        try? Descriptor.standardError.write(Array(lines.joined().utf8))
        return 2
    case .standardInput: return Event.runFromStandardInput(service, environment)
    }
}
