import Base
import HTTP

/// What a function is to the ways in: something that answers requests.
public protocol Service {
    /// Bodies longer than this many bytes are not kept.
    var maximumBodyLength: Int { get }

    /// Answers one request.
    func respond(to request: Request) -> Response

    /// Does the work that is due at `event`.
    func respond(to event: ScheduledEvent) -> Response

    /// Does once what every request would do, so that processes forked from this one need not.
    func warmUp()
}

/// A cron trigger's event, in the shape of an EventBridge scheduled event.
public struct ScheduledEvent: Sendable {
    /// When it was due.
    public let time: Timestamp

    /// An event that was due at `time`.
    public init(time: Timestamp) { self.time = time }
}

/// How a process was called. One binary finds out by itself.
public enum WayIn: Equatable {
    /// AWS Lambda's custom runtime, whose API is at this host and port.
    case lambda(runtimeAPI: String)
    /// CGI/1.1 (RFC 3875).
    case cgi
    /// A FastCGI responder: descriptor 0 is a listening socket.
    case fastCGI
    /// One event, these bytes of a variable's value.
    case event([UInt8])
    /// OpenFaaS's classic watchdog.
    case watchdog
    /// One event on standard input.
    case standardInput

    /// How this process was called.
    public static func detect(_ environment: Environment, descriptorIsListening: () -> Bool) -> WayIn {
        if let api = environment["AWS_LAMBDA_RUNTIME_API"] { return .lambda(runtimeAPI: api) }
        if environment["GATEWAY_INTERFACE"] != nil { return .cgi }
        if descriptorIsListening() { return .fastCGI }
        if let event = environment.bytes("FUNCTION_EVENT") { return .event(event) }
        if environment["Http_Method"] != nil { return .watchdog }
        return .standardInput
    }
}

/// Serves the request or the requests that this process was called for; the result is its exit status.
///
/// With the argument `--version` it prints the libraries that the executable contains instead. A web server that passes a
/// query string as CGI arguments (RFC 3875 §4.4) can't bring that about: only a process that was called for no request in
/// any other way looks at its arguments.
public func serve(_ service: some Service, _ environment: Environment = .process) -> Int32 {
    Process.ignoreSignalsOfWrites()
    switch WayIn.detect(environment, descriptorIsListening: { Descriptor.standardInput.isListening }) {
    case .lambda(let api): return LambdaRuntime(service, api: api).run()
    case .cgi: return CGI(service, environment).run()
    case .fastCGI: return FastCGIServer(service, environment).run()
    case .event(let bytes): return Event.run(service, bytes, environment)
    case .watchdog: return Watchdog(service, environment).run()
    case .standardInput where ProgramArguments.all.dropFirst() == ["--version"]:
        print(Components.lines.joined(separator: "\n"))
        return 0
    case .standardInput: return Event.runFromStandardInput(service, environment)
    }
}
