import Base
import HTTP

/// The part of a connection that sends responses of functions, and the runner's own, to the client.
extension Connection {
    /// Receives a part of the function's response (RFC 3875 §6). Returns false if the response's head is malformed; the
    /// client then gets an error instead.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        wake()
        if exchange.framing != nil {
            append(bytes)
            return true
        }
        do throws(CGIResponseHead.Malformed) {
            guard exchange.responseHead.isEmpty else {
                exchange.responseHead.append(contentsOf: bytes)
                let whole = exchange.responseHead
                let isWhole = try whole.withUnsafeBufferPointer { bytes throws(CGIResponseHead.Malformed) in
                    try receiveHead(UnsafeRawBufferPointer(bytes))
                }
                if isWhole { exchange.responseHead = [] }
                return true
            }
            if try !receiveHead(bytes) { exchange.responseHead.append(contentsOf: bytes) }
            return true
        } catch {
            functionFailed(.functionFailed)
            return false
        }
    }

    /// Handles the end of the function's response.
    func responseEnded() {
        switch exchange.framing {
        case nil: functionFailed(.functionFailed)
        case .length(let missing) where missing > 0: functionFailed(.functionFailed)
        case .chunked:
            output.bytes.append("0\r\n\r\n")
            endExchange()
        case .empty, .length, .close: endExchange()
        }
    }

    /// Handles a function that will send no response, or no more of it. A client that has got a part of the response
    /// sees that the connection ends too early.
    func functionFailed(_ error: RunnerError) {
        execution = nil
        guard let framing = exchange.framing else { return reject(error) }
        exchange.keepsConnection = false
        exchange.body = nil
        log(status: error.status)
        if case .close = framing { return abort() }
        phase = .finishing
        wake()
    }

    /// Sends an error instead of a function's response.
    func reject(_ error: RunnerError) {
        switch phase {
        case .head, .collecting: exchange.keepsConnection = false
        default: break
        }
        if case .requestTimeout = error { exchange.keepsConnection = false }
        let body = JSONWriter.bytes(JSON.object(["error": .string(error.sentence)]))
        if case .head = phase {
            // Starts an exchange for the log, since no request has begun.
            exchange.reset()
            exchange.start = EventLoop.now
            server.requestIDs.next(&exchange.requestID)
            exchange.line.append("- -")
        }
        answer(status: error.status, body: body) { head in
            switch error {
            case .methodNotAllowed(_, let allow):
                head.append("Allow: ")
                head.append(contentsOf: allow)
                head.append("\r\n")
            case .overloaded: head.append("Retry-After: 1\r\n")
            case .unauthorized: head.append("WWW-Authenticate: Bearer\r\n")
            default: break
            }
        }
    }

    /// Answers OPTIONS. `allow` is the value of Allow; nil leaves the field out.
    func answerOptions(allow: [UInt8]?) {
        answer(status: 204, body: nil) { head in
            guard let allow else { return }
            head.append("Allow: ")
            head.append(contentsOf: allow)
            head.append("\r\n")
        }
    }

    /// The lines of the fields that every response carries.
    private static let everyResponse = Response.everyResponse.flatMap { Array("\($0.name): \($0.value)\r\n".utf8) }

    /// Writes a complete response of the runner itself, with the headers that every response has.
    func answer(
        status: Int, body: [UInt8]?, type: StaticString = "application/json",
        _ addFields: (inout [UInt8]) -> Void = { _ in }
    ) {
        exchange.status = status
        decideConnection()
        output.bytes.append("HTTP/1.1 ")
        output.bytes.append(decimal: status)
        output.bytes.append(ASCII.space)
        output.bytes.append(Response.reason(status))
        output.bytes.append("\r\n")
        addFields(&output.bytes)
        output.bytes.append(contentsOf: exchange.originLines)
        output.bytes.append(contentsOf: Self.everyResponse)
        output.bytes.append("X-Request-Id: ")
        output.bytes.append(contentsOf: exchange.requestID)
        output.bytes.append("\r\n")
        if let body {
            output.bytes.append("Content-Type: ")
            output.bytes.append(type)
            output.bytes.append("\r\nContent-Length: ")
            output.bytes.append(decimal: body.count)
            output.bytes.append("\r\n")
        }
        appendConnectionFields()
        if let body, !exchange.isHead { output.bytes.append(contentsOf: body) }
        endExchange()
    }

    /// Counts the exchange in the metrics, and logs it. Leaves out the server's own pages, which are read every few
    /// seconds, except refused requests for /metrics.
    func log(status: Int) {
        guard !exchange.isOwnPage else { return }
        let duration = EventLoop.now - exchange.start
        let function = exchange.route?.pool.program.function.function ?? ""
        server.metrics.noteRequest(function, status: status, duration: duration)
        server.log.write(
            .init(
                line: exchange.line, status: status, duration: duration, function: function, id: exchange.requestID,
                client: peer), lines: exchange.lines)
    }

    /// Reads the head of the function's response and the part of the body that follows it. Returns false if the head is
    /// not complete.
    private func receiveHead(_ bytes: UnsafeRawBufferPointer) throws(CGIResponseHead.Malformed) -> Bool {
        guard let head = try CGIResponseHead(bytes) else { return false }
        decideConnection()
        exchange.status = head.status
        let framing: Exchange.ResponseFraming
        if exchange.isHead || head.status == 204 || head.status == 304 {
            framing = .empty
        } else if let length = head.contentLength {
            framing = .length(length)
        } else if exchange.isVersion11 {
            framing = .chunked
        } else {
            exchange.keepsConnection = false
            framing = .close
        }
        exchange.framing = framing
        Self.append(head, of: bytes, framing, requestID: exchange.requestID, to: &output.bytes)
        appendConnectionFields()
        append(bytes[Extent(start: head.length, end: bytes.count)])
        return true
    }

    /// Appends the status line and fields of a function's response, except Date and Connection.
    private static func append(
        _ head: CGIResponseHead, of bytes: UnsafeRawBufferPointer, _ framing: Exchange.ResponseFraming,
        requestID: [UInt8], to output: inout [UInt8]
    ) {
        output.append("HTTP/1.1 ")
        output.append(contentsOf: bytes[head.statusText])
        // The space is required even before an empty reason phrase (RFC 9112 §4).
        output.append(head.statusText.count == 3 ? " \r\n" : "\r\n")
        for field in head.fields {
            output.append(contentsOf: bytes[field])
            output.append("\r\n")
        }
        if !head.hasRequestID {
            output.append("X-Request-Id: ")
            output.append(contentsOf: requestID)
            output.append("\r\n")
        }
        if let length = head.contentLength, head.status != 204 {
            output.append("Content-Length: ")
            output.append(decimal: length)
            output.append("\r\n")
        } else if case .chunked = framing {
            output.append("Transfer-Encoding: chunked\r\n")
        }
    }

    /// Makes the connection end after this response if the client has sent its last request or the server is draining.
    private func decideConnection() {
        if server.isDraining || hasInputEnded && input.isEmpty { exchange.keepsConnection = false }
    }

    /// Appends Date, Connection unless HTTP/1.1 keeps the connection open, and the empty line that ends the head.
    private func appendConnectionFields() {
        output.bytes.append(contentsOf: server.date.line)
        if !exchange.keepsConnection {
            output.bytes.append("Connection: close\r\n\r\n")
        } else if !exchange.isVersion11 {
            output.bytes.append("Connection: keep-alive\r\n\r\n")
        } else {
            output.bytes.append("\r\n")
        }
    }

    private func append(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        switch exchange.framing {
        case .empty, nil: break
        case .length(let remaining):
            // Bytes beyond the length are dropped, since the client would take them for the next response.
            let part = bytes.prefix(remaining)
            output.bytes.append(contentsOf: part)
            exchange.framing = .length(remaining - part.count)
        case .chunked:
            var size = bytes.count
            var digits: [UInt8] = []
            while size > 0 {
                digits.append(Hex.lowerDigit(UInt8(truncatingIfNeeded: size)))
                size >>= 4
            }
            output.bytes.append(contentsOf: digits.reversed())
            output.bytes.append("\r\n")
            output.bytes.append(contentsOf: bytes)
            output.bytes.append("\r\n")
        case .close: output.bytes.append(contentsOf: bytes)
        }
    }

    private func endExchange() {
        log(status: exchange.status)
        execution = nil
        exchange.body = nil
        wake()
        guard exchange.keepsConnection, !server.isDraining else {
            phase = .finishing
            return
        }
        phase = .head
        hasHeadStarted = false
        idleSince = server.loop.round
        deadline = idleSince + Limit.idle
        parser.reset()
    }
}
