import FastCGI

/// Decodes FastCGI records from a stream that comes in pieces of any size.
struct RecordReader {
    enum Event {
        /// A part of the function's output.
        case output(UnsafeRawBufferPointer)
        /// The end of the function's output.
        case endOfOutput
        /// A part of the function's standard error stream.
        case error(UnsafeRawBufferPointer)
        /// The end of the request.
        case endOfRequest
    }

    private var header: [UInt8] = []
    private var type: RecordType?
    private var content = 0
    private var padding = 0

    /// Decodes more bytes and calls `body` with each event. Returns false if the bytes are not FastCGI records or if
    /// `body` returns false.
    mutating func read(_ bytes: UnsafeRawBufferPointer, _ body: (Event) -> Bool) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            if content > 0 {
                let part = rest.prefix(content)
                rest = rest.dropFirst(part.count)
                content -= part.count
                guard deliver(UnsafeRawBufferPointer(rebasing: part), body) else { return false }
            } else if padding > 0 {
                let length = min(padding, rest.count)
                rest = rest.dropFirst(length)
                padding -= length
            } else if header.isEmpty, rest.count >= RecordHeader.length {
                guard begin(UnsafeRawBufferPointer(rebasing: rest), body) else { return false }
                rest = rest.dropFirst(RecordHeader.length)
            } else {
                let part = rest.prefix(RecordHeader.length - header.count)
                header.append(contentsOf: part)
                rest = rest.dropFirst(part.count)
                guard header.count == RecordHeader.length else { return true }
                let whole = header
                header.removeAll(keepingCapacity: true)
                guard whole.withUnsafeBytes({ begin($0, body) }) else { return false }
            }
        }
        return true
    }

    private mutating func begin(_ bytes: UnsafeRawBufferPointer, _ body: (Event) -> Bool) -> Bool {
        guard let header = RecordHeader(bytes) else { return false }
        type = RecordType(rawValue: header.type)
        content = header.contentLength
        padding = header.paddingLength
        guard type == .stdout, content == 0 else { return true }
        return body(.endOfOutput)
    }

    private func deliver(_ part: UnsafeRawBufferPointer, _ body: (Event) -> Bool) -> Bool {
        switch type {
        case .stdout: body(.output(part))
        case .stderr: body(.error(part))
        case .endRequest: content > 0 || body(.endOfRequest)
        default: true
        }
    }
}
