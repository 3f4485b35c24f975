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
    /// The credentials that the request carries; nil if its function takes none.
    var credentials: CredentialMark?

    /// CGI variables in FastCGI's encoding.
    var parameters: [UInt8] = []
    /// The body, if there is one.
    var body: RequestBody?

    /// The response's head as far as it has come, when that is not the whole.
    var responseHead: [UInt8] = []
    var status = 0
    /// Nil until the head has gone out.
    var framing: ResponseFraming?
    /// What the function has written on standard error.
    var lines: [[UInt8]] = []

    /// Keeps a line for the log, below the request's own; false when there are as many as one request may keep.
    mutating func addLine(_ line: [UInt8]) -> Bool {
        guard lines.count < 256 else { return false }
        lines.append(line)
        return true
    }

    /// Gives memory back.
    mutating func releaseMemory() { (line, parameters, responseHead) = ([], [], []) }

    /// Makes ready for the next request; memory is kept.
    mutating func reset() {
        line.removeAll(keepingCapacity: true)
        parameters.removeAll(keepingCapacity: true)
        body = nil
        responseHead.removeAll(keepingCapacity: responseHead.capacity < 4096)
        status = 0
        framing = nil
        if !lines.isEmpty { lines = [] }
        route = nil
        credentials = nil
        isHead = false
    }
}
