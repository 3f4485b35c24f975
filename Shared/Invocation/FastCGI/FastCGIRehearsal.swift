import Base
import FastCGI
import Glibc

extension FastCGIConnection {
    /// Answers a request without a method, which no function gets to see. Swift makes a generic type when it is first used: one
    /// that a template has made need not be made again in each of its children, in pages that the child must copy first.
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
        // The socket holds both the request and the answer, which nobody reads.
        if (try? server.write(request)) != nil {
            _ = FastCGIConnection(function, service, environment).serveRequest()
        }
        server.close()
        function.close()
    }
}
