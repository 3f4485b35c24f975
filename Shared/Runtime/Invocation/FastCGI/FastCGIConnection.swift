import Base
import FastCGI
import HTTP

// The order of FastCGI's records: requests, body, response, and work after the response.
//
// Problem. FastCGI allows a web server to send several requests over one connection, even at the same time, to abort
// them, and to ask questions in between. A process serves only one request at a time. It must not lose bytes of the
// next request that arrive with the last bytes of the current one, and must never wait forever for a slow or silent
// peer. In addition, functions do work after the response, which the client should not have to wait for.
//
// Approach.
// - Requests are served one after the other, in the order of their FCGI_BEGIN_REQUEST records. If another one begins
//   while the current one is being read, it is refused at once (FCGI_CANT_MPX_CONN, §5.5), and the current one
//   continues. FCGI_GET_VALUES is answered whenever records are read.
// - A request is served when all of its parameters and the end of its body have been read, or a limit for the body is
//   exceeded. A body that is too large is not kept, but it is read to its end (up to a limit), because a web server
//   that is still sending may not read the response.
// - The response is complete with the empty STDOUT record, so the web server can pass it on. Then the work after the
//   response runs. Only then FCGI_END_REQUEST is sent, after which the web server may use the connection for its next
//   request.
// - Bytes that were read beyond a request stay in the buffer of `FastCGIRecords` and begin the next one.
//
// Why it is safe. Records of another request id than the current one are ignored, so parts of two requests are never
// mixed. Malformed records, and a body that ends before the parameters, close the connection. Reads have time limits:
// if they are exceeded before the parameters are complete, the connection is closed without a response; later the
// response is 408, or 413 if the body is already too large. If a streamed response fails in the middle, the connection
// ends in a way that web servers recognize as a failure (`breakOff`).
//
// Costs. A web server that wants to have several requests served at the same time needs several connections and
// processes.

/// A connection from a web server. Its requests are served one after the other.
final class FastCGIConnection<S: Service> {
    /// The next step after a call of `serveRequest`.
    enum Continuation {
        case closeConnection
        /// A request has been served, and others may follow.
        case keepConnection
        /// The input was not a request to serve, but for example a question about this application. A request may
        /// follow.
        case awaitRequest
    }

    private let records: FastCGIRecords
    private let service: S
    private let environment: Environment

    init(_ descriptor: Descriptor, _ service: S, _ environment: Environment) {
        records = FastCGIRecords(
            descriptor, longestRequest: service.maximumBodyLength + Self.maximumParametersLength)
        self.service = service
        self.environment = environment
    }

    /// Reads one request, if the input is one, sends the response, and does the work that follows it.
    func serveRequest() -> Continuation {
        do {
            let incoming: Incoming
            switch try receive() {
            case .request(let request): incoming = request
            case .none(let continuation): return continuation
            }
            Process.limitCPU(environment)
            let response = answer(incoming)
            do {
                try send(response, to: incoming)
            } catch let closed as Descriptor.Closed {
                throw closed
            } catch {
                // The response failed in the middle.
                try records.breakOff()
                return .closeConnection
            }
            return incoming.keepsConnection ? .keepConnection : .closeConnection
        } catch {
            // The connection can't be read or written, or the web server has violated the protocol.
            return .closeConnection
        }
    }

    /// True if bytes beyond the last record that was used have already been read.
    var hasBufferedInput: Bool { records.hasBufferedInput }

    // MARK: Receiving

    private struct Incoming {
        var id: UInt16
        var keepsConnection: Bool
        var parameters: [UInt8] = []
        var hasAllParameters = false
        var body: [UInt8] = []
        var isBodyTooLarge = false
        /// True if the rest of the body did not arrive in time.
        var isLate = false
        /// The number of bytes of the body that have arrived, including those that were not kept.
        var received = 0

        mutating func keep(_ content: [UInt8], limit: Int) {
            received += content.count
            if body.count + content.count > limit {
                isBodyTooLarge = true
                body = []
            }
            if !isBodyTooLarge { body.append(contentsOf: content) }
        }
    }

    /// The largest accepted length of all parameters of a request together, in bytes. Web servers send much less.
    private static var maximumParametersLength: Int { 1 << 20 }

    private enum Received {
        case request(Incoming)
        case none(Continuation)
    }

    /// Returns the next request, or the next step if there is none.
    private func receive() throws -> Received {
        var incoming: Incoming?
        records.beginRequest()
        while true {
            let next: (RecordHeader, content: [UInt8])?
            do {
                next = try records.next()
            } catch is Descriptor.TimedOut {
                // If the parameters are complete, the request is known except for its body, and a response can be sent.
                guard var late = incoming, late.hasAllParameters else { return .none(.closeConnection) }
                (late.isLate, late.keepsConnection) = (true, false)
                return .request(late)
            }
            guard let (header, content) = next else { return .none(.closeConnection) }
            switch RecordType(rawValue: header.type) {
            case .getValues:
                try records.write { $0.appendRecord(.getValuesResult, requestID: 0, content: Self.values(content)) }
            case .beginRequest:
                guard header.requestID != 0, content.count >= 3 else { throw Descriptor.Closed() }
                let refusal: ProtocolStatus? =
                    incoming != nil
                    ? .cannotMultiplex
                    : UInt16(content[0]) << 8 | UInt16(content[1]) != responderRole ? .unknownRole : nil
                if let refusal {
                    try records.write { $0.appendEndRequest(requestID: header.requestID, refusal) }
                    // Without FCGI_KEEP_CONN, the connection ends with the refused request (§3.5). If another request
                    // is under way, that one continues.
                    if incoming == nil, content[2] & 1 == 0 { return .none(.closeConnection) }
                } else {
                    incoming = Incoming(id: header.requestID, keepsConnection: content[2] & 1 != 0)
                }
            case .abortRequest:
                guard let aborted = incoming, aborted.id == header.requestID else { break }
                try records.write { $0.appendEndRequest(requestID: aborted.id, .requestComplete) }
                guard aborted.keepsConnection else { return .none(.closeConnection) }
                incoming = nil
            case .params:
                guard incoming?.id == header.requestID else { break }
                if content.isEmpty { incoming?.hasAllParameters = true }
                incoming?.parameters.append(contentsOf: content)
                guard incoming?.parameters.count ?? 0 <= Self.maximumParametersLength else { throw Descriptor.Closed() }
            case .stdin:
                guard incoming?.id == header.requestID else { break }
                if content.isEmpty {
                    guard let incoming, incoming.hasAllParameters else { throw Descriptor.Closed() }
                    return .request(incoming)
                }
                incoming?.keep(content, limit: service.maximumBodyLength)
                // A body without end is not read forever.
                if let body = incoming, body.received - service.maximumBodyLength > Descriptor.longestDiscarded {
                    var endless = body
                    endless.keepsConnection = false
                    return .request(endless)
                }
            case .data: break
            default:
                guard header.requestID == 0 else { break }
                try records.write {
                    $0.appendRecord(.unknownType, requestID: 0, content: [header.type, 0, 0, 0, 0, 0, 0, 0])
                }
            }
            if incoming == nil, !hasBufferedInput { return .none(.awaitRequest) }
        }
    }

    /// Returns the values that FCGI_GET_VALUES asks for (§4.1). Unknown names are left out.
    private static func values(_ query: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        _ = NameValuePairs.decode(query) { name, _ in
            switch name {
            case "FCGI_MAX_CONNS", "FCGI_MAX_REQS": NameValuePairs.append(name, "1", to: &result)
            case "FCGI_MPXS_CONNS": NameValuePairs.append(name, "0", to: &result)
            default: break
            }
        }
        return result
    }

    // MARK: Answering

    private func answer(_ incoming: Incoming) -> Response {
        var variables = CGIVariables()
        guard NameValuePairs.decode(incoming.parameters, { variables.set($0, $1) }) else {
            return HTTPError.badRequest("The request's parameters are malformed.").refusal()
        }
        var request: Request?
        do throws(HTTPError) {
            var complete = try variables.request()
            request = complete
            guard !incoming.isLate || incoming.isBodyTooLarge else { throw HTTPError.requestTimeout }
            // A body without a declared length ends with the empty STDIN record (§5.3).
            let length = try variables.contentLength() ?? incoming.body.count
            guard incoming.isBodyTooLarge || incoming.body.count == length else {
                throw HTTPError.badRequest("The body's length differs from Content-Length.")
            }
            complete.body = incoming.isBodyTooLarge ? .tooLarge : .bytes(incoming.body)
            return service.respond(to: complete)
        } catch {
            return error.refusal(requestID: request.map(RequestID.of))
        }
    }

    /// Sends the response. It is complete with the empty STDOUT record. END_REQUEST follows when the work after the
    /// response is done too.
    private func send(_ response: Response, to incoming: Incoming) throws {
        let id = incoming.id
        let isDone = response.background.isEmpty
        try records.write { output in
            try CGIResponse.write(response) { part in
                output.appendStream(.stdout, requestID: id, content: part)
                try records.flush(&output, ifLongerThan: 65_536)
            }
            output.appendRecord(.stdout, requestID: id, content: [])
            if isDone { output.appendEndRequest(requestID: id, .requestComplete) }
        }
        guard !isDone else { return }
        response.background.forEach { $0() }
        try records.write { $0.appendEndRequest(requestID: id, .requestComplete) }
    }
}
