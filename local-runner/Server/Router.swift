import Base
import HTTP

/// A path, its methods, and the function that serves them.
final class Route {
    let pool: FunctionPool
    /// The path without a slash at the end.
    let path: [UInt8]
    /// The value of Allow: the sorted methods, with OPTIONS, and with HEAD if GET is among them.
    let allow: [UInt8]
    /// The CGI variables that all requests of the route have in common, in FastCGI's encoding.
    let constantParameters: [UInt8]
    private let methods: [[UInt8]]
    private let credentials: Credentials?
    /// The origins whose pages may call the function. The function itself adds the fields of CORS to its responses.
    private let origins: AllowedOrigins?

    init(_ pool: FunctionPool, listen: ListenAddress) {
        self.pool = pool
        let function = pool.program.function
        path = Array(function.route.utf8)
        credentials = function.credentials
        let variables = function.environment.filter { $0.name == AllowedOrigins.variable }
        let values = variables.map { ($0.name, $0.value.reveal { $0 }) }
        // The start of the runner has checked the value.
        origins = try? AllowedOrigins(Environment(Dictionary(values) { $1 }))
        var names = Set(function.methods)
        if names.contains("GET") { names.insert("HEAD") }
        methods = names.map { Array($0.utf8) }
        allow = Array(names.union(["OPTIONS"]).sorted().joined(separator: ", ").utf8)
        constantParameters = Parameters.constant(route: function.route, listen: listen)
    }

    func hasMethod(_ method: UnsafeRawBufferPointer) -> Bool { methods.contains { method.equals($0) } }

    /// Returns true if a request with the method OPTIONS is a preflight request of CORS that the function answers.
    func takesPreflight(_ bytes: UnsafeRawBufferPointer, _ head: RequestHead) -> Bool {
        guard origins?.isEmpty == false else { return false }
        let names: [StaticString] = ["origin", "access-control-request-method"]
        return names.allSatisfy { name in head.fields.contains { bytes[$0.name].equals(name) } }
    }

    /// Returns the lines of CORS for an error with which the runner itself answers a request. Without them, a page
    /// could not read the error.
    func originLines(_ bytes: UnsafeRawBufferPointer, _ head: RequestHead) -> [UInt8] {
        guard let origins, !origins.isEmpty else { return [] }
        let field = head.fields.first { bytes[$0.name].equals("origin") }
        let origin = field.map { String(decoding: bytes[$0.value], as: UTF8.self) }
        return origins.fields(for: origin).flatMap { Array("\($0.name): \($0.value)\r\n".utf8) }
    }

    /// Returns a mark that identifies the request's credentials, which the function verifies later; nil if the function
    /// requires none.
    ///
    /// If the request has no credentials at all, throws the error that the function itself would return, before the
    /// body is read and without a process.
    func credentials(_ bytes: UnsafeRawBufferPointer, _ head: RequestHead) throws(RunnerError) -> CredentialMark? {
        guard let credentials else { return nil }
        var (token, key): (Extent?, Extent?)
        for field in head.fields {
            let name = bytes[field.name]
            switch name.count {
            case 13 where name.equals("authorization"): token = field.value
            case 9 where name.equals("x-api-key"): key = field.value
            default: break
            }
        }
        // Prefers the field in which the function itself looks first.
        let counted = credentials == .apiKey ? key ?? token : token ?? key
        guard let counted else { throw .unauthorized(credentials.refusal(of: bytes[head.method])) }
        return CredentialMark(bytes[counted])
    }
}

extension Credentials {
    /// Returns the error that functions return for missing credentials. If a function accepts both kinds, it accepts
    /// API keys only for methods that read.
    fileprivate func refusal(of method: UnsafeRawBufferPointer) -> StaticString {
        switch self {
        case .apiKey: "Missing or invalid API key."
        case .sessionOrApiKey where method.isExactly("GET") || method.isExactly("HEAD"):
            "Missing or invalid session token or API key."
        case .session, .sessionOrApiKey: "Missing or invalid session token."
        }
    }
}

/// Finds the route of a path. /foo and /foo/ are the same, as in Pages Functions. Routes below /scheduled/ are only for
/// cron triggers, so they are not found.
struct Router {
    private static let scheduled = "/scheduled/"

    private let routes: [Route]
    /// True if the first route serves all paths.
    private let servesAnyPath: Bool

    init(_ pools: [FunctionPool], listen: ListenAddress, servesAnyPath: Bool = false) {
        self.servesAnyPath = servesAnyPath
        routes = pools.filter { !$0.program.function.route.hasPrefix(Self.scheduled) }
            .map { Route($0, listen: listen) }
    }

    /// Returns the route of the path in a request. Throws `badRequest` if a percent escape in the path is malformed or
    /// stands for a control character, and `notFound` if the path has no route. Throws neither if the first route
    /// serves all paths.
    func route(_ path: UnsafeRawBufferPointer) throws(RunnerError) -> Route {
        if servesAnyPath, let route = routes.first { return route }
        guard path.contains(UInt8(ascii: "%")) else { return try find(path) }
        guard let decoded = RequestTarget.decodePath(path) else {
            throw .badRequest("The path contains a malformed percent-encoding.")
        }
        guard let route = decoded.withUnsafeBytes({ try? find($0) }) else { throw .noEndpoint(at: path) }
        return route
    }

    private func find(_ path: UnsafeRawBufferPointer) throws(RunnerError) -> Route {
        var path = path
        if path.count > 1, path.last == ASCII.slash {
            path = UnsafeRawBufferPointer(rebasing: path.dropLast())
        }
        for route in routes where path.equals(route.path) { return route }
        throw .noEndpoint(at: path)
    }
}
