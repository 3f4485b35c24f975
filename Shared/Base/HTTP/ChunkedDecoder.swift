import Base

/// Decodes the chunked transfer coding of a body (RFC 9112 §7.1). Extensions and trailer fields are skipped, and their
/// length is limited.
public struct ChunkedDecoder: Sendable {
    /// The largest number of bytes of extensions, trailer fields and white space after sizes that one body may have.
    /// The semicolon that begins extensions, the first white space after a size, and line ends are not counted.
    public static let maximumOverhead = 8 << 10

    /// The progress of decoding a body.
    public enum Progress: Equatable, Sendable {
        case incomplete
        case complete
        case malformed
        /// The body has, or its next chunk announces, more data than its reader accepts.
        case tooLarge
    }

    private enum State {
        case size(digits: Int)
        /// In the white space between the size and an extension's semicolon, which RFC 9112 calls "bad whitespace".
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

    /// The number of bytes of data that have been decoded so far.
    private var count = 0

    /// Creates a decoder for the beginning of a body.
    public init() {}

    /// Decodes the bytes from `position` on, and moves `position` behind the bytes that were read. If the body is
    /// complete, those end with the body.
    ///
    /// - Parameters:
    ///   - limit: The largest number of bytes of data that the body may have.
    ///   - append: Receives each piece of the data in order.
    public mutating func decode<Failure: Error>(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int, limit: Int,
        append: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> Progress {
        while position < bytes.count {
            if case .data = state {
                let length = min(remaining, bytes.count - position)
                try append(bytes[Extent(start: position, end: position + length)])
                count += length
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
                    guard digits < 15 else { return .malformed }
                    remaining = remaining << 4 | Int(digit)
                    guard remaining <= limit - count else { return .tooLarge }
                    state = .size(digits: digits + 1)
                } else {
                    guard digits > 0 else { return .malformed }
                    switch byte {
                    case UInt8(ascii: ";"): state = .extension
                    case ASCII.carriageReturn: state = .sizeLineFeed
                    case ASCII.space, ASCII.tab: state = .sizeSpace
                    default: return .malformed
                    }
                }
            case (.sizeSpace, UInt8(ascii: ";")): state = .extension
            case (.sizeSpace, ASCII.space), (.sizeSpace, ASCII.tab):
                overhead += 1
                guard overhead <= Self.maximumOverhead else { return .malformed }
            case (.extension, ASCII.carriageReturn): state = .sizeLineFeed
            case (.extension, _),
                (.trailer, _) where byte != ASCII.carriageReturn:
                overhead += 1
                guard ASCII.isFieldContent(byte), overhead <= Self.maximumOverhead else { return .malformed }
            case (.sizeLineFeed, ASCII.lineFeed): state = remaining == 0 ? .trailerStart : .data
            case (.dataCarriageReturn, ASCII.carriageReturn): state = .dataLineFeed
            case (.dataLineFeed, ASCII.lineFeed): state = .size(digits: 0)
            case (.trailerStart, ASCII.carriageReturn): state = .endLineFeed
            case (.trailerStart, _):
                overhead += 1
                guard ASCII.isToken(byte), overhead <= Self.maximumOverhead else { return .malformed }
                state = .trailer
            case (.trailer, _): state = .trailerLineFeed
            case (.trailerLineFeed, ASCII.lineFeed): state = .trailerStart
            case (.endLineFeed, ASCII.lineFeed): return .complete
            default: return .malformed
            }
        }
        return .incomplete
    }
}
