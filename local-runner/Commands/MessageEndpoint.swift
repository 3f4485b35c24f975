import Base
import Glibc
import HTTP
import Upstream

/// The place where messages are answered: POST /api/mcp on this machine or on a server.
protocol MessageEndpoint {
    /// Sends a message. Returns the status and the body of the response.
    ///
    /// - Throws: `Failure` if there is no response. Its text is a sentence.
    func send(_ message: [UInt8], _ fields: [(name: String, value: String)]) throws(Failure) -> (Int, [UInt8])
}

/// The function on this machine. Each message runs it once.
struct LocalEndpoint: MessageEndpoint {
    private let function: FunctionConfiguration
    private let folder: String
    private let key: Secret

    /// - Throws: `Failure` if there is no such function, or no key.
    init(_ project: Project, _ key: Secret?) throws {
        let configuration = try project.configuration(needsSecrets: true)
        guard let function = configuration.functions.first(where: { $0.route == "/api/mcp" }) else {
            throw Failure("the configuration has no function at /api/mcp")
        }
        guard let key = key ?? DevState.apiKeys(in: project.stateFile)["write"].map({ Secret($0) }) else {
            throw Failure("there is no API key; set THALIAN_API_KEY, or start local-runner dev once, which makes keys")
        }
        self.function = function
        self.key = key
        folder = try project.functionsFolder
    }

    func send(_ message: [UInt8], _ fields: [(name: String, value: String)]) throws(Failure) -> (Int, [UInt8]) {
        let event = key.reveal { key in
            RequestEvent.make(
                method: "POST", target: function.route, headers: fields + [(name: "X-Api-Key", value: key)],
                body: message)
        }
        let outcome = OneShot.run(
            function, event: JSONWriter.bytes(event), functionsDirectory: folder, log: RunnerLog())
        switch outcome {
        case .answered(let bytes):
            guard let response = try? JSON(parsing: bytes), let status = response["statusCode"]?.integer else {
                throw Failure("The function wrote no valid response.")
            }
            let text = response["body"]?.string ?? ""
            return (status, response["isBase64Encoded"] == true ? Base64.standard.decode(text) ?? [] : Array(text.utf8))
        case .timedOut: throw Failure("The function exceeded its time limit.")
        case .tooLarge: throw Failure("The function's response is too long.")
        case .failed(let status, _): throw Failure("The function ended with status \(status) without a response.")
        case .notStarted(let code):
            throw Failure("The function can't be started: \(String(cString: strerror(code))). Is it built?")
        }
    }
}

/// A server, by HTTP.
struct RemoteEndpoint: MessageEndpoint {
    /// The longest time for one message, in seconds.
    private static let seconds = 120.0

    private let url: UpstreamURL
    private let client: UpstreamClient
    private let key: Secret

    /// - Throws: `UsageError` if `text` is not a URL with https, or with http and an address of this machine. The error
    ///   does not repeat the text, because it may contain a password.
    init(_ text: String, _ key: Secret) throws {
        guard let url = UpstreamURL(text) else {
            throw UsageError("--url must be a URL such as https://app.thalian.ai, without a user name and a password")
        }
        let isLocal = ["127.0.0.1", "localhost", "[::1]"].contains(url.host)
        guard url.scheme == .https || isLocal else {
            throw UsageError("--url must begin with https://, so that the key is not sent in the clear")
        }
        // UpstreamClient connects to this machine, and without TLS, only by a variable for development.
        let environment =
            url.scheme == .https
            ? Environment.process : Environment(["ENVIRONMENT": "development", "UPSTREAM_THALIAN": url.origin])
        var limits = UpstreamClient.Limits()
        limits.total = Self.seconds
        client = try UpstreamClient(
            "thalian", environment, isSelfHosted: true, limits: limits, seconds: Self.seconds)
        self.url = url.target == "/" ? url.appending("/api/mcp") : url
        self.key = key
    }

    func send(_ message: [UInt8], _ fields: [(name: String, value: String)]) throws(Failure) -> (Int, [UInt8]) {
        var request = UpstreamRequest(.post, url)
        for field in fields where field.name != "Content-Type" { request.headers.add(field.name, field.value) }
        key.reveal { request.headers.add("X-Api-Key", $0) }
        request.setBody(message, "application/json")
        request.isRetried = false
        client.deadline = UpstreamClient.now + Self.seconds
        do {
            let response = try client.send(request)
            return (response.status, response.body)
        } catch {
            let problem =
                switch error {
                case .unreachable: "can't be reached"
                case .throttled(let seconds): "asks to wait \(seconds) seconds"
                case .refused, .proxyRefused, .broken, .tooLarge: "gave no response: \(error)"
                }
            throw Failure("The server at \(url.authority) \(problem).")
        }
    }
}
