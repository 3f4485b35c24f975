import Base
import HTTP

/// The part of a connection that turns a request's bytes into a call of its function.
extension Connection {
    /// Serves the requests that have been read, as far as possible. Returns true if input is left because the client
    /// must first read responses.
    func serve() -> Bool {
        while true {
            switch phase {
            case .head:
                if isBehind { return !input.isEmpty }
                if !parseHead() { return false }
            case .collecting(var reader):
                guard let route = exchange.route, let body = exchange.body else { return false }
                let progress = reader.read(&input, into: body, limit: route.pool.limits.maxBodyBytes)
                phase = .collecting(reader)
                switch progress {
                case .incomplete:
                    noteBody(body)
                    return false
                case .complete: submit(route)
                case .failed(let error): reject(error)
                }
            case .serving, .finishing, .lingering, .closed: return false
            }
        }
    }

    /// Sets the deadline of a body that comes slowly: the client may neither stop sending nor take forever.
    private func noteBody(_ body: RequestBody) {
        upload.note(server.loop.round, total: body.count)
        deadline = min(server.loop.round + Limit.silence, upload.paid + Limit.grace)
    }

    /// Reads a request's head and begins to serve the request, or rejects it if the head is malformed. Returns false if
    /// the head is not complete yet.
    private func parseHead() -> Bool {
        // Skips empty lines, because some clients send one after a body. No head begins with one (RFC 9112 §2.2).
        if !hasHeadStarted {
            while input.bytes.first == ASCII.carriageReturn, input.bytes[at: 1] == ASCII.lineFeed { input.consume(2) }
        }
        if input.isEmpty { return false }
        if !hasHeadStarted {
            hasHeadStarted = true
            idleSince = server.loop.round
            deadline = idleSince + Limit.head
        }
        switch parser.parse(input.bytes) {
        case .incomplete: return false
        case .failed(let error):
            begin(nil)
            exchange.keepsConnection = false
            reject(error)
        case .complete: begin(parser.head)
        }
        return true
    }

    /// Starts the exchange. `head` is nil if the head is malformed.
    private func begin(_ head: RequestHead?) {
        exchange.reset()
        exchange.start = EventLoop.now
        deadline = exchange.start + Limit.silence
        phase = .serving
        guard let head else {
            server.requestIDs.next(&exchange.requestID)
            exchange.line.append("- -")
            return
        }
        let bytes = input.bytes
        // Methods are case-sensitive (RFC 9110 §9.1). A client that sent another spelling of HEAD expects a body.
        exchange.isHead = bytes[head.method].isExactly("HEAD")
        exchange.isVersion11 = head.isVersion11
        exchange.keepsConnection = head.keepsConnection && !server.isDraining
        setRequestID(head)
        do throws(RunnerError) {
            try resolve(head)
        } catch {
            input.consume(head.length)
            // Closes the connection after the response, since the client may or may not send the body.
            if head.hasBody { exchange.keepsConnection = false }
            reject(error)
        }
    }

    private func setRequestID(_ head: RequestHead) {
        for field in head.fields {
            guard case .requestID = field.kind, RequestID.isAcceptable(input.bytes[field.value]) else {
                continue
            }
            exchange.requestID.removeAll(keepingCapacity: true)
            exchange.requestID.append(contentsOf: input.bytes[field.value])
            return
        }
        server.requestIDs.next(&exchange.requestID)
    }

    /// Answers requests for the runner's own paths, and OPTIONS unless the function has this method. Submits any other
    /// request to its function, after reading its body. Throws the error for a request that is refused.
    private func resolve(_ head: RequestHead) throws(RunnerError) {
        let bytes = input.bytes
        let method = bytes[head.method]
        exchange.line.append(contentsOf: method)
        exchange.line.append(ASCII.space)
        guard let target = RequestTarget(bytes, at: head.target, method: method) else {
            throw .badRequest("The request target is malformed.")
        }
        guard case .resource(let path, let query, let targetHost) = target else {
            exchange.line.append("*")
            input.consume(head.length)
            return answerOptions(allow: nil)
        }
        exchange.line.append(contentsOf: bytes[path])
        if let pages = server.settings.pages, let page = pages.page(bytes[path], isOwnPort: isOnPagesPort) {
            exchange.isOwnPage = page != .metrics
            guard method.isExactly("GET") || method.isExactly("HEAD") else {
                throw .noMethod(method, allow: Array("GET, HEAD".utf8))
            }
            if page == .metrics, !isOnPagesPort { try pages.authorize(bytes, head) }
            guard !head.hasBody else { throw .bodyTooLarge }
            exchange.isOwnPage = true
            input.consume(head.length)
            return show(page)
        }
        guard !isOnPagesPort else { throw .noEndpoint(at: bytes[path]) }
        // The host of the target has precedence over the field (RFC 9112 §3.2.2).
        let host = targetHost ?? head.host
        if let console = server.console, Console.matches(bytes[path]) {
            let request = LocalHandler.Request(
                bytes: bytes, head: head, host: host, path: path, query: query, peer: peer)
            let page = try console.page(request, listen: server.address)
            guard !head.hasBody else { throw .bodyTooLarge }
            exchange.isOwnPage = true
            input.consume(head.length)
            return show(page, of: console)
        }
        if let token = server.settings.localToken, LocalHandler.matches(bytes[path]) {
            let request = LocalHandler.Request(
                bytes: bytes, head: head, host: host, path: path, query: query, peer: peer)
            let cron = try request.cron(listen: server.address, token: token)
            guard !head.hasBody else { throw .bodyTooLarge }
            input.consume(head.length)
            return LocalHandler.fire(cron, for: self)
        }
        let route = try server.router.route(bytes[path])
        exchange.originLines = route.originLines(bytes, head)
        let isPreflight = method.isExactly("OPTIONS") && route.takesPreflight(bytes, head)
        guard isPreflight || route.hasMethod(method) else {
            guard method.isExactly("OPTIONS") else { throw .noMethod(method, allow: route.allow) }
            if head.hasBody { exchange.keepsConnection = false }
            input.consume(head.length)
            return answerOptions(allow: route.allow)
        }
        exchange.route = route
        if case .length(let length) = head.framing, length > route.pool.limits.maxBodyBytes {
            throw .bodyTooLarge
        }
        // A browser sends a preflight request without credentials.
        if !isPreflight { exchange.credentials = try route.credentials(bytes, head) }
        exchange.parameters.append(contentsOf: route.constantParameters)
        let origin = Extent(start: path.start, end: head.target.end)
        Parameters.append(
            .init(
                bytes: bytes, head: head, host: host, target: origin, query: query, peer: peer,
                requestID: exchange.requestID), to: &exchange.parameters)
        input.consume(head.length)
        if head.expectsContinue, head.hasBody, input.isEmpty {
            output.bytes.append("HTTP/1.1 100 Continue\r\n\r\n")
        }
        switch head.framing {
        case .none: submit(route)
        case .length(let length): collect(.length(length))
        case .chunked: collect(.chunked(ChunkedDecoder()))
        }
    }

    private func collect(_ reader: BodyReader) {
        exchange.body = RequestBody(server.bodies, account)
        upload = Pace(server.loop.round, total: 0)
        phase = .collecting(reader)
    }

    /// Submits a complete request to its function.
    private func submit(_ route: Route) {
        if let body = exchange.body { Parameters.appendContentLength(body.count, to: &exchange.parameters) }
        phase = .serving
        route.pool.submit(self)
    }
}
