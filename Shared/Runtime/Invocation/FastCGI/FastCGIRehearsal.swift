import Base
import FastCGI
import Glibc

extension FastCGIConnection {
    /// Serves a request without a method, which is refused before it reaches the function. Swift creates a generic type
    /// when it is first used. If the template has created it, its children need not do it again, in memory pages that
    /// they would first have to copy.
    static func warmUp(_ service: S, _ environment: Environment) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else { return }
        let (server, function) = (Descriptor(number: ends[0]), Descriptor(number: ends[1]))
        var parameters: [UInt8] = []
        NameValuePairs.append("REQUEST_URI", "/", to: &parameters)
        NameValuePairs.append("HTTP_X_REQUEST_ID", "warm-up", to: &parameters)
        var request: [UInt8] = []
        request.appendBeginRequest(requestID: 1, keepConnection: false)
        request.appendRecord(.params, requestID: 1, content: parameters)
        request.appendRecord(.params, requestID: 1, content: [])
        request.appendRecord(.stdin, requestID: 1, content: [])
        // The socket's buffers can hold the request and the response, and the response need not be read.
        if (try? server.write(request)) != nil {
            _ = FastCGIConnection(function, service, environment).serveRequest()
        }
        server.close()
        function.close()
    }
}
