import Base

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

/// The eight bytes before the content of each record (§3.3): version, type, request id, content length, padding length
/// and one reserved byte. Numbers are big endian.
public struct RecordHeader: Sendable {
    /// The header's length in bytes.
    public static let length = 8
    /// The largest length of one record's content, in bytes.
    public static let maximumContentLength = 65_535

    /// The number of the record's type. It may be a type that `RecordType` does not contain.
    public let type: UInt8
    /// The id of the request that the record belongs to. It is 0 for management records.
    public let requestID: UInt16
    /// The number of bytes of content after the header.
    public let contentLength: Int
    /// The number of bytes to skip after the content.
    public let paddingLength: Int

    /// Reads a header. Returns nil if its version is not 1 or there are fewer than eight bytes.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.length, bytes[0] == 1 else { return nil }
        type = bytes[1]
        requestID = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        contentLength = Int(bytes[4]) << 8 | Int(bytes[5])
        paddingLength = Int(bytes[6])
    }
}

/// The reason why a request ended, as a FCGI_END_REQUEST record states it (§5.5).
public enum ProtocolStatus: UInt8, Sendable {
    case requestComplete = 0
    case cannotMultiplex
    case overloaded
    case unknownRole
}

/// The number of the responder role (§5.1), the only role that this implementation supports.
public let responderRole: UInt16 = 1

extension [UInt8] {
    /// Appends one record. `content` may have at most `RecordHeader.maximumContentLength` bytes.
    @inlinable public mutating func appendRecord(
        _ type: RecordType, requestID: UInt16, content: some Collection<UInt8>
    ) {
        appendHeader(type, requestID: requestID, contentLength: content.count)
        append(contentsOf: content)
    }

    /// Appends a stream's bytes as records, all of which, except perhaps the last, have the largest size. Appends
    /// nothing if there are no bytes, because an empty record ends the stream.
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

    /// Appends a FCGI_BEGIN_REQUEST record (§5.1) for the responder role.
    public mutating func appendBeginRequest(requestID: UInt16, keepConnection: Bool) {
        let role = responderRole
        appendRecord(
            .beginRequest, requestID: requestID,
            content: [
                UInt8(truncatingIfNeeded: role >> 8), UInt8(truncatingIfNeeded: role), keepConnection ? 1 : 0, 0, 0, 0,
                0, 0,
            ])
    }

    /// Appends a FCGI_END_REQUEST record (§5.5).
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

/// Encodes and decodes FastCGI's name-value pairs (FastCGI Specification 1.0, §3.4). Each pair is the name's length,
/// the value's length, the name and the value. A length up to 127 takes one byte; a larger one takes four bytes, the
/// first with its high bit set.
public enum NameValuePairs {
    /// Calls `body` with the name and the value of each complete pair. Returns false if the bytes end within a pair.
    public static func decode(_ bytes: [UInt8], _ body: (String, String) throws -> Void) rethrows -> Bool {
        var position = 0
        func length() -> Int? {
            guard let first = bytes[at: position] else { return nil }
            guard first & 0x80 != 0 else {
                position += 1
                return Int(first)
            }
            guard position + 4 <= bytes.count else { return nil }
            let value = bytes[from: position, to: position + 4].reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF
            position += 4
            return value
        }
        while position < bytes.count {
            guard let nameLength = length(), let valueLength = length(),
                nameLength + valueLength <= bytes.count - position
            else { return false }
            let value = position + nameLength
            let name = String(decoding: bytes[from: position, to: value], as: UTF8.self)
            position = value + valueLength
            try body(name, String(decoding: bytes[from: value, to: position], as: UTF8.self))
        }
        return true
    }

    /// Appends one pair.
    public static func append(_ name: String, _ value: String, to bytes: inout [UInt8]) {
        let name = name.utf8
        let value = value.utf8
        appendLength(name.count, to: &bytes)
        appendLength(value.count, to: &bytes)
        bytes.append(contentsOf: name)
        bytes.append(contentsOf: value)
    }

    /// Appends the length of a name or a value.
    public static func appendLength(_ length: Int, to bytes: inout [UInt8]) {
        if length < 128 {
            bytes.append(UInt8(truncatingIfNeeded: length))
        } else {
            bytes.append(UInt8(truncatingIfNeeded: length >> 24) | 0x80)
            bytes.append(UInt8(truncatingIfNeeded: length >> 16))
            bytes.append(UInt8(truncatingIfNeeded: length >> 8))
            bytes.append(UInt8(truncatingIfNeeded: length))
        }
    }
}
