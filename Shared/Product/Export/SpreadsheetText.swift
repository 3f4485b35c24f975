/// The protection of text that a spreadsheet program might run as a formula.
enum SpreadsheetText {
    /// The character that is put before text that looks like a formula (OWASP, CSV Injection).
    static let apostrophe = UInt8(ascii: "'")

    /// Returns true if a spreadsheet may take the text for a formula: it begins with `=`, `+`, `-`, `@`, a tab or a
    /// line break, or with the full-width form of one of these signs. Byte order marks before it are ignored, since
    /// they are invisible and may be dropped.
    static func looksLikeFormula(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var text = text
        while text.first == 0xEF, text.starts(with: [0xEF, 0xBB, 0xBF]) {
            text = UnsafeBufferPointer(rebasing: text.dropFirst(3))
        }
        guard let first = text.first else { return false }
        switch first {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 0x09, 0x0A, 0x0D: return true
        // The bytes are those of U+FF1D, U+FF0B, U+FF0D and U+FF20.
        case 0xEF: return text.count > 2 && text[1] == 0xBC && [0x9D, 0x8B, 0x8D, 0xA0].contains(text[2])
        default: return false
        }
    }
}
