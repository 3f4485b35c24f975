import HTTP

/// Separates a request's body from the following input by its framing (RFC 9112 §6.3).
enum BodyReader {
    /// A body of a declared length, with the number of bytes that are still missing.
    case length(Int)
    case chunked(ChunkedDecoder)

    /// The progress of reading a body.
    enum Progress: Equatable {
        case incomplete
        case complete
        case failed(RunnerError)
    }

    /// Moves the body's bytes from `input` into `body`. A chunked body fails if it has more than `limit` bytes; a
    /// declared length was checked with the head.
    mutating func read(_ input: inout InputBuffer, into body: RequestBody, limit: Int) -> Progress {
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

extension ChunkedDecoder {
    /// Decodes the chunks in `input` and appends their data to `body`. Fails if the coding is malformed, the data has
    /// more than `limit` bytes, or `body` can't take it.
    mutating func decode(
        _ input: inout InputBuffer, into body: RequestBody, limit: Int
    ) -> BodyReader.Progress {
        var position = 0
        let progress: Progress
        do throws(RunnerError) {
            progress = try decode(input.bytes, &position, limit: limit) { part throws(RunnerError) in
                try body.append(part)
            }
        } catch {
            return .failed(error)
        }
        input.consume(position)
        switch progress {
        case .incomplete: return .incomplete
        case .complete: return .complete
        case .malformed: return .failed(.badRequest("The chunked coding is malformed."))
        case .tooLarge: return .failed(.bodyTooLarge)
        }
    }
}
