import Base

/// One line of a message's head: field-name ":" OWS field-value OWS (RFC 9112 §5), as positions in the bytes that
/// contain it. The initialiser reads strictly, for messages from clients and functions; `lenient` is for Lambda's
/// runtime interface and providers.
public struct FieldLine {
    /// The reason why a line is not a field line.
    public enum Fault: Error {
        /// The name is empty or not a token, or no colon follows it.
        case name
        /// The value contains a control character other than a tab.
        case value
    }

    /// The field's name.
    public let name: Extent
    /// The text after the colon, including white space around the value.
    public let rest: Extent
    /// The value, without white space around it.
    public let value: Extent

    /// Reads the line at the position `line`, which does not include the line end.
    ///
    /// - Throws: `Fault` if the line is not a field line.
    public init(_ bytes: UnsafeRawBufferPointer, at line: Extent) throws(Fault) {
        var position = line.start
        while position < line.end, ASCII.isToken(bytes[position]) { position += 1 }
        name = Extent(start: line.start, end: position)
        guard name.count > 0, position < line.end, bytes[at: position] == ASCII.colon else { throw .name }
        var value = Extent(start: position + 1, end: line.end)
        rest = value
        for byte in bytes[rest] where !ASCII.isFieldContent(byte) { throw .value }
        func isSpace(_ byte: UInt8?) -> Bool { byte == ASCII.space || byte == ASCII.tab }
        while value.count > 0, isSpace(bytes[at: value.start]) { value.start += 1 }
        while value.count > 0, isSpace(bytes[at: value.end - 1]) { value.end -= 1 }
        self.value = value
    }

    /// Returns the name and the value of a line of text. Returns nil if the line has no colon, or no name before the
    /// colon. White space around the name and control characters in the value are accepted, because some providers send
    /// them.
    public static func lenient(_ line: String) -> (name: String, value: String)? {
        func trimmed(_ part: Substring) -> String {
            var rest = part.drop { $0.isWhitespace }
            while rest.last?.isWhitespace == true { rest.removeLast() }
            return String(rest)
        }
        guard let (field, value) = line.unicodeScalars.cut(at: ":") else { return nil }
        let name = trimmed(Substring(field))
        return name.isEmpty ? nil : (name, trimmed(Substring(value)))
    }
}
