/// What a connection keeps of the request that it is serving.
struct Exchange {
    /// How the response's body is delimited (RFC 9112 §6.3).
    enum ResponseFraming {
        /// There is none: for HEAD, 204 and 304.
        case empty
        /// So many bytes are still to come.
        case length(Int)
        case chunked
        /// By the end of the connection, for HTTP/1.0.
        case close
    }

    /// In microseconds on the monotonic clock.
    var start = 0
    /// Method and path, for the log. The query stays out of it.
    var line: [UInt8] = []
    var requestID: [UInt8] = []
    var isHead = false
    var isVersion11 = true
    var keepsConnection = true
    var route: Route?

    /// CGI variables in FastCGI's encoding.
    var parameters: [UInt8] = []
    /// A chunked body, decoded.
    var body: [UInt8] = []
    /// Bytes of the body that the function has not taken.
    var bodyRemaining = 0

    /// The response's head as far as it has come, when that is not the whole.
    var responseHead: [UInt8] = []
    var status = 0
    /// Nil until the head has gone out.
    var framing: ResponseFraming?
    /// What the function has written on standard error.
    var lines: [[UInt8]] = []

    /// Keeps a line for the log, within reason.
    mutating func addLine(_ line: [UInt8]) {
        if lines.count < 256 { lines.append(line) }
    }

    /// Makes ready for the next request; memory is kept.
    mutating func reset() {
        line.removeAll(keepingCapacity: true)
        parameters.removeAll(keepingCapacity: true)
        if !body.isEmpty { body = [] }
        bodyRemaining = 0
        responseHead.removeAll(keepingCapacity: responseHead.capacity < 4096)
        status = 0
        framing = nil
        if !lines.isEmpty { lines = [] }
        route = nil
        isHead = false
    }
}
