/// From a request's bytes to its function.
extension Connection {
    /// Serves what has been read, as far as that goes.
    func serve() {
        while true {
            switch phase {
            case .head:
                // A client that sends requests but takes no responses gets no further.
                if output.isFull || !parseHead() { return }
            case .collecting(var decoder):
                guard let route = exchange.route else { return }
                let limit = route.pool.limits.maxBodyBytes
                let progress = decoder.decode(&input, into: &exchange.body, limit: limit)
                phase = .collecting(decoder)
                switch progress {
                case .incomplete: return
                case .complete: submit(route, bodyLength: exchange.body.count)
                case .failed(let error): reject(error)
                }
            case .serving, .finishing, .lingering, .closed: return
            }
        }
    }

    /// Hands bytes of the body to `use`, at most `limit`; the result says whether that was the last of them.
    func takeBody(limit: Int, _ use: (UnsafeRawBufferPointer) -> Void) -> Bool {
        if !exchange.body.isEmpty {
            let start = exchange.body.count - exchange.bodyRemaining
            let length = min(limit, exchange.bodyRemaining)
            exchange.body.withUnsafeBytes { use($0[Extent(start: start, end: start + length)]) }
            exchange.bodyRemaining -= length
        } else {
            let length = min(limit, exchange.bodyRemaining, input.count)
            if length > 0 { use(input.bytes[Extent(start: 0, end: length)]) }
            input.consume(length)
            exchange.bodyRemaining -= length
        }
        return exchange.bodyRemaining == 0
    }

    /// Whether there are bytes of the body to take.
    var hasBody: Bool { exchange.bodyRemaining > 0 && (!exchange.body.isEmpty || !input.isEmpty) }

    /// Reads a request's head; false when it is not there yet.
    private func parseHead() -> Bool {
        if input.isEmpty { return false }
        if !hasHeadStarted {
            hasHeadStarted = true
            deadline = EventLoop.now + Limit.head
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

    /// Starts the exchange. `head` is nil when it can't be understood.
    private func begin(_ head: RequestHead?) {
        exchange.reset()
        exchange.start = EventLoop.now
        deadline = exchange.start + Limit.bodySilence
        phase = .serving
        guard let head else {
            server.requestIDs.next(&exchange.requestID)
            exchange.line.append("- -")
            return
        }
        let bytes = input.bytes
        // Methods are case-sensitive (RFC 9110 §9.1): a head by another name waits for its response's body.
        exchange.isHead = bytes[head.method].isExactly("HEAD")
        exchange.isVersion11 = head.isVersion11
        exchange.keepsConnection = head.keepsConnection && !server.isDraining
        setRequestID(head)
        do throws(RunnerError) {
            try resolve(head)
        } catch {
            input.consume(head.length)
            // Where the body ends is known, but not whether the client sends it.
            if head.hasBody { exchange.keepsConnection = false }
            reject(error)
        }
    }

    private func setRequestID(_ head: RequestHead) {
        for field in head.fields {
            guard case .requestID = field.kind, RequestIDs.isAcceptable(input.bytes[field.value]) else {
                continue
            }
            exchange.requestID.removeAll(keepingCapacity: true)
            exchange.requestID.append(contentsOf: input.bytes[field.value])
            return
        }
        server.requestIDs.next(&exchange.requestID)
    }

    /// Finds what answers the request, and hands it over.
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
        // The host of the target counts more than the field (RFC 9112 §3.2.2).
        var head = head
        if let targetHost { head.host = targetHost }
        if ScheduledHandler.matches(bytes[path]) {
            let trigger = try ScheduledHandler.request(
                bytes, head, query: query, peer: peer, listen: server.address)
            guard !head.hasBody else { throw .bodyTooLarge }
            input.consume(head.length)
            return ScheduledHandler.fire(trigger, for: self)
        }
        let route = try server.router.route(bytes[path])
        guard route.hasMethod(method) else {
            guard method.isExactly("OPTIONS") else { throw .methodNotAllowed(allow: route.allow) }
            if head.hasBody { exchange.keepsConnection = false }
            input.consume(head.length)
            return answerOptions(allow: route.allow)
        }
        exchange.route = route
        if case .length(let length) = head.framing, length > route.pool.limits.maxBodyBytes {
            throw .bodyTooLarge
        }
        exchange.parameters.append(contentsOf: route.constantParameters)
        let origin = Extent(start: path.start, end: head.target.end)
        Parameters.append(
            .init(
                bytes: bytes, head: head, target: origin, query: query, peer: peer,
                requestID: exchange.requestID), to: &exchange.parameters)
        input.consume(head.length)
        if head.expectsContinue, head.hasBody, input.isEmpty {
            output.bytes.append("HTTP/1.1 100 Continue\r\n\r\n")
        }
        switch head.framing {
        case .none: submit(route, bodyLength: nil)
        case .length(let length): submit(route, bodyLength: length)
        case .chunked: phase = .collecting(ChunkedDecoder())
        }
    }

    private func submit(_ route: Route, bodyLength: Int?) {
        if let bodyLength {
            Parameters.appendContentLength(bodyLength, to: &exchange.parameters)
            exchange.bodyRemaining = bodyLength
        }
        phase = .serving
        route.pool.submit(self)
    }
}
