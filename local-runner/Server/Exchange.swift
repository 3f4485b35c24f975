/// The state of the request that a connection is serving.
struct Exchange {
    /// The delimitation of the response's body (RFC 9112 §6.3).
    enum ResponseFraming {
        /// The response has no body: for HEAD, 204 and 304.
        case empty
        /// The number of bytes of the body that are still missing.
        case length(Int)
        case chunked
        /// The body ends with the connection, for HTTP/1.0.
        case close
    }

    /// The time at which the request's head was complete, or the error before that was found, in microseconds on the
    /// monotonic clock.
    var start = 0
    /// The method and path for the log, without the query.
    var line: [UInt8] = []
    var requestID: [UInt8] = []
    var isHead = false
    /// True if the request is for a page about the server itself, so that it is not logged. False for a refused request
    /// for /metrics.
    var isOwnPage = false
    var isVersion11 = true
    var keepsConnection = true
    var route: Route?
    /// Identifies the request's credentials; nil if its function requires none.
    var credentials: CredentialMark?
    /// The lines of CORS for responses of the runner itself.
    var originLines: [UInt8] = []

    /// The CGI variables in FastCGI's encoding.
    var parameters: [UInt8] = []
    /// The request's body; nil if there is none.
    var body: RequestBody?

    /// The part of the response's head that has come, while it is incomplete.
    var responseHead: [UInt8] = []
    var status = 0
    /// The framing of a function's response; nil until the response's head is complete.
    var framing: ResponseFraming?
    /// The lines that the function has written on standard error about this request, at most 256.
    var lines: [[UInt8]] = []

    /// Keeps a line for the log, which shows it below the request's own line. Returns false if the request already has
    /// 256 lines.
    mutating func addLine(_ line: [UInt8]) -> Bool {
        guard lines.count < 256 else { return false }
        lines.append(line)
        return true
    }

    /// Frees the memory that buffers keep for the next request.
    mutating func releaseMemory() { (line, parameters, responseHead) = ([], [], []) }

    /// Prepares for the next request, and keeps the memory.
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
        if !originLines.isEmpty { originLines = [] }
        isHead = false
        isOwnPage = false
    }
}
