/// The lines of a Swift file, and the same lines as code only: without comments and without the text of string
/// literals.
struct SwiftSource {
    /// The lines of the file, without leading spaces and tabs.
    let lines: [String]
    /// The lines of the file without comments. A string literal becomes `""`, with only the code of its interpolations.
    let code: [String]

    init(_ text: String) {
        let bytes = Array(text.utf8)
        var reader = Reader(bytes: bytes)
        reader.readCode(untilClosed: false)
        code = Self.split(String(decoding: reader.code, as: UTF8.self))
        lines = Self.split(text).map { line in
            let start = line.drop { $0 == " " || $0 == "\t" }
            return String(start)
        }
    }

    private static func split(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private struct Reader {
        let bytes: [UInt8]
        var code: [UInt8] = []
        private var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        private func starts(with text: String) -> Bool { bytes.dropFirst(position).starts(with: text.utf8) }

        /// Skips bytes, but keeps line ends, so that line numbers do not change.
        private mutating func skip(_ count: Int) {
            for byte in bytes.dropFirst(position).prefix(count) where byte == UInt8(ascii: "\n") { code.append(byte) }
            position += count
        }

        /// Reads code to the end or, if `untilClosed` is true, to the parenthesis that closes an interpolation.
        mutating func readCode(untilClosed: Bool) {
            var depth = 0
            while position < bytes.count {
                let byte = bytes[position]
                if byte == UInt8(ascii: "/"), starts(with: "//") {
                    skip(bytes.dropFirst(position).prefix { $0 != UInt8(ascii: "\n") }.count)
                } else if byte == UInt8(ascii: "/"), starts(with: "/*") {
                    while position < bytes.count, !starts(with: "*/") { skip(1) }
                    skip(2)
                } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "#"), let quotes = openingQuotes {
                    skip(quotes.open.utf8.count)
                    readLiteral(quotes)
                } else {
                    if byte == UInt8(ascii: "(") { depth += 1 }
                    if byte == UInt8(ascii: ")") {
                        if untilClosed, depth == 0 { return }
                        depth -= 1
                    }
                    code.append(byte)
                    position += 1
                }
            }
        }

        private typealias Quotes = (open: String, close: String, escape: String)

        private var openingQuotes: Quotes? {
            let hashes = bytes.dropFirst(position).prefix { $0 == UInt8(ascii: "#") }.count
            for quotes in ["\"\"\"", "\""] {
                let marks = String(repeating: "#", count: hashes)
                if starts(with: marks + quotes) { return (marks + quotes, quotes + marks, "\\" + marks) }
            }
            return nil
        }

        private mutating func readLiteral(_ quotes: Quotes) {
            code.append(UInt8(ascii: "\""))
            let interpolation = quotes.escape + "("
            while position < bytes.count, !starts(with: quotes.close) {
                if starts(with: interpolation) {
                    skip(quotes.escape.utf8.count + 1)
                    code.append(contentsOf: "\\(".utf8)
                    readCode(untilClosed: true)
                    code.append(UInt8(ascii: ")"))
                    skip(1)
                } else {
                    skip(starts(with: quotes.escape) ? quotes.escape.utf8.count + 1 : 1)
                }
            }
            skip(quotes.close.utf8.count)
            code.append(UInt8(ascii: "\""))
        }
    }
}
