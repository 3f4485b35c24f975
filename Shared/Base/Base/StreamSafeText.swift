/// Text in the Stream-Safe Text Format (Unicode Standard Annex #15, §13): at most 30 combining marks in a row.
///
/// Swift compares and hashes text in its canonical form, for which it sorts the marks of each letter; a million marks
/// on one letter would take minutes. After every 30 marks, more than any language needs, this type inserts a combining
/// grapheme joiner, which is invisible and ends the row of marks. The code that reads requests and providers' answers
/// makes its strings with this type.
public enum StreamSafeText {
    private static let mostMarks = 30
    private static let joiner: Unicode.Scalar = "\u{34F}"

    /// Returns the text of bytes in UTF-8, with joiners inserted after every 30 marks in a row. Returns nil if they are
    /// not UTF-8.
    public static func read(_ bytes: [UInt8]) -> String? {
        String(validating: bytes, as: UTF8.self).map(read)
    }

    /// Returns the text with joiners inserted after every 30 marks in a row.
    public static func read(_ text: String) -> String {
        // The first combining mark is U+0300. Its UTF-8 form has two bytes, of which the first is 0xCC; the first byte
        // of any later mark is at least 0xCC.
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
