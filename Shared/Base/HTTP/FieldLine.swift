import Base

/// One line of a message's head: field-name ":" OWS field-value OWS (RFC 9112 §5), as places in the bytes that it was read
/// from. All heads are read by it: those that the runner takes from clients and from functions, those of Lambda's runtime
/// interface and those of providers.
public struct FieldLine {
    /// Why a line is none.
    public enum Fault: Error {
        /// The name is empty or no token, or there is no colon behind it.
        case name
        /// The value holds a control character.
        case value
    }

    /// The name of the parameter or the body field.
    public let name: Extent
    /// The text after the colon, including white space around the value.
    public let rest: Extent
    /// The value, without white space around it.
    public let value: Extent

    /// Reads the line that stands at `line`, without its line end.
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

    /// The name and the value of a line of text. A provider's line that is not quite as it should be is read all the same:
    /// with white space around its name, or with control characters in its value.
    public static func lenient(_ line: String) -> (name: String, value: String)? {
        func trimmed(_ part: Substring) -> String {
            var rest = part.drop { $0.isWhitespace }
            while rest.last?.isWhitespace == true { rest.removeLast() }
            return String(rest)
        }
        guard let (field, value) = line.unicodeScalars.cut(at: ":") else { return nil }
        let name = trimmed(Substring(field))
        // A line without a name is no field.
        return name.isEmpty ? nil : (name, trimmed(Substring(value)))
    }
}
