import Base

/// A YAML document (YAML 1.2) with members in a given order. Texts are written as in JSON, which YAML understands.
indirect enum YAML {
    case text(String)
    case number(Int)
    case flag(Bool)
    case list([YAML])
    case map([(String, YAML?)])

    /// The document as text.
    var document: String { lines.joined(separator: "\n") + "\n" }

    private var lines: [String] {
        switch self {
        case .text(let text): return [String(decoding: JSONWriter.bytes(text), as: UTF8.self)]
        case .number(let number): return [String(number)]
        case .flag(let flag): return [flag ? "true" : "false"]
        case .list(let elements):
            return elements.isEmpty ? ["[]"] : elements.flatMap { $0.indented(first: "- ", rest: "  ") }
        case .map(let members):
            let present = members.compactMap { name, value in value.map { (name, $0) } }
            return present.isEmpty ? ["{}"] : present.flatMap { Self.member($0, $1) }
        }
    }

    private static func member(_ name: String, _ value: YAML) -> [String] {
        // A name is quoted if it contains characters that identifiers and paths do not have.
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "_-./".utf8.contains(byte)
            }
        }
        let label = isPlain ? name : String(decoding: JSONWriter.bytes(name), as: UTF8.self)
        let lines = value.lines
        switch value {
        case .list(let elements) where !elements.isEmpty: return ["\(label):"] + lines.map { "  " + $0 }
        case .map(let members) where members.contains { $0.1 != nil }: return ["\(label):"] + lines.map { "  " + $0 }
        default: return lines.map { "\(label): \($0)" }
        }
    }

    private func indented(first: String, rest: String) -> [String] {
        lines.enumerated().map { ($0 == 0 ? first : rest) + $1 }
    }
}

extension YAML: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int) { self = .number(value) }
    init(booleanLiteral value: Bool) { self = .flag(value) }
    init(arrayLiteral elements: YAML...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, YAML)...) { self = .map(elements) }
}
