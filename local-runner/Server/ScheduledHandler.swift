import Base

/// /cdn-cgi/handler/scheduled?cron=EXPRESSION: fires the cron triggers of that expression by hand and answers
/// when their functions have ended.
enum ScheduledHandler {
    private static let path = Array("/cdn-cgi/handler/scheduled".utf8)

    static func matches(_ path: UnsafeRawBufferPointer) -> Bool { path.equals(Self.path) }

    /// The expression that a request names. Throws for other methods, for requests from other machines, and for those
    /// that a page of another site has a browser send: the server listens where browsers of this machine reach it.
    static func request(
        _ bytes: UnsafeRawBufferPointer, _ head: RequestHead, query: Extent, peer: [UInt8], listen: ListenAddress
    ) throws(RunnerError) -> String {
        let method = bytes[head.method]
        guard method.isExactly("GET") || method.isExactly("POST") else {
            throw .methodNotAllowed(allow: Array("GET, POST".utf8))
        }
        let host = String(decoding: bytes[head.host], as: UTF8.self)
        // Other machines write what they like into Host; a browser here does not (DNS rebinding).
        guard isThisMachine(peer, listen), isLocal(host, listen) else { throw .forbidden }
        for field in head.fields {
            let value = String(decoding: bytes[field.value], as: UTF8.self)
            if bytes[field.name].equals("origin") {
                guard value == "http://\(host)" else { throw .forbidden }
            } else if bytes[field.name].equals("sec-fetch-site") {
                // An image or a link of another site's page is fetched without an Origin.
                guard value == "same-origin" || value == "none" else { throw .forbidden }
            }
        }
        guard let cron = RequestTarget.parameter("cron", in: bytes[query]) else {
            throw .badRequest("The parameter cron is missing.")
        }
        return cron.split(separator: " ").joined(separator: " ")
    }

    /// Runs the functions of the triggers and answers on `connection`.
    static func fire(_ cron: String, for connection: Connection) {
        let triggers = connection.server.crons.filter { $0.cron.description == cron }
        guard !triggers.isEmpty else { return connection.reject(.notFound) }
        let request = connection.exchange.requestID
        var statuses = [Int?](repeating: nil, count: triggers.count)
        for (index, trigger) in triggers.enumerated() {
            connection.server.fire(trigger, at: .now) { status in
                statuses[index] = status
                guard !statuses.contains(nil) else { return }
                // The client may have gone, and its connection may serve another request.
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
                connection.answer(status: 200, reason: "OK", body: json.bytes)
                connection.advance()
            }
        }
    }

    /// Whether a client's address is one of this machine's: loopback, or the one that the server listens on.
    static func isThisMachine(_ peer: [UInt8], _ listen: ListenAddress) -> Bool {
        peer.starts(with: "127.".utf8) || peer.elementsEqual("::1".utf8) || peer.elementsEqual(listen.ip.utf8)
    }

    /// Whether a Host is this machine's own name for the server, with or without a port.
    private static func isLocal(_ host: String, _ listen: ListenAddress) -> Bool {
        var name = host[...]
        if let colon = name.lastIndex(of: ":"), !name.hasSuffix("]") { name = name[..<colon] }
        let own = listen.ip.contains(":") ? "[\(listen.ip)]" : listen.ip
        return ["localhost", "127.0.0.1", "[::1]", own].contains(name.lowercased())
    }
}
