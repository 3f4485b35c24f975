import Base

/// A URI reference (RFC 3986 §4.1) as far as it says what to ask the same server for next: its path and query. Its scheme
/// and host are not kept, and not looked at but for whether it is a reference of the web: behind a proxy a server calls
/// itself by another name, which may be one that no client could use.
public struct URLReference: Sendable, Equatable {
    /// Path and query; it begins with a slash. Characters that a URL does not have are percent-encoded.
    public let target: String

    /// Reads a reference.
    ///
    /// - Parameters:
    ///   - text: The reference.
    ///   - base: The path and query that it is relative to (§5.2). Nil if it may not be relative to a path.
    /// - Returns: Nil if the text is no reference, if it holds control characters, or if it names nothing but what was asked
    ///   for already.
    public init?(_ text: String, relativeTo base: String? = nil) {
        guard let encoded = Self.encoded(text) else { return nil }
        var rest = encoded.prefix { $0 != "#" }
        if let scheme = Self.scheme(of: rest) {
            rest = rest.dropFirst(scheme.count + 1)
            // `https:path` is relative for some readers and an error for others.
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

    /// Whether the target's path, but for what stands before it, is a path or lies below it; nil if not. What stands before
    /// is how the other side of a proxy calls the place.
    ///
    /// - Returns: The target from that path on.
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

    /// The text with every byte encoded that is not one of a URL; nil for control characters.
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

    /// What stands before the first colon, if that begins a URL (§3.1).
    private static func scheme(of text: Substring) -> Substring? {
        guard let (scheme, _) = text.cut(at: ":"), scheme.first?.isLetter == true else { return nil }
        return scheme.allSatisfy { $0.isLetter || $0.isNumber || "+-.".contains($0) } ? scheme : nil
    }

    /// A path without `.` and `..` (§5.2.4).
    private static func withoutDots(_ path: some StringProtocol) -> String {
        var segments: [Substring] = []
        let parts = Substring(path).split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            // Servers decode before they look.
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
