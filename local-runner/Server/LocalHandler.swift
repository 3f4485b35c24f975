import Base
import Crypto
import HTTP

/// Handles /cdn-cgi/*, the runner's own paths, for this machine only.
///
/// /cdn-cgi/handler/scheduled?cron=EXPRESSION runs the functions of the cron triggers with this expression, and answers
/// when they have ended.
enum LocalHandler {
    private static let prefix = Array("/cdn-cgi/".utf8)

    static func matches(_ path: UnsafeRawBufferPointer) -> Bool { path.starts(with: prefix) }

    /// A request for a path below /cdn-cgi/.
    struct Request {
        let bytes: UnsafeRawBufferPointer
        let head: RequestHead
        let host: Extent
        let path: Extent
        let query: Extent
        let peer: [UInt8]

        /// Throws `forbidden` for requests from other machines, requests passed on by a proxy, and requests that a
        /// browser on this machine sends for a page of another site, since such a browser reaches the server too.
        func checkSender(listen: ListenAddress) throws(RunnerError) {
            let host = hostText
            // Other machines can send any Host, so the peer address is checked. A browser on this machine sends the
            // true Host, so checking that prevents DNS rebinding.
            guard LocalHandler.isLoopback(peer), LocalHandler.isLocal(host, listen) else { throw .forbidden }
            for field in head.fields {
                let (name, value) = (bytes[field.name], bytes[field.value])
                if LocalHandler.isForwarding(name) { throw .forbidden }
                if name.equals("origin") {
                    guard value.elementsEqual("http://\(host)".utf8) else { throw .forbidden }
                } else if name.equals("sec-fetch-site") {
                    // A browser fetches an image or a link of another site's page without an Origin, but with
                    // Sec-Fetch-Site.
                    guard value.equals("same-origin") || value.equals("none") else { throw .forbidden }
                }
            }
        }

        /// Throws `unauthorized`, with `refusal`, for requests without the token, which only the user who started the
        /// server can read.
        func authorize(_ token: Secret, refusal: StaticString) throws(RunnerError) {
            let expected = token.reveal { Array("Bearer \($0)".utf8) }
            let given = head.fields.last { bytes[$0.name].equals("authorization") }.map { Array(bytes[$0.value]) }
            guard let given, constantTimeEqual(given, expected) else { throw .unauthorized(refusal) }
        }

        /// The host and port that the request names.
        var hostText: String { String(decoding: bytes[host], as: UTF8.self) }

        /// Returns the expression that the request names. Throws an error for a sender or a token that is refused, for
        /// another path or method, and for a request without the parameter.
        func cron(listen: ListenAddress, token: Secret) throws(RunnerError) -> String {
            try checkSender(listen: listen)
            try authorize(token, refusal: "This path requires the localToken in dev.json as a bearer token.")
            guard bytes[path].equals("/cdn-cgi/handler/scheduled") else { throw .noEndpoint(at: bytes[path]) }
            let method = bytes[head.method]
            guard method.isExactly("GET") || method.isExactly("POST") else {
                throw .noMethod(method, allow: Array("GET, POST".utf8))
            }
            guard let cron = RequestTarget.parameter("cron", in: bytes[query]) else {
                throw .badRequest("The parameter cron is missing.")
            }
            return cron.split(separator: " ").joined(separator: " ")
        }
    }

    /// Runs the functions of the triggers with the expression `cron`, and answers on `connection` when all have ended.
    /// Answers with an error if there is no such trigger, or a function still runs from the last time.
    static func fire(_ cron: String, for connection: Connection) {
        let server = connection.server
        let triggers = server.crons.filter { $0.cron.description == cron }
        guard !triggers.isEmpty else {
            let known = server.crons.map(\.cron.description)
            let shown = cron.harmless(atMost: 60)
            return connection.reject(
                .notFound("No trigger has the cron expression \(shown); \(NearestWord.advice(cron, known))"))
        }
        guard !triggers.contains(where: server.isRunning) else { return connection.reject(.stillRunning) }
        let request = connection.exchange.requestID
        var statuses = [Int?](repeating: nil, count: triggers.count)
        for (index, trigger) in triggers.enumerated() {
            server.fire(trigger, at: .now) { status in
                statuses[index] = status
                guard !statuses.contains(nil) else { return }
                // The client may have left, and the connection may be serving another request.
                guard case .serving = connection.phase, connection.exchange.requestID == request else {
                    return
                }
                var json = JSONWriter()
                json.object { json in
                    json.field("cron", cron)
                    json.name("results")
                    json.array { json in
                        for (trigger, status) in zip(triggers, statuses) {
                            json.object { json in
                                json.field("function", trigger.function)
                                json.field("statusCode", status)
                            }
                        }
                    }
                }
                connection.answer(status: 200, body: json.bytes)
            }
        }
    }

    /// Returns true if an address, as text, is a loopback address.
    static func isLoopback(_ peer: [UInt8]) -> Bool {
        peer.starts(with: "127.".utf8) || peer.elementsEqual("::1".utf8)
    }

    /// Returns true if a field with this name shows that a proxy passed the request on.
    private static func isForwarding(_ name: UnsafeRawBufferPointer) -> Bool {
        let xForwarded: StaticString = "x-forwarded-"
        if name.count > xForwarded.utf8CodeUnitCount,
            UnsafeRawBufferPointer(rebasing: name.prefix(xForwarded.utf8CodeUnitCount)).equals(xForwarded)
        {
            return true
        }
        let others: [StaticString] = ["forwarded", "via", "x-real-ip", "cf-connecting-ip", "true-client-ip"]
        return others.contains { name.equals($0) }
    }

    /// Returns true if a Host value names this machine or the address on which the server listens, with or without a
    /// port.
    private static func isLocal(_ host: String, _ listen: ListenAddress) -> Bool {
        var name = host[...]
        if !name.hasSuffix("]"), let (before, _) = name.cut(atLast: ":") { name = before }
        return ["localhost", "127.0.0.1", "[::1]", listen.host].contains(name.lowercased())
    }
}
