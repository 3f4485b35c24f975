import Base

/// The parameters of a query string (application/x-www-form-urlencoded).
public struct Query: Sendable {
    private let parameters: [(name: String, value: String)]

    /// Reads the query string of a URL: the text after the first `?`. A further `?` is part of a name or a value (RFC
    /// 3986 §3.4). Returns nil if a percent escape is malformed, or if the decoded text is not UTF-8.
    public init?(_ text: some StringProtocol) {
        var parameters: [(name: String, value: String)] = []
        for pair in text.utf8.split(separator: UInt8(ascii: "&")) {
            let (before, behind) = pair.cut(at: UInt8(ascii: "=")) ?? (pair, pair.suffix(0))
            guard let name = PercentEncoding.decode(before, plusIsSpace: true),
                let value = PercentEncoding.decode(behind, plusIsSpace: true)
            else { return nil }
            parameters.append((name: name, value: value))
        }
        self.parameters = parameters
    }

    /// The names of the parameters, in their order. A name occurs as often as it is given.
    public var names: [String] { parameters.map(\.name) }

    /// Returns all values of a parameter in their order.
    public func values(_ name: String) -> [String] {
        parameters.filter { $0.name == name }.map(\.value)
    }
}

/// Percent-encoding (RFC 3986 §2.1).
public enum PercentEncoding {
    /// Returns the text with every byte percent-encoded except the unreserved characters (§2.3): letters, digits, `-`,
    /// `.`, `_` and `~`.
    public static func encode(_ text: String) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.append(byte)
            default: encoded += Array("%\(Hex.encode([byte]).uppercased())".utf8)
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Returns the decoded text with joiners where it has too many combining marks (`StreamSafeText`). Returns nil if a
    /// percent escape is malformed, or if the result is not UTF-8.
    public static func decode(_ bytes: some Sequence<UInt8>, plusIsSpace: Bool = false) -> String? {
        decode(bytes, plusIsSpace: plusIsSpace) { _ in .decoded }.flatMap(StreamSafeText.read)
    }

    /// The treatment of an escape: its byte is decoded, the escape is kept unchanged, or the whole text is refused.
    public enum Escape: Sendable {
        case decoded, kept, refused
    }

    /// Returns the bytes with the escapes treated as `treatment` says for the byte that each stands for. Returns nil if
    /// an escape is malformed or refused.
    public static func decode(
        _ bytes: some Sequence<UInt8>, plusIsSpace: Bool = false, _ treatment: (UInt8) -> Escape
    ) -> [UInt8]? {
        var decoded: [UInt8] = []
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte == UInt8(ascii: "+") && plusIsSpace ? UInt8(ascii: " ") : byte)
                continue
            }
            guard let first = rest.next(), let high = Hex.value(of: first), let second = rest.next(),
                let low = Hex.value(of: second)
            else { return nil }
            switch treatment(high << 4 | low) {
            case .decoded: decoded.append(high << 4 | low)
            case .kept: decoded += [byte, first, second]
            case .refused: return nil
            }
        }
        return decoded
    }
}
