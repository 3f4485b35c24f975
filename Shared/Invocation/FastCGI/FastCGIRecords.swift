import FastCGI

/// The records of one connection.
///
/// A peer may neither be silent for long within a request nor take as long as it likes for one: a process serves nobody
/// else meanwhile.
final class FastCGIRecords {
    /// For so many seconds a peer may send nothing of a request, or take nothing of a response; of a part that it has begun to
    /// take, for twice as long.
    static let longestSilence = 30

    private let descriptor: Descriptor
    private let longestRequest: Int
    private var buffer = [UInt8](repeating: 0, count: 16_384)
    private var unread = 0..<0
    /// The time at which the first part of the request came, and the bytes that have come since then.
    private var request: (start: ContinuousClock.Instant, received: Int)?

    /// Records over `descriptor`. What comes of a request beyond `longestRequest` bytes earns it no more time.
    init(_ descriptor: Descriptor, longestRequest: Int) {
        self.descriptor = descriptor
        self.longestRequest = longestRequest
    }

    /// Makes ready for another request, some of which may have come already.
    func beginRequest() { request = unread.isEmpty ? nil : (.now, 0) }

    /// The next record; nil at the end of the connection. Throws when that comes within a record, when what came
    /// is no record, and `TimedOut` when the request comes too slowly.
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

    /// Writes what has been appended so far once it is longer than `length` bytes, so that memory does not grow with
    /// a response.
    func flush(_ output: inout [UInt8], ifLongerThan length: Int) throws {
        guard output.count > length else { return }
        try descriptor.write(output)
        output.removeAll(keepingCapacity: true)
    }

    /// True if something has been read that `next` has not returned.
    var hasBufferedInput: Bool { !unread.isEmpty }

    /// Ends the connection within a response, so that the web server passes the cut on to its client. nginx takes the mere end
    /// of a connection for the end of the response unless fastcgi_keep_conn is on, and the protocol has no record that says
    /// otherwise (an END_REQUEST's application status is ignored): so the last thing that comes is no record at all, and after it a
    /// reset.
    func breakOff() throws {
        try descriptor.write([UInt8](repeating: 0, count: RecordHeader.length))
        descriptor.resetAtClose()
    }

    /// Reads until `count` bytes are unread; false when the connection ends before the first of them.
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

    /// Half a minute, and a second more for each 8 KiB that have come.
    private func longestTime(_ received: Int) -> Duration {
        .seconds(Self.longestSilence) + .milliseconds(min(received, longestRequest) / 8)
    }
}
