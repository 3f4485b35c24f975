import FastCGI

/// Reads and writes the records of one connection.
///
/// While a process waits for a peer it can't serve others. Therefore a peer may not be silent for long within a
/// request, and the total time in which a request arrives is limited too.
final class FastCGIRecords {
    /// The longest time in seconds that a peer may send nothing of a request, or accept nothing of a response. If it
    /// has accepted part of a write, it may then be silent for up to twice as long.
    static let longestSilence = 30

    private let descriptor: Descriptor
    private let longestRequest: Int
    private var buffer = [UInt8](repeating: 0, count: 16_384)
    private var unread = 0..<0
    /// The time at which reading of the current request began, and the number of its bytes that have been read from the
    /// connection. Nil before the first one.
    private var request: (start: ContinuousClock.Instant, received: Int)?

    /// Creates a reader and writer on `descriptor`. Bytes of a request beyond the first `longestRequest` don't extend
    /// its time limit.
    init(_ descriptor: Descriptor, longestRequest: Int) {
        self.descriptor = descriptor
        self.longestRequest = longestRequest
    }

    /// Prepares for the next request, part of which may already be in the buffer.
    func beginRequest() { request = unread.isEmpty ? nil : (.now, 0) }

    /// Returns the next record. Returns nil at the end of the connection.
    ///
    /// - Throws: `Descriptor.Closed` if the connection ends within a record or can't be read, or if the input is not a
    ///   record; `Descriptor.TimedOut` if the request arrives too slowly.
    func next() throws -> (RecordHeader, content: [UInt8])? {
        guard try fill(RecordHeader.length) else { return nil }
        let header = buffer.withUnsafeBytes { RecordHeader(.init(rebasing: $0[unread])) }
        guard let header else { throw Descriptor.Closed() }
        unread.removeFirst(RecordHeader.length)
        guard try fill(header.contentLength + header.paddingLength) else { throw Descriptor.Closed() }
        let content = Array(buffer[unread.prefix(header.contentLength)])
        unread.removeFirst(header.contentLength + header.paddingLength)
        return (header, content)
    }

    /// Writes the records that `body` appends.
    func write(_ body: (inout [UInt8]) throws -> Void) throws {
        var output: [UInt8] = []
        try body(&output)
        try flush(&output, ifLongerThan: 0)
    }

    /// If the output is longer than `length` bytes, writes it and empties it, so that memory does not grow with a
    /// response.
    func flush(_ output: inout [UInt8], ifLongerThan length: Int) throws {
        guard output.count > length else { return }
        try descriptor.write(output)
        output.removeAll(keepingCapacity: true)
    }

    /// True if bytes have been read that `next` has not returned.
    var hasBufferedInput: Bool { !unread.isEmpty }

    /// Ends the connection in the middle of a response, in a way that makes the web server pass the failure on to its
    /// client. nginx treats the mere end of a connection as the end of the response, unless fastcgi_keep_conn is on. No
    /// record of the protocol states a failure, and web servers ignore the application status of END_REQUEST. Therefore
    /// the last bytes sent are not a valid record, and then the connection is reset.
    func breakOff() throws {
        try descriptor.write([UInt8](repeating: 0, count: RecordHeader.length))
        descriptor.resetAtClose()
    }

    /// Reads until there are `count` unread bytes. Returns false if the connection ends before the first of them.
    private func fill(_ count: Int) throws -> Bool {
        guard unread.count < count else { return true }
        buffer.replaceSubrange(0..<unread.count, with: Array(buffer[unread]))
        unread = 0..<unread.count
        if buffer.count < count { buffer += [UInt8](repeating: 0, count: count - buffer.count) }
        while unread.count < count {
            if let request, request.start.duration(to: .now) > longestTime(request.received) {
                throw Descriptor.TimedOut()
            }
            let read = try buffer.withUnsafeMutableBytes {
                try descriptor.read(into: .init(rebasing: $0[unread.upperBound...]))
            }
            guard read > 0 else {
                guard unread.isEmpty else { throw Descriptor.Closed() }
                return false
            }
            unread = 0..<unread.upperBound + read
            request = (request?.start ?? .now, (request?.received ?? 0) + read)
        }
        return true
    }

    /// Returns the time limit for a request of which this number of bytes has arrived: 30 seconds, plus one second for
    /// every 8,000 bytes, of which at most `longestRequest` count.
    private func longestTime(_ received: Int) -> Duration {
        .seconds(Self.longestSilence) + .milliseconds(min(received, longestRequest) / 8)
    }
}
