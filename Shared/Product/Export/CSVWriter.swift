import Base
import Store

/// Writes CSV (RFC 4180): fields separated by commas, records ended by CRLF, in UTF-8. Null is an empty field.
///
/// A file begins with a byte order mark, without which Excel would not read it as UTF-8.
struct CSVWriter: ~Copyable {
    private var bytes: [UInt8] = [0xEF, 0xBB, 0xBF]
    private var isAtStart = true

    /// Passes on the bytes that have not been passed on yet, if there are more than `length`.
    mutating func flush(
        ifLongerThan length: Int = 65_536, to sink: (UnsafeRawBufferPointer) throws -> Void
    ) rethrows {
        guard bytes.count > length else { return }
        try bytes.withUnsafeBytes(sink)
        bytes.removeAll(keepingCapacity: true)
    }

    /// Writes a field of text. Text that looks like a formula gets an apostrophe.
    mutating func field(_ text: String) {
        separate()
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        protect(from: start)
    }

    /// Writes the value of a column of a row. Text that looks like a formula gets an apostrophe.
    mutating func field(_ row: any Row, _ index: Int, _ kind: Column.Kind) {
        separate()
        guard !row.isNull(index) else { return }
        switch kind {
        case .text, .moment, .json:
            let start = bytes.count
            row.appendText(index, to: &bytes)
            protect(from: start)
        case .boolean: bytes.append(contentsOf: (row.integer(index) != 0 ? "true" : "false").utf8)
        case .number: bytes.append(contentsOf: numberText(row, index).utf8)
        }
    }

    /// Writes a field that has no value.
    mutating func empty() { separate() }

    /// Ends a record.
    mutating func endRecord() {
        bytes.append(0x0D)
        bytes.append(0x0A)
        isAtStart = true
    }

    private mutating func separate() {
        if !isAtStart { bytes.append(UInt8(ascii: ",")) }
        isAtStart = false
    }

    /// Returns true for a byte that makes a field need quotes: a comma, a quote or a line break (RFC 4180 §2), and also
    /// a semicolon or a tab, which separate cells in spreadsheets of other languages. There, `x;=1+1` would become two
    /// cells, the second one a formula.
    private static func mustBeQuoted(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "\""), 0x0D, 0x0A: true
        default: false
        }
    }

    /// Adds quotes to the text from `start` on if it needs them, and an apostrophe if it looks like a formula.
    private mutating func protect(from start: Int) {
        let (isFormula, needsQuotes) = bytes.withUnsafeBufferPointer { bytes in
            let text = UnsafeBufferPointer(rebasing: bytes.dropFirst(start))
            let isFormula = SpreadsheetText.looksLikeFormula(text)
            return (isFormula, text.contains(where: Self.mustBeQuoted))
        }
        guard isFormula || needsQuotes else { return }
        let text = Array(bytes.dropFirst(start))
        bytes.removeLast(text.count)
        if needsQuotes { bytes.append(UInt8(ascii: "\"")) }
        if isFormula { bytes.append(SpreadsheetText.apostrophe) }
        for byte in text {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        if needsQuotes { bytes.append(UInt8(ascii: "\"")) }
    }
}

/// Returns the text of a numeric column.
func numberText(_ row: any Row, _ index: Int) -> String {
    if case .real(let number) = row.value(index) {
        String(decoding: JSONWriter.bytes(number), as: UTF8.self)
    } else {
        String(row.integer(index))
    }
}
