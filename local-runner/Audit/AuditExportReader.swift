import Base

/// Reads a response of POST /api/export-audit-log one entry at a time, so that memory does not grow with the file.
struct AuditExportReader {
    /// The parts of the document, in the order in which the file has them.
    enum Part {
        /// A member of the document itself, such as `total_entries`.
        case member(String, JSON)
        /// An element of `entries`.
        case entry(JSON)
    }

    /// The file is not an export of the audit log.
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    /// The maximum length of an entry or another value, in bytes.
    private static let longest = 64 << 20

    private enum Place { case document, entries }

    private let bytes: ByteReader
    private var place = Place.document
    private var isFirst = true
    private var names: Set<String> = []

    /// Opens the file, and checks that its first character other than white space is `{`.
    init(_ path: String) throws {
        bytes = try ByteReader(path)
        try expect("{")
    }

    /// Returns the next part, or nil at the end of the document.
    mutating func next() throws -> Part? {
        while true {
            if place == .entries {
                if try take("]") {
                    place = .document
                    isFirst = false
                    continue
                }
                if !isFirst { try expect(",") }
                isFirst = false
                return .entry(try value())
            }
            if try take("}") {
                try skipSpace()
                guard try bytes.peek() == nil else { throw malformed("text follows the end of the document") }
                guard names.contains("entries") else { throw malformed("the member \"entries\" is missing") }
                return nil
            }
            if !isFirst { try expect(",") }
            isFirst = false
            guard let name = try value().string else { throw malformed("a member has no name") }
            guard names.insert(name).inserted else { throw malformed("\"\(name)\" occurs twice") }
            try expect(":")
            guard name == "entries" else { return .member(name, try value()) }
            try expect("[")
            place = .entries
            isFirst = true
        }
    }

    /// Reads one value, with any white space before it, up to the character that ends it.
    private func value() throws -> JSON {
        try skipSpace()
        var text: [UInt8] = []
        var depth = 0
        var isInString = false
        var isEscaped = false
        while let byte = try bytes.peek() {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""): isInString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 0 { return try parse(text) }
                    depth -= 1
                case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x09, 0x0A, 0x0D:
                    if depth == 0 { return try parse(text) }
                default: break
                }
            }
            text.append(byte)
            bytes.skip()
            guard text.count <= Self.longest else { throw malformed("one of its values is longer than 64 MiB") }
        }
        throw malformed("it ends too early")
    }

    private func parse(_ text: [UInt8]) throws -> JSON {
        do {
            return try JSON(parsing: text)
        } catch {
            throw malformed("it is not valid JSON")
        }
    }

    private func skipSpace() throws {
        while let byte = try bytes.peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { bytes.skip() }
    }

    private func take(_ character: Unicode.Scalar) throws -> Bool {
        try skipSpace()
        guard try bytes.peek() == UInt8(ascii: character) else { return false }
        bytes.skip()
        return true
    }

    private func expect(_ character: Unicode.Scalar) throws {
        guard try take(character) else {
            throw malformed(try bytes.peek() == nil ? "it ends too early" : "it is not valid JSON")
        }
    }

    private func malformed(_ reason: String) -> Malformed {
        Malformed(description: "the file is not an export of POST /api/export-audit-log: \(reason)")
    }
}
