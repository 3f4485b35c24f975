import Base

/// Text in the form that a cell of SpreadsheetML takes.
enum XMLText {
    /// The largest number of UTF-16 units in a cell.
    static let longest = 32_767

    /// Turns the bytes from `start` on into the text of a cell: not a formula, not too long, and escaped.
    static func finish(_ bytes: inout [UInt8], from start: Int) {
        let (isFormula, isPlain) = bytes.withUnsafeBufferPointer { bytes in
            let text = UnsafeBufferPointer(rebasing: bytes.dropFirst(start))
            let isFormula = SpreadsheetText.looksLikeFormula(text)
            guard text.count <= longest else { return (isFormula, false) }
            for byte in text {
                switch byte {
                case ..<0x20, UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "_"), 0xEF:
                    return (isFormula, false)
                default: break
                }
            }
            return (isFormula, true)
        }
        if isPlain && !isFormula { return }
        let text = (isFormula ? "'" : "") + String(decoding: bytes.dropFirst(start), as: UTF8.self)
        bytes.removeLast(max(0, bytes.count - start))
        let scalars = Array(cut(text).unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "&": bytes.append(contentsOf: "&amp;".utf8)
            case "<": bytes.append(contentsOf: "&lt;".utf8)
            case ">": bytes.append(contentsOf: "&gt;".utf8)
            case "\t", "\n": bytes.append(contentsOf: String(scalar).utf8)
            // Control characters, which XML 1.0 can't contain, are written as _xHHHH_ (ISO/IEC 29500-1, 22.9.2.19). The
            // carriage return is too, since XML does not preserve it. An underscore that may begin such an escape, perhaps
            // together with the escape of a later character, is escaped itself.
            case ..<" ": bytes.append(contentsOf: "_x00\(Hex.encode(String(scalar).utf8))_".utf8)
            case "_" where scalars.dropFirst(index + 1).first == "x": bytes.append(contentsOf: "_x005F_".utf8)
            case "\u{FFFE}", "\u{FFFF}": bytes.append(contentsOf: "\u{FFFD}".utf8)
            default: bytes.append(contentsOf: String(scalar).utf8)
            }
        }
    }

    /// Returns a text, cut to the length that a cell holds. A cut text ends with an ellipsis.
    private static func cut(_ text: String) -> String {
        guard text.utf16.count > longest else { return text }
        var length = 0
        let kept = text.unicodeScalars.prefix { scalar in
            length += UTF16.width(scalar)
            return length < longest
        }
        return String(kept) + "…"
    }
}
