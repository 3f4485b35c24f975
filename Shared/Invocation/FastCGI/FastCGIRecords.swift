import FastCGI

/// The records of one connection.
final class FastCGIRecords {
    private let descriptor: Descriptor
    private var buffer = [UInt8](repeating: 0, count: 16_384)
    private var unread = 0..<0

    init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    /// The next record; nil at the end of the connection. Throws when that comes within a record, or when what came
    /// is no record.
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

    /// Reads until `count` bytes are unread; false when the connection ends before the first of them.
    private func fill(_ count: Int) throws -> Bool {
        guard unread.count < count else { return true }
        buffer.replaceSubrange(0..<unread.count, with: Array(buffer[unread]))
        unread = 0..<unread.count
        if buffer.count < count { buffer += [UInt8](repeating: 0, count: count - buffer.count) }
        while unread.count < count {
            let read = try buffer.withUnsafeMutableBytes {
                try descriptor.read(into: .init(rebasing: $0[unread.upperBound...]))
            }
            guard read > 0 else {
                guard unread.isEmpty else { throw Descriptor.Closed() }
                return false
            }
            unread = 0..<unread.upperBound + read
        }
        return true
    }
}
