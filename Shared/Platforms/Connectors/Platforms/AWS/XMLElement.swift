import Base

/// An element of an XML document (XML 1.0), limited to the parts that web services use: elements and text. Attributes
/// are skipped. Document types are not supported, so only the five predefined entities and character references exist.
struct XMLElement: Equatable {
    let name: String
    /// The element's text; empty if it has child elements.
    fileprivate(set) var text = ""
    fileprivate(set) var children: [XMLElement] = []

    fileprivate init(_ name: String) { self.name = name }

    /// Reads a document in UTF-8. Throws an error if it is malformed, nested too deeply or has too many elements.
    init(parsing bytes: [UInt8]) throws(XMLSyntaxError) {
        var reader = XMLReader(bytes)
        self = try reader.document()
    }

    /// Returns the first child with this name.
    subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    /// Returns a child's text; nil if it is missing or empty.
    func text(_ name: String) -> String? { self[name].flatMap { $0.text.isEmpty ? nil : $0.text } }

    /// Returns a child's date and time; nil if it is missing, not a date, or stands for "never".
    func date(_ name: String) -> Timestamp? { text(name).flatMap { Timestamp(inRecord: $0) } }

    /// Returns the elements of a list in the form of the AWS query protocol: the `member` elements of a child. Returns
    /// none if there is no such child.
    func members(_ name: String) -> [XMLElement] { self[name]?.children.filter { $0.name == "member" } ?? [] }
}

/// The error for a document that is not well-formed, uses XML that is not supported here, or exceeds a limit.
struct XMLSyntaxError: Error, Equatable {}

/// Reads one document byte by byte.
private struct XMLReader {
    private static let maximumDepth = 64
    /// The largest number of elements. An element takes many times as much memory as its text in the document, so a
    /// limit on the document's length alone would not limit the memory.
    private static let maximumElementCount = 250_000
    private var elementCount = 0
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { bytes[at: position] }

    mutating func document() throws(XMLSyntaxError) -> XMLElement {
        // UTF-8 may begin with a byte order mark (XML 1.0, appendix F.1).
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        try skipProlog()
        let root = try element(depth: 0)
        try skipProlog()
        guard position == bytes.count else { throw XMLSyntaxError() }
        return root
    }

    /// Skips white space, comments, and processing instructions such as the declaration.
    private mutating func skipProlog() throws(XMLSyntaxError) {
        while true {
            skipSpace()
            if starts("<?") {
                try skip(past: "?>")
            } else if starts("<!--") {
                try skip(past: "-->")
            } else {
                return
            }
        }
    }

    private mutating func element(depth: Int) throws(XMLSyntaxError) -> XMLElement {
        elementCount += 1
        guard depth < Self.maximumDepth, elementCount <= Self.maximumElementCount, starts("<") else {
            throw XMLSyntaxError()
        }
        position += 1
        var element = XMLElement(try name())
        if try attributesEndEmpty() { return element }
        var text: [UInt8] = []
        while true {
            guard position < bytes.count else { throw XMLSyntaxError() }
            if starts("<!--") {
                try skip(past: "-->")
            } else if starts("<![CDATA[") {
                position += 9
                let start = position
                try skip(past: "]]>")
                text += bytes[from: start, to: position - 3]
            } else if starts("</") {
                position += 2
                guard try name() == element.name else { throw XMLSyntaxError() }
                skipSpace()
                try expect(">")
                break
            } else if starts("<") {
                element.children.append(try self.element(depth: depth + 1))
            } else {
                try appendCharacter(to: &text)
            }
        }
        guard let string = StreamSafeText.read(text) else { throw XMLSyntaxError() }
        // Text next to child elements is taken for layout.
        element.text = element.children.isEmpty ? string : ""
        return element
    }

    /// Skips the attributes of a start tag and returns true if the tag is that of an empty element.
    private mutating func attributesEndEmpty() throws(XMLSyntaxError) -> Bool {
        while true {
            skipSpace()
            if starts("/>") {
                position += 2
                return true
            }
            if starts(">") {
                position += 1
                return false
            }
            _ = try name()
            skipSpace()
            try expect("=")
            skipSpace()
            guard let quote = next, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"),
                let end = bytes.dropFirst(position + 1).firstIndex(of: quote),
                !bytes[from: position, to: end].contains(UInt8(ascii: "<"))
            else { throw XMLSyntaxError() }
            position = end + 1
        }
    }

    private mutating func appendCharacter(to text: inout [UInt8]) throws(XMLSyntaxError) {
        guard let byte = next else { throw XMLSyntaxError() }
        guard byte == UInt8(ascii: "&") else {
            text.append(byte)
            position += 1
            return
        }
        guard let end = bytes[from: position, to: position + 12].firstIndex(of: UInt8(ascii: ";")) else {
            throw XMLSyntaxError()
        }
        let entity = String(decoding: bytes[from: position + 1, to: end], as: UTF8.self)
        position = end + 1
        switch entity {
        case "lt": text.append(UInt8(ascii: "<"))
        case "gt": text.append(UInt8(ascii: ">"))
        case "amp": text.append(UInt8(ascii: "&"))
        case "quot": text.append(UInt8(ascii: "\""))
        case "apos": text.append(UInt8(ascii: "'"))
        default:
            let isHexadecimal = entity.hasPrefix("#x")
            guard entity.hasPrefix("#"),
                let number = UInt32(entity.dropFirst(isHexadecimal ? 2 : 1), radix: isHexadecimal ? 16 : 10),
                let scalar = Unicode.Scalar(number), number > 0
            else { throw XMLSyntaxError() }
            text += Array(String(Character(scalar)).utf8)
        }
    }

    private mutating func name() throws(XMLSyntaxError) -> String {
        let start = position
        while let byte = next {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: ":"), 0x80...0xFF:
                position += 1
            default:
                guard position > start, let name = StreamSafeText.read(Array(bytes[from: start, to: position])) else {
                    throw XMLSyntaxError()
                }
                return name
            }
        }
        throw XMLSyntaxError()
    }

    private func starts(_ text: StaticString) -> Bool {
        bytes.dropFirst(position).starts(
            with: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func expect(_ text: StaticString) throws(XMLSyntaxError) {
        guard starts(text) else { throw XMLSyntaxError() }
        position += text.utf8CodeUnitCount
    }

    private mutating func skip(past text: StaticString) throws(XMLSyntaxError) {
        while position < bytes.count, !starts(text) { position += 1 }
        try expect(text)
    }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }
}
