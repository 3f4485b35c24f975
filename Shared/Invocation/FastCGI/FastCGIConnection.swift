import Base
import FastCGI
import HTTP

/// One connection from a web server, whose requests are served in turn.
final class FastCGIConnection<S: Service> {
    /// What becomes of the connection after a request.
    enum Continuation {
        case keepConnection, closeConnection
    }

    private let records: FastCGIRecords
    private let service: S
    private let environment: Environment

    init(_ descriptor: Descriptor, _ service: S, _ environment: Environment) {
        records = FastCGIRecords(descriptor)
        self.service = service
        self.environment = environment
    }

    /// Reads one request, answers it, and does the work that it left for afterwards.
    func serveRequest() -> Continuation {
        do {
            guard let incoming = try receive() else { return .closeConnection }
            Process.limitCPU(environment)
            let response = answer(incoming)
            try send(response, to: incoming)
            return incoming.keepsConnection ? .keepConnection : .closeConnection
        } catch {
            // The server has gone, or has broken the protocol.
            return .closeConnection
        }
    }

    // MARK: Receiving

    private struct Incoming {
        var id: UInt16
        var keepsConnection: Bool
        var parameters: [UInt8] = []
        var hasAllParameters = false
        var body: [UInt8] = []
        var isBodyTooLarge = false

        mutating func keep(_ content: [UInt8], limit: Int) {
            if body.count + content.count > limit {
                isBodyTooLarge = true
                body = []
            }
            if !isBodyTooLarge { body.append(contentsOf: content) }
        }
    }

    /// Longer parameters than this are no request that a web server makes.
    private let maximumParametersLength = 1 << 20

    /// The next request; nil when the server has closed the connection, or what it asked of it is over without one.
    private func receive() throws -> Incoming? {
        var incoming: Incoming?
        while let (header, content) = try records.next() {
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
                    if incoming == nil, content[2] & 1 == 0 { return nil }
                } else {
                    incoming = Incoming(id: header.requestID, keepsConnection: content[2] & 1 != 0)
                }
            case .abortRequest:
                guard let aborted = incoming, aborted.id == header.requestID else { continue }
                try records.write { $0.appendEndRequest(requestID: aborted.id, .requestComplete) }
                guard aborted.keepsConnection else { return nil }
                incoming = nil
            case .params:
                guard incoming?.id == header.requestID else { continue }
                if content.isEmpty { incoming?.hasAllParameters = true }
                incoming?.parameters.append(contentsOf: content)
                guard incoming?.parameters.count ?? 0 <= maximumParametersLength else { throw Descriptor.Closed() }
            case .stdin:
                guard incoming?.id == header.requestID else { continue }
                if content.isEmpty {
                    guard let incoming, incoming.hasAllParameters else { throw Descriptor.Closed() }
                    return incoming
                }
                incoming?.keep(content, limit: service.maximumBodyLength)
            case .data: continue
            default:
                guard header.requestID == 0 else { continue }
                try records.write {
                    $0.appendRecord(.unknownType, requestID: 0, content: [header.type, 0, 0, 0, 0, 0, 0, 0])
                }
            }
        }
        return nil
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
            let length = try variables.contentLength()
            guard incoming.isBodyTooLarge || incoming.body.count == length else {
                throw HTTPError.badRequest("The body's length is not what Content-Length says.")
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
