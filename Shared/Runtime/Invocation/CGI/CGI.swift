import Base
import Glibc
import HTTP

/// Serves one request by the Common Gateway Interface (RFC 3875): the request comes in environment variables and on
/// standard input, and the response goes to standard output.
struct CGI<S: Service> {
    private let service: S
    private let environment: Environment

    init(_ service: S, _ environment: Environment) {
        self.service = service
        self.environment = environment
    }

    func run() -> Int32 {
        Process.limitCPU(environment)
        var variables = CGIVariables()
        for name in CGIVariables.names { environment[name].map { variables.set(name, $0) } }
        environment.forEach(prefix: "HTTP_") { name, value in variables.set("HTTP_" + name, value) }
        var request: Request?
        let response: Response
        do {
            var complete = try variables.request()
            request = complete
            complete.body = try readBody(variables)
            response = service.respond(to: complete)
        } catch let error as HTTPError {
            Descriptor.standardInput.discard(.max)
            response = error.refusal(requestID: request.map(RequestID.of))
        } catch {
            // Standard input can't be read.
            return 1
        }
        do {
            try CGIResponse.write(response) { try Descriptor.standardOutput.write($0) }
        } catch {
            return 1
        }
        // The server considers the response complete when the output is closed.
        Descriptor.standardOutput.finish()
        response.background.forEach { $0() }
        return 0
    }

    /// Reads the body, and no more than its declared length (§4.2). Without a declared length there is no body, unless
    /// the request has a transfer coding. The body then ends only when the server closes the input, which servers need
    /// not do, so the request is refused (411).
    private func readBody(_ variables: CGIVariables) throws -> Request.Body {
        guard let length = try variables.contentLength() else {
            guard !variables.hasTransferCoding else { throw HTTPError.lengthRequired }
            return .bytes([])
        }
        guard length <= service.maximumBodyLength else {
            Descriptor.standardInput.discard(length)
            return .tooLarge
        }
        guard length > 0 else { return .bytes([]) }
        let bytes = try Descriptor.standardInput.readAll(limit: length - 1)
        guard bytes.count == length else { throw HTTPError.badRequest("The body is shorter than Content-Length.") }
        return .bytes(bytes)
    }
}
