import Glibc

/// The text of a statement. Outside of the store it can only be written in the source code, so values from outside
/// can't become SQL. Only other `SQL` can be interpolated into it.
public struct SQL: Hashable, Sendable, ExpressibleByStringInterpolation {
    let text: String

    public init(stringLiteral text: StaticString) { self.text = text.description }

    public init(stringInterpolation interpolation: Interpolation) { text = interpolation.text }

    /// Collects the parts of a statement's text.
    public struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        public init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

        public mutating func appendLiteral(_ literal: StaticString) { text += literal.description }

        /// Inserts a part that is itself SQL.
        public mutating func appendInterpolation(_ part: SQL) { text += part.text }
    }

    /// Creates SQL from text that the store builds from names of its own schema.
    init(text: String) { self.text = text }

    /// The text without `FOR UPDATE SKIP LOCKED`, by which a server locks rows and skips those that others have locked.
    /// SQLite has only one writer at a time, and neither supports nor needs this.
    var textWithoutLocks: String {
        let clause = "FOR UPDATE SKIP LOCKED"
        return text.withCString { start in
            var result = ""
            var rest = start
            while let found = strstr(rest, clause) {
                let part = UnsafeRawBufferPointer(start: rest, count: UnsafePointer(found) - rest)
                result += String(decoding: part, as: UTF8.self)
                rest = UnsafePointer(found) + clause.utf8.count
            }
            return result + String(cString: rest)
        }
    }

    /// Returns the concatenation of two parts.
    public static func + (left: SQL, right: SQL) -> SQL { SQL(text: left.text + right.text) }

    /// Returns the parts joined by a separator.
    public static func list(_ parts: [SQL], separator: SQL = ", ") -> SQL {
        SQL(text: parts.map(\.text).joined(separator: separator.text))
    }

    /// The words in the text, including names, numbers and parameters.
    public var words: Set<Substring> {
        Set(text.utf8.split { !Self.isWordPart($0) }.map { Substring($0) })
    }

    /// Returns true for letters, digits and the other characters of names and parameters.
    static func isWordPart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"):
            true
        default: false
        }
    }

    /// Returns the placeholder of a parameter, such as `$1`. Parameters are numbered from 1.
    public static func placeholder(_ number: Int) -> SQL { SQL(text: "$\(number)") }

    /// True if the text shows that the statement is restricted to the workspace whose id is its first parameter: it
    /// contains `workspace_id = $1` (for the table `workspaces` itself, `workspaces.id = $1`), or, for an INSERT,
    /// `(workspace_id,` and `VALUES ($1,`. The rest of the text is not examined.
    public var isScoped: Bool {
        text.withCString { text in
            Self.names(text, "workspace_id = $1") || Self.names(text, "workspaces.id = $1")
                || (strstr(text, "(workspace_id,") != nil && strstr(text, "VALUES ($1,") != nil)
        }
    }

    /// Returns true if `text` contains `condition`, which ends in `$1`, and this `$1` is not the beginning of a longer
    /// number such as `$10`.
    private static func names(_ text: UnsafePointer<CChar>, _ condition: StaticString) -> Bool {
        let name = UnsafeRawPointer(condition.utf8Start).assumingMemoryBound(to: CChar.self)
        var rest = text
        while let found = strstr(rest, name) {
            rest = UnsafePointer(found) + condition.utf8CodeUnitCount
            if isdigit(Int32(rest.pointee)) == 0 { return true }
        }
        return false
    }
}
