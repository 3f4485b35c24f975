import Base

/// Decodes the chunked coding (RFC 9112 §7.1) of a request's body. Chunk extensions and trailer fields are skipped, and
/// their length is limited.
struct ChunkedDecoder {
    /// The number of bytes of extensions and trailer fields that one body may have.
    static let maximumOverhead = 8 << 10

    enum Progress: Equatable {
        case incomplete
        case complete
        case failed(RunnerError)
    }

    private enum State {
        case size(digits: Int)
        /// White space between the size and an extension's semicolon, which RFC 9112 calls "bad whitespace".
        case sizeSpace
        case `extension`
        case sizeLineFeed
        case data
        case dataCarriageReturn
        case dataLineFeed
        case trailerStart
        case trailer
        case trailerLineFeed
        case endLineFeed
    }

    private var state = State.size(digits: 0)
    private var remaining = 0
    private var overhead = 0

    /// Decodes `input` and appends the data to `body`, until that has `limit` bytes.
    mutating func decode(_ input: inout InputBuffer, into body: RequestBody, limit: Int) -> Progress {
        var position = 0
        do throws(RunnerError) {
            let progress = try decode(input.bytes, &position, into: body, limit: limit)
            input.consume(position)
            return progress
        } catch {
            return .failed(error)
        }
    }

    private mutating func decode(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int, into body: RequestBody, limit: Int
    ) throws(RunnerError) -> Progress {
        let malformed = Progress.failed(.badRequest("The chunked coding is malformed."))
        while position < bytes.count {
            if case .data = state {
                let length = min(remaining, bytes.count - position)
                try body.append(bytes[Extent(start: position, end: position + length)])
                position += length
                remaining -= length
                if remaining == 0 { state = .dataCarriageReturn }
                continue
            }
            let byte = bytes[position]
            position += 1
            switch (state, byte) {
            case (.size(let digits), _):
                if let digit = Hex.value(of: byte) {
                    guard digits < 15 else { return malformed }
                    remaining = remaining << 4 | Int(digit)
                    guard remaining <= limit - body.count else { return .failed(.bodyTooLarge) }
                    state = .size(digits: digits + 1)
                } else {
                    guard digits > 0 else { return malformed }
                    switch byte {
                    case UInt8(ascii: ";"): state = .extension
                    case ASCII.carriageReturn: state = .sizeLineFeed
                    case ASCII.space, ASCII.tab: state = .sizeSpace
                    default: return malformed
                    }
                }
            case (.sizeSpace, UInt8(ascii: ";")): state = .extension
            case (.sizeSpace, ASCII.space), (.sizeSpace, ASCII.tab):
                overhead += 1
                guard overhead <= Self.maximumOverhead else { return malformed }
            case (.extension, ASCII.carriageReturn): state = .sizeLineFeed
            case (.extension, _),
                (.trailer, _) where byte != ASCII.carriageReturn:
                overhead += 1
                guard ASCII.isFieldContent(byte), overhead <= Self.maximumOverhead else { return malformed }
            case (.sizeLineFeed, ASCII.lineFeed): state = remaining == 0 ? .trailerStart : .data
            case (.dataCarriageReturn, ASCII.carriageReturn): state = .dataLineFeed
            case (.dataLineFeed, ASCII.lineFeed): state = .size(digits: 0)
            case (.trailerStart, ASCII.carriageReturn): state = .endLineFeed
            case (.trailerStart, _):
                overhead += 1
                guard ASCII.isToken(byte), overhead <= Self.maximumOverhead else { return malformed }
                state = .trailer
            case (.trailer, _): state = .trailerLineFeed
            case (.trailerLineFeed, ASCII.lineFeed): state = .trailerStart
            case (.endLineFeed, ASCII.lineFeed): return .complete
            default: return malformed
            }
        }
        return .incomplete
    }
}
