import Base

/// JSON with comments and trailing commas, as editors and wrangler accept it: `// …` to the end of a line, `/* … */`,
/// and a comma after the last member or element.
enum CommentedJSON {
    /// Returns the document as JSON: comments and trailing commas are replaced by spaces, so that lines and columns
    /// stay. A comment without an end stays as it is, and the parser reports it.
    static func plain(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        var index = 0
        /// The position of a comma that only white space and comments have followed.
        var comma: Int?
        /// The last byte outside white space and comments, and the one before it. A string counts as one byte.
        var (last, beforeLast): (UInt8, UInt8) = (0, 0)
        while let byte = bytes[at: index] {
            switch byte {
            case UInt8(ascii: "\""):
                index = endOfString(bytes, from: index)
                (comma, beforeLast, last) = (nil, last, byte)
            case UInt8(ascii: "/"):
                guard let end = endOfComment(bytes, from: index) else { return result }
                for spot in index..<end where !isLineBreak(bytes[spot]) { result[spot] = UInt8(ascii: " ") }
                index = end
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): index += 1
            default:
                let isEnd = byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
                // [,] and [1,,] have a comma without anything before it.
                let hasValue = ![UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ":")]
                    .contains(beforeLast)
                if isEnd, hasValue, let comma { result[comma] = UInt8(ascii: " ") }
                comma = byte == UInt8(ascii: ",") ? index : nil
                (beforeLast, last) = (last, byte)
                index += 1
            }
        }
        return result
    }

    private static func isLineBreak(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

    /// Returns the index after a string's closing quotation mark, or the number of bytes if there is none.
    private static func endOfString(_ bytes: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while let byte = bytes[at: index] {
            if byte == UInt8(ascii: "\"") { return index + 1 }
            index += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return bytes.count
    }

    /// Returns the index after the comment that begins at `start`. Returns nil if no comment does, or if it has no end.
    private static func endOfComment(_ bytes: [UInt8], from start: Int) -> Int? {
        switch bytes[at: start + 1] {
        case UInt8(ascii: "/"):
            var index = start + 2
            while let byte = bytes[at: index], !isLineBreak(byte) { index += 1 }
            return min(index, bytes.count)
        case UInt8(ascii: "*"):
            var index = start + 2
            while let byte = bytes[at: index] {
                if byte == UInt8(ascii: "*"), bytes[at: index + 1] == UInt8(ascii: "/") { return index + 2 }
                index += 1
            }
            return nil
        default: return nil
        }
    }
}
