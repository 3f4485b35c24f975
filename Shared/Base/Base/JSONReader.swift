/// The first fault in a JSON text: its place, and what is wrong there.
public struct JSONSyntaxError: Error, Equatable {
    /// The line, counted from 1.
    public let line: Int
    /// The column in bytes, counted from 1.
    public let column: Int
    /// The problem and, for some problems, how the text's author can correct it.
    public let advice: String
}

/// Decides how to read what the JSON specifications leave open or forbid.
public enum JSONPolicy: Sendable {
    /// The default, for texts whose authors can correct them, such as callers. These are errors: a name that occurs
    /// twice in one object (RFC 7493 §2.3; readers differ in which of the two values they take), half of a surrogate
    /// pair, bytes that are not UTF-8, unescaped control characters below U+0020 in strings, numbers out of range, and
    /// a byte order mark.
    case strict
    /// For providers, where a flaw in one name must not lose a page of a thousand records. Invalid bytes in strings and
    /// half surrogate pairs become U+FFFD, control characters are taken as they are, the last value of a repeated name
    /// counts, a number out of range becomes null, and a byte order mark is skipped.
    case lenient
}

/// Reads JSON (RFC 8259), strictly or leniently. More than 100 levels of nesting are an error.
///
/// A value needs up to a hundred times as much memory as text, so a limit on the text's length alone would not limit
/// memory. A text of more than a million values is therefore an error too. A million small objects take about 300 MB.
///
/// Foundation's decoder would also work, but it adds five megabytes to every static executable and takes a third of a
/// cold start.
struct JSONReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let policy: JSONPolicy
    private var position = 0
    private var depth = 0
    private var valueCount = 0
    private static let maximumDepth = 100
    static let maximumValueCount = 1_000_000
    /// The largest number of members whose names differ only in their normal form.
    private static let mostForms = 16

    static func read(_ bytes: [UInt8], _ policy: JSONPolicy) throws(JSONSyntaxError) -> JSON {
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<JSON, JSONSyntaxError> in
            var reader = JSONReader(bytes: buffer, policy)
            do throws(JSONSyntaxError) {
                return .success(try reader.document())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private init(bytes: UnsafeBufferPointer<UInt8>, _ policy: JSONPolicy) {
        self.bytes = bytes
        self.policy = policy
    }

    private var next: UInt8? { bytes[at: position] }

    private mutating func document() throws(JSONSyntaxError) -> JSON {
        if policy == .lenient, bytes.starts(with: "\u{FEFF}".utf8) { position = 3 }
        let value = try value()
        skipSpace()
        if next != nil { throw fault("text after the end of the document; remove it") }
        return value
    }

    private mutating func value() throws(JSONSyntaxError) -> JSON {
        skipSpace()
        valueCount += 1
        if valueCount > Self.maximumValueCount { throw fault("more than \(Self.maximumValueCount) values") }
        guard let next else { throw fault("the text ends where a value should stand") }
        switch next {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "/"): throw fault("JSON has no comments; remove this one")
        default:
            throw fault("a value should stand here: an object, an array, a string, a number, true or false")
        }
    }

    // MARK: Objects and arrays

    private mutating func object() throws(JSONSyntaxError) -> [String: JSON] {
        try nest()
        defer { depth -= 1 }
        var members: [String: JSON] = [:]
        if take("}") { return members }
        while true {
            skipSpace()
            let start = position
            guard next == UInt8(ascii: "\"") else {
                throw fault("a name in double quotes should stand here; there is no comma after the last member")
            }
            var name = try string()
            if policy == .lenient, name.utf8.contains(where: { $0 >= 0x80 }) { Self.distinguish(&name, in: members) }
            skipSpace()
            guard take(":") else { throw fault("a colon should stand between a name and its value") }
            guard members.updateValue(try value(), forKey: name) == nil || policy == .lenient else {
                throw fault("\"\(name)\" stands here twice; keep one", at: start)
            }
            skipSpace()
            if take("}") { return members }
            guard take(",") else { throw fault("a comma or the closing brace } should stand here") }
        }
    }

    /// Keeps Swift from treating two different names as one. Swift considers strings equal if they differ only in their
    /// normal form (é as one scalar or as two), but in JSON they are different names. Appends a combining grapheme
    /// joiner, which `StreamSafeText` uses too, to the second name, two of them to the third, and so on. The number of
    /// forms is limited, since a long name may have millions: a form beyond the limit replaces the last one.
    private static func distinguish(_ name: inout String, in members: [String: JSON]) {
        for _ in 1..<mostForms {
            guard let known = members.index(forKey: name), !members[known].key.utf8.elementsEqual(name.utf8) else {
                return
            }
            name += "\u{34F}"
        }
    }

    private mutating func array() throws(JSONSyntaxError) -> [JSON] {
        try nest()
        defer { depth -= 1 }
        var elements: [JSON] = []
        if take("]") { return elements }
        while true {
            skipSpace()
            if next == UInt8(ascii: "]") { throw fault("there is no comma after the last element; remove it") }
            elements.append(try value())
            skipSpace()
            if take("]") { return elements }
            guard take(",") else { throw fault("a comma or the closing bracket ] should stand here") }
        }
    }

    private mutating func nest() throws(JSONSyntaxError) {
        position += 1
        depth += 1
        if depth > Self.maximumDepth { throw fault("more than \(Self.maximumDepth) levels of nesting") }
        skipSpace()
    }

    // MARK: Strings

    private mutating func string() throws(JSONSyntaxError) -> String {
        let start = position
        position += 1
        var text: [UInt8] = []
        var copied = position
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                let rest = bytes[from: copied, to: position - 1]
                // Most strings have no escapes, so that their bytes can be used as they stand in the document.
                if text.isEmpty, let string = String(validating: UnsafeBufferPointer(rebasing: rest), as: UTF8.self) {
                    return StreamSafeText.read(string)
                }
                text.append(contentsOf: rest)
                if let string = StreamSafeText.read(text) { return string }
                guard policy == .lenient else { throw fault("this string is not UTF-8", at: start) }
                return StreamSafeText.read(String(decoding: text, as: UTF8.self))
            case UInt8(ascii: "\\"):
                text.append(contentsOf: bytes[from: copied, to: position - 1])
                text.append(contentsOf: try escape().utf8)
                copied = position
            case ..<0x20 where policy == .strict:
                throw fault("a string ends on its line; write \\n for a new line", at: position - 1)
            default: break
            }
        }
        throw fault("this string has no closing quote", at: start)
    }

    private mutating func escape() throws(JSONSyntaxError) -> Unicode.Scalar {
        let start = position - 1
        let byte = next
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte ?? 0)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try codeUnit()
            if let scalar = Unicode.Scalar(unit) { return scalar }
            // A scalar above U+FFFF is written as two surrogates (RFC 8259 §7).
            let behind = position
            if (0xD800..<0xDC00).contains(unit), take("\\"), take("u"),
                case let low = try codeUnit(), (0xDC00..<0xE000).contains(low),
                let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
            {
                return scalar
            }
            guard policy == .lenient else { throw fault("half a surrogate pair, which is no character", at: start) }
            // Continues to read right behind the half pair.
            position = behind
            return "\u{FFFD}"
        default: throw fault("unknown escape; a backslash itself is written \\\\", at: start)
        }
    }

    private mutating func codeUnit() throws(JSONSyntaxError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = next.flatMap(Hex.value) else { throw fault("\\u takes four hexadecimal digits") }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }

    // MARK: Numbers and words

    private mutating func number() throws(JSONSyntaxError) -> JSON {
        let start = position
        _ = take("-")
        let isZero = next == UInt8(ascii: "0")
        let whole = digits()
        var isWellFormed = whole > 0 && (!isZero || whole == 1)
        var isInteger = true
        if take(".") {
            isInteger = false
            isWellFormed = digits() > 0 && isWellFormed
        }
        if take("e") || take("E") {
            isInteger = false
            _ = take("+") || take("-")
            isWellFormed = digits() > 0 && isWellFormed
        }
        guard isWellFormed else { throw fault("not a number; they are written like 12, -3 or 0.5", at: start) }
        let text = String(decoding: bytes[from: start, to: position], as: UTF8.self)
        if isInteger, let integer = Int(text) { return .integer(integer) }
        if let number = Double(text), number.isFinite { return .number(number) }
        guard policy == .lenient else { throw fault("a number out of range", at: start) }
        return .null
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position - start
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONSyntaxError) -> JSON {
        let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes.dropFirst(position).starts(with: letters) else {
            throw fault("a value should stand here; text goes in double quotes")
        }
        position += letters.count
        return value
    }

    // MARK: Text

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private func fault(_ advice: String, at place: Int? = nil) -> JSONSyntaxError {
        let before = bytes.prefix(place ?? position)
        let newline = UInt8(ascii: "\n")
        let line = before.reduce(1) { $1 == newline ? $0 + 1 : $0 }
        let column = before.count - (before.lastIndex(of: newline).map { $0 + 1 } ?? 0) + 1
        return JSONSyntaxError(line: line, column: column, advice: advice)
    }
}
