/// Text in the Stream-Safe Text Format (Unicode Standard Annex #15, §13): at most 30 combining marks in a row.
///
/// Swift compares and hashes text in its canonical form, for which it sorts the marks on one letter; a million of them
/// would take minutes. After 30 marks, more than any language needs, a combining grapheme joiner goes in between, which
/// shows as nothing and ends the row. Readers of outside text make their strings here.
public enum StreamSafeText {
    private static let mostMarks = 30
    private static let joiner: Unicode.Scalar = "\u{34F}"

    /// The text of bytes in UTF-8; nil when they are not.
    public static func read(_ bytes: [UInt8]) -> String? {
        String(validating: bytes, as: UTF8.self).map(read)
    }

    /// The text, with joiners where it needs some.
    public static func read(_ text: String) -> String {
        // The first combining mark is U+0300, of two bytes from 0xCC on.
        guard text.utf8.count > mostMarks * 2, text.utf8.contains(where: { $0 >= 0xCC }) else { return text }
        var scalars = String.UnicodeScalarView()
        var marks = 0
        for scalar in text.unicodeScalars {
            marks = scalar.properties.canonicalCombiningClass == .notReordered ? 0 : marks + 1
            if marks > mostMarks {
                scalars.append(joiner)
                marks = 1
            }
            scalars.append(scalar)
        }
        return String(scalars)
    }
}
