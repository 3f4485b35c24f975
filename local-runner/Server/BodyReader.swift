/// Separates a request's body from the following input by its framing (RFC 9112 §6.3).
enum BodyReader {
    /// The number of bytes that are still missing.
    case length(Int)
    case chunked(ChunkedDecoder)

    /// Moves the body's bytes from `input` into `body`, until that has `limit` bytes.
    mutating func read(_ input: inout InputBuffer, into body: RequestBody, limit: Int) -> ChunkedDecoder.Progress {
        switch self {
        case .chunked(var decoder):
            let progress = decoder.decode(&input, into: body, limit: limit)
            self = .chunked(decoder)
            return progress
        case .length(let remaining):
            let part = Extent(start: 0, end: min(remaining, input.count))
            do throws(RunnerError) { try body.append(input.bytes[part]) } catch { return .failed(error) }
            input.consume(part.count)
            self = .length(remaining - part.count)
            return remaining == part.count ? .complete : .incomplete
        }
    }
}
