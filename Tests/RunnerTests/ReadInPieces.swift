import Base
import HTTP

@testable import local_runner

/// Runs the runner's readers on bytes in pieces of `step` bytes. Tests/fuzz uses it too.
enum ReadInPieces {
    /// Returns the head, and 200 if it is complete, 0 if it is incomplete, or the status with which it is refused.
    static func head(_ bytes: [UInt8], step: Int) -> (status: Int, head: RequestHead) {
        var parser = RequestParser()
        for end in Array(stride(from: step, to: bytes.count, by: step)) + [bytes.count] {
            switch bytes.prefix(end).withUnsafeBytes({ parser.parse($0) }) {
            case .incomplete: continue
            case .complete: return (200, parser.head)
            case .failed(let error): return (error.status, parser.head)
            }
        }
        return (0, parser.head)
    }

    /// Returns the decoded chunked body, of at most `limit` bytes, and the decoder's last state.
    static func chunkedBody(_ bytes: [UInt8], step: Int, limit: Int) -> (
        progress: BodyReader.Progress, body: [UInt8]
    ) {
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { scratch.deallocate() }
        let budget = Budget(connections: 1)
        let store = BodyStore(budget: budget, folders: [], scratch: scratch, log: RunnerLog(descriptor: -1))
        var input = InputBuffer()
        var decoder = ChunkedDecoder()
        let body = RequestBody(store, budget.account([127, 0, 0, 1]))
        var progress = BodyReader.Progress.incomplete
        for start in stride(from: 0, to: bytes.count, by: step) where progress == .incomplete {
            bytes[start..<min(start + step, bytes.count)].withUnsafeBytes { input.append($0) }
            progress = decoder.decode(&input, into: body, limit: limit)
        }
        var content: [UInt8] = []
        while body.take(limit: 7, { content.append(contentsOf: $0) }) {}
        return (progress, content)
    }

    /// Returns the output and the errors in a function's records, with a zero byte for the end of the output and one
    /// for the end of the request.
    static func records(_ bytes: [UInt8], step: Int) -> [UInt8] {
        var reader = RecordReader()
        var output: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: step) {
            let goesOn = bytes[start..<min(start + step, bytes.count)].withUnsafeBytes { part in
                reader.read(part) { event in
                    switch event {
                    case .output(let bytes), .error(let bytes): output += bytes
                    case .endOfOutput, .endOfRequest: output.append(0)
                    }
                    return true
                }
            }
            if !goesOn { break }
        }
        return output
    }
}
