/// The types of FastCGI records (FastCGI Specification 1.0, §8).
public enum RecordType: UInt8, Sendable {
    case beginRequest = 1
    case abortRequest
    case endRequest
    case params
    case stdin
    case stdout
    case stderr
    case data
    case getValues
    case getValuesResult
    case unknownType
}

/// The eight bytes before each record's content (§3.3): version, type, request id, lengths, big endian.
public struct RecordHeader: Sendable {
    /// The header's length in bytes.
    public static let length = 8
    /// The most that one record's content can hold, in bytes.
    public static let maximumContentLength = 65_535

    /// The type's number, which may be one that this implementation does not know.
    public let type: UInt8
    /// 0 for management records.
    public let requestID: UInt16
    /// Bytes of content after the header.
    public let contentLength: Int
    /// Bytes to skip after the content.
    public let paddingLength: Int

    /// Reads a header; nil when its version is not 1 or there are fewer than eight bytes.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.length, bytes[0] == 1 else { return nil }
        type = bytes[1]
        requestID = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        contentLength = Int(bytes[4]) << 8 | Int(bytes[5])
        paddingLength = Int(bytes[6])
    }
}

/// How a request ended (§5.5).
public enum ProtocolStatus: UInt8, Sendable {
    case requestComplete = 0
    case cannotMultiplex
    case overloaded
    case unknownRole
}

/// The responder's role number (§5.1), the only one served here.
public let responderRole: UInt16 = 1

extension [UInt8] {
    /// Appends one record. `content` is at most `RecordHeader.maximumContentLength` bytes.
    @inlinable public mutating func appendRecord(
        _ type: RecordType, requestID: UInt16, content: some Collection<UInt8>
    ) {
        appendHeader(type, requestID: requestID, contentLength: content.count)
        append(contentsOf: content)
    }

    /// Appends a stream's bytes as records of the largest size; nothing for no bytes, since an empty record
    /// ends the stream.
    public mutating func appendStream(
        _ type: RecordType, requestID: UInt16, content: UnsafeRawBufferPointer
    ) {
        var rest = content[...]
        while !rest.isEmpty {
            let part = rest.prefix(RecordHeader.maximumContentLength)
            appendHeader(type, requestID: requestID, contentLength: part.count)
            append(contentsOf: part)
            rest = rest.dropFirst(part.count)
        }
    }

    /// Appends FCGI_BEGIN_REQUEST (§5.1) for a responder.
    public mutating func appendBeginRequest(requestID: UInt16, keepConnection: Bool) {
        let role = responderRole
        appendRecord(
            .beginRequest, requestID: requestID,
            content: [
                UInt8(truncatingIfNeeded: role >> 8), UInt8(truncatingIfNeeded: role), keepConnection ? 1 : 0, 0, 0, 0,
                0, 0,
            ])
    }

    /// Appends FCGI_END_REQUEST (§5.5).
    public mutating func appendEndRequest(requestID: UInt16, _ status: ProtocolStatus) {
        appendRecord(.endRequest, requestID: requestID, content: [0, 0, 0, 0, status.rawValue, 0, 0, 0])
    }

    @usableFromInline mutating func appendHeader(_ type: RecordType, requestID: UInt16, contentLength: Int) {
        append(1)
        append(type.rawValue)
        append(UInt8(truncatingIfNeeded: requestID >> 8))
        append(UInt8(truncatingIfNeeded: requestID))
        append(UInt8(truncatingIfNeeded: contentLength >> 8))
        append(UInt8(truncatingIfNeeded: contentLength))
        append(0)
        append(0)
    }
}
