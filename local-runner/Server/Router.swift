/// A path, the methods that it has, and the function that answers them.
final class Route {
    let pool: FunctionPool
    /// The path without a slash at its end.
    let path: [UInt8]
    /// The value of Allow: sorted, with HEAD when there is GET.
    let allow: [UInt8]
    /// CGI variables that are the same for each of its requests, in FastCGI's encoding.
    let constantParameters: [UInt8]
    private let methods: [[UInt8]]

    init(_ pool: FunctionPool, listen: ListenAddress) {
        self.pool = pool
        let function = pool.program.function
        path = Array(function.route.utf8)
        var names = Set(function.methods)
        if names.contains("GET") { names.insert("HEAD") }
        methods = names.map { Array($0.utf8) }
        allow = Array(names.union(["OPTIONS"]).sorted().joined(separator: ", ").utf8)
        constantParameters = Parameters.constant(route: function.route, listen: listen)
    }

    func hasMethod(_ method: UnsafeRawBufferPointer) -> Bool { methods.contains { method.equals($0) } }
}

/// Finds the route of a path. /foo and /foo/ are equal, as in Pages Functions; routes below /scheduled/ are for
/// cron triggers and not found.
struct Router {
    private static let scheduled = "/scheduled/"

    private let routes: [Route]

    init(_ pools: [FunctionPool], listen: ListenAddress) {
        routes = pools.filter { !$0.program.function.route.hasPrefix(Self.scheduled) }
            .map { Route($0, listen: listen) }
    }

    /// The route of a path as it stands in a request.
    func route(_ path: UnsafeRawBufferPointer) throws(RunnerError) -> Route {
        guard path.contains(UInt8(ascii: "%")) else { return try find(path) }
        guard let decoded = RequestTarget.decodePath(path) else {
            throw .badRequest("The path holds a malformed escape.")
        }
        guard let route = decoded.withUnsafeBytes({ try? find($0) }) else { throw .notFound }
        return route
    }

    private func find(_ path: UnsafeRawBufferPointer) throws(RunnerError) -> Route {
        var path = path
        if path.count > 1, path.last == ASCII.slash {
            path = UnsafeRawBufferPointer(rebasing: path.dropLast())
        }
        for route in routes where path.equals(route.path) { return route }
        throw .notFound
    }
}
