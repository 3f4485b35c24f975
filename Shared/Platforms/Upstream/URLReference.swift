import Base

/// A URI reference (RFC 3986 §4.1), reduced to the path and query that are to be requested next from the same server.
/// Its scheme and host are dropped, and checked only to see that it is an http or https reference. A server behind a
/// proxy often names itself by an internal host that clients can't reach.
public struct URLReference: Sendable, Equatable {
    /// Path and query, beginning with a slash. Characters that `UpstreamURL` does not accept are percent-encoded.
    public let target: String

    /// Reads a reference.
    ///
    /// - Parameters:
    ///   - text: The reference.
    ///   - base: The path and query that it is relative to (§5.2). Nil if a relative path is not allowed.
    /// - Returns: Nil if the text is not an http or https reference, if it contains control characters, if it is
    ///   relative and `base` is nil, or if it names only the URL that was requested.
    public init?(_ text: String, relativeTo base: String? = nil) {
        guard let encoded = Self.encoded(text) else { return nil }
        var rest = encoded.prefix { $0 != "#" }
        if let scheme = Self.scheme(of: rest) {
            rest = rest.dropFirst(scheme.count + 1)
            // Readers disagree on `https:path`: for some it is relative, for others an error.
            guard ["http", "https"].contains(scheme.lowercased()), rest.hasPrefix("//") else { return nil }
        }
        var path = rest.prefix { $0 != "?" }
        let query = rest.dropFirst(path.count)
        if path.hasPrefix("//") {
            path = path.dropFirst(2).drop { $0 != "/" }
            target = Self.withoutDots(path.isEmpty ? "/" : path) + query
            return
        }
        if path.hasPrefix("/") {
            target = Self.withoutDots(path) + query
            return
        }
        guard let base, !rest.isEmpty else { return nil }
        let basePath = base.prefix { $0 != "?" }
        if path.isEmpty {
            target = String(basePath + query)
            return
        }
        let folder = basePath.cut(atLast: "/")?.before ?? ""
        target = Self.withoutDots(folder + "/" + path) + query
    }

    /// Returns the target from `path` on, if its path is `path` or lies below it, possibly after a prefix. The prefix
    /// is the part that a proxy adds or removes. Returns nil if `path` does not occur.
    public func from(_ path: some StringProtocol) -> String? {
        guard !path.isEmpty else { return target }
        let ownPath = target.prefix { $0 != "?" }
        var rest = ownPath
        while let slash = rest.firstIndex(of: "/") {
            let candidate = rest.suffix(from: slash)
            if candidate.hasPrefix(path), candidate.dropFirst(path.count).prefix(1).allSatisfy({ $0 == "/" }) {
                return String(candidate + target.suffix(from: ownPath.endIndex))
            }
            rest = candidate.dropFirst()
        }
        return nil
    }

    /// Percent-encodes the bytes that `UpstreamURL` does not accept, apart from `#`. Returns nil if there are control
    /// characters.
    private static func encoded(_ text: String) -> String? {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case ..<0x20, 0x7F: return nil
            case 0x20, UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"), 0x80...:
                bytes += Array("%\(Hex.encode([byte]).uppercased())".utf8)
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Returns the text before the first colon if it has the form of a scheme (§3.1).
    private static func scheme(of text: Substring) -> Substring? {
        guard let (scheme, _) = text.cut(at: ":"), scheme.first?.isLetter == true else { return nil }
        return scheme.allSatisfy { $0.isLetter || $0.isNumber || "+-.".contains($0) } ? scheme : nil
    }

    /// Returns the path without `.` and `..` segments (§5.2.4).
    private static func withoutDots(_ path: some StringProtocol) -> String {
        var segments: [Substring] = []
        let parts = Substring(path).split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            // Servers decode %2e before they look for dots.
            switch part.replacing("%2e", with: ".").replacing("%2E", with: ".") {
            case ".": if isLast { segments.append("") }
            case "..":
                _ = segments.popLast()
                if isLast { segments.append("") }
            default: segments.append(part)
            }
        }
        return "/" + segments.joined(separator: "/")
    }
}
