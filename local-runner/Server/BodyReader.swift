/// Takes a request's body off the connection's input, as its framing says (RFC 9112 §6.3).
enum BodyReader {
    /// So many bytes are still to come.
    case length(Int)
    case chunked(ChunkedDecoder)

    /// Moves what `input` holds of the body into `body`, at most `limit` bytes in all.
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
