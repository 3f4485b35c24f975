import Base
import FastCGI
import HTTP

/// One connection from a web server, whose requests are served in turn.
final class FastCGIConnection<S: Service> {
    /// What becomes of the connection.
    enum Continuation {
        case closeConnection
        /// A request has been served, and others may follow.
        case keepConnection
        /// What has come was no request, such as a question about the application. One may follow.
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

    /// Reads one request, answers it, and does the work that it left for afterwards.
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
                // The response broke off.
                try records.breakOff()
                return .closeConnection
            }
            return incoming.keepsConnection ? .keepConnection : .closeConnection
        } catch {
            // The server has gone, or has broken the protocol.
            return .closeConnection
        }
    }

    /// True if part of the next request has been read already.
    var hasBufferedInput: Bool { records.hasBufferedInput }

    // MARK: Receiving

    private struct Incoming {
        var id: UInt16
        var keepsConnection: Bool
        var parameters: [UInt8] = []
        var hasAllParameters = false
        var body: [UInt8] = []
        var isBodyTooLarge = false
        /// The rest of the body did not come in time.
        var isLate = false
        /// Bytes of the body that have come, kept or not.
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

    /// Longer parameters than this are no request that a web server makes.
    private static var maximumParametersLength: Int { 1 << 20 }

    private enum Received {
        case request(Incoming)
        case none(Continuation)
    }

    /// The next request, or what becomes of the connection without one.
    private func receive() throws -> Received {
        var incoming: Incoming?
        records.beginRequest()
        while true {
            let next: (RecordHeader, content: [UInt8])?
            do {
                next = try records.next()
            } catch is Descriptor.TimedOut {
                // Who asks for what is known with the parameters, and gets an answer.
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
                    // What was the connection's only request is over; of two, the first goes on (§3.5).
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
                // Nobody waits for the end of a body that has none.
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

    /// What this server can do, of what FCGI_GET_VALUES asks for (§4.1).
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
            // A body without a length ends with the empty STDIN record (§5.3).
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

    /// The response is complete with the empty STDOUT record; END_REQUEST says that the work after it is done too.
    private func send(_ response: Response, to incoming: Incoming) throws {
        let id = incoming.id
        let isDone = response.afterwards.isEmpty
        try records.write { output in
            try CGIResponse.write(response) { part in
                output.appendStream(.stdout, requestID: id, content: part)
                try records.flush(&output, ifLongerThan: 65_536)
            }
            output.appendRecord(.stdout, requestID: id, content: [])
            if isDone { output.appendEndRequest(requestID: id, .requestComplete) }
        }
        guard !isDone else { return }
        response.afterwards.forEach { $0() }
        try records.write { $0.appendEndRequest(requestID: id, .requestComplete) }
    }
}
