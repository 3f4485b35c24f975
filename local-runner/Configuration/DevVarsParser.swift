import Base

/// Reads the lines of a .dev.vars file.
///
/// - Blank lines and comments are ignored. A comment begins with # at the start of a line or value, or after white
///   space or a closing quote. `export ` before a name is allowed.
/// - 'Single quotes' and `backticks` keep their contents unchanged. "Double quotes" understand \n, \r, \t, \" and \\.
///   All of them may span lines.
/// - Nothing is interpolated: a $ is a $.
/// - Lines may end with LF, CR LF or CR; within quotes, each of these becomes LF. A byte order mark is ignored.
struct DevVarsParser {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var problems = Problems()

    init(_ bytes: [UInt8]) {
        let text = bytes.starts(with: "\u{FEFF}".utf8) ? bytes.dropFirst(3) : bytes[...]
        var lines: [UInt8] = []
        lines.reserveCapacity(text.count)
        var isAfterReturn = false
        for byte in text {
            // A line feed after a carriage return belongs to the same line break.
            if byte != UInt8(ascii: "\n") || !isAfterReturn {
                lines.append(byte == UInt8(ascii: "\r") ? UInt8(ascii: "\n") : byte)
            }
            isAfterReturn = byte == UInt8(ascii: "\r")
        }
        self.bytes = lines
    }

    /// Returns true if `name` may be the name of a variable: letters, digits and underscores, not beginning with a
    /// digit.
    static func isVariableName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    /// Returns the values by name. Throws the problems of all lines together. No message contains text of the file: a
    /// line may belong to a secret of several lines without quotes, such as a key whose base64 ends with an equals sign.
    mutating func parse(file: String) throws(ConfigurationError) -> [String: Secret] {
        var values: [String: Secret] = [:]
        while position < bytes.count {
            let place = "line \(line)"
            guard let name = takeName(place) else { continue }
            guard let value = takeValue(place) else { continue }
            if !Self.isVariableName(name) {
                problems.add(
                    place,
                    "has no variable name before the =; use letters, digits and underscores, and quotes around a value "
                        + "of several lines.")
            } else if values[name] != nil {
                problems.add(place, "defines a variable that an earlier line defines too; keep one.")
            } else {
                values[name] = Secret(value)
            }
        }
        try problems.check(file)
        return values
    }

    /// Reads the name and the equals sign. Returns nil, and reads the whole line, for an empty line or a comment, and
    /// after adding a problem.
    private mutating func takeName(_ place: String) -> String? {
        let rest = bytes.dropFirst(position).prefix { $0 != UInt8(ascii: "\n") }
        guard let first = Self.trim(rest).first, first != UInt8(ascii: "#") else {
            takeLine()
            return nil
        }
        guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else {
            problems.add(place, "has no =; write KEY=VALUE.")
            takeLine()
            return nil
        }
        position = equals + 1
        let name = Self.trim(rest.prefix { $0 != UInt8(ascii: "=") })
        let exported = name.dropFirst("export".utf8.count)
        let isExported = name.starts(with: "export".utf8) && exported.first.map(Self.isBlank) == true
        return Self.text(isExported ? Self.trim(exported) : name)
    }

    /// Reads the value and the end of its line. Returns nil after adding a problem.
    private mutating func takeValue(_ place: String) -> String? {
        while let byte = next, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { position += 1 }
        guard let quote = next, "\"'`".utf8.contains(quote) else {
            return Self.text(Self.trim(Self.withoutComment(takeLine())))
        }
        position += 1
        guard let value = takeQuoted(until: quote) else {
            problems.add(place, "has an opening quote and no closing one.")
            return nil
        }
        let rest = Self.trim(Self.withoutComment(takeLine()))
        guard rest.isEmpty else {
            problems.add(
                place, "has text after the closing quote; inside double quotes, write \\\" for a quote.")
            return nil
        }
        return Self.text(value)
    }

    private mutating func takeQuoted(until quote: UInt8) -> [UInt8]? {
        var value: [UInt8] = []
        while let byte = next {
            position += 1
            if byte == quote { return value }
            if byte == UInt8(ascii: "\n") { line += 1 }
            guard quote == UInt8(ascii: "\""), byte == UInt8(ascii: "\\"), let escaped = next else {
                value.append(byte)
                continue
            }
            let meant: UInt8? =
                switch escaped {
                case UInt8(ascii: "n"): 0x0A
                case UInt8(ascii: "r"): 0x0D
                case UInt8(ascii: "t"): 0x09
                case UInt8(ascii: "\""), UInt8(ascii: "\\"): escaped
                default: nil
                }
            if meant != nil { position += 1 }
            value.append(meant ?? byte)
        }
        return nil
    }

    private var next: UInt8? { bytes[at: position] }

    @discardableResult
    private mutating func takeLine() -> ArraySlice<UInt8> {
        let rest = bytes.dropFirst(position).prefix { $0 != UInt8(ascii: "\n") }
        position = min(rest.endIndex + 1, bytes.count)
        line += 1
        return rest
    }

    private static func text(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

    private static func trim(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
        return rest
    }

    private static func withoutComment(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var isAfterBlank = true
        return bytes.prefix { byte in
            defer { isAfterBlank = isBlank(byte) }
            return byte != UInt8(ascii: "#") || !isAfterBlank
        }
    }
}
