import Base
import HTTP

/// A request target (RFC 9112 §3.2), as positions in the buffer that it was read from.
enum RequestTarget {
    /// A path, a query (without its question mark), and the host and port of an absolute-form target.
    case resource(path: Extent, query: Extent, host: Extent?)
    /// The asterisk of OPTIONS.
    case server

    /// Reads the target at `place`. Returns nil for forms that only proxies accept, and for any other text.
    init?(_ bytes: UnsafeRawBufferPointer, at place: Extent, method: UnsafeRawBufferPointer) {
        var path = place
        var host: Extent?
        if bytes[at: place.start] != ASCII.slash {
            if bytes[place].equals("*"), method.isExactly("OPTIONS") {
                self = .server
                return
            }
            guard let scheme = Self.schemeLength(bytes[place]) else { return nil }
            let start = place.start + scheme
            let isEnd = { (byte: UInt8) in byte == ASCII.slash || byte == UInt8(ascii: "?") }
            let end = bytes[from: start, to: place.end].firstIndex(where: isEnd) ?? place.end
            guard end > start, !bytes[from: start, to: end].contains(UInt8(ascii: "@")) else { return nil }
            host = Extent(start: start, end: end)
            path.start = end
        }
        var query = Extent(start: path.end, end: path.end)
        if let mark = bytes[from: path.start, to: path.end].firstIndex(of: UInt8(ascii: "?")) {
            query.start = mark + 1
            path.end = mark
        }
        self = .resource(path: path, query: query, host: host)
    }

    private static func schemeLength(_ target: UnsafeRawBufferPointer) -> Int? {
        for scheme: StaticString in ["http://", "https://"] where target.count > scheme.utf8CodeUnitCount {
            let length = scheme.utf8CodeUnitCount
            if UnsafeRawBufferPointer(rebasing: target.prefix(length)).equals(scheme) { return length }
        }
        return nil
    }
}

extension RequestTarget {
    /// Decodes %XX. Returns nil if an escape is malformed or stands for a control character. Keeps %2F, since it is
    /// part of a name and not a separator.
    static func decodePath(_ path: UnsafeRawBufferPointer) -> [UInt8]? {
        PercentEncoding.decode(path) { byte in
            byte < 0x20 || byte == 0x7F ? .refused : byte == ASCII.slash ? .kept : .decoded
        }
    }

    /// Returns the value of the first parameter with this name and a value in a query
    /// (application/x-www-form-urlencoded). Returns nil if there is none, or if a percent escape in the value is
    /// malformed.
    static func parameter(_ name: StaticString, in query: UnsafeRawBufferPointer) -> String? {
        for pair in query.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, UnsafeRawBufferPointer(rebasing: parts[0]).equals(name) else { continue }
            return PercentEncoding.decode(parts[1], plusIsSpace: true) { _ in .decoded }
                .map { String(decoding: $0, as: UTF8.self) }
        }
        return nil
    }
}
