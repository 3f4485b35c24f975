import Glibc

/// The text of a statement. It can only be written in the source: nothing that came from outside becomes SQL.
/// What is interpolated into it is such text itself.
public struct SQL: Hashable, Sendable, ExpressibleByStringInterpolation {
    let text: String

    public init(stringLiteral text: StaticString) { self.text = text.description }

    public init(stringInterpolation interpolation: Interpolation) { text = interpolation.text }

    /// Collects the parts of a statement's text.
    public struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        public init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

        public mutating func appendLiteral(_ literal: StaticString) { text += literal.description }

        /// A part that is SQL.
        public mutating func appendInterpolation(_ part: SQL) { text += part.text }
    }

    /// For text that the store itself puts together, out of names of its own schema.
    init(text: String) { self.text = text }

    /// The text without what asks a server to lock rows and to leave those out that others have locked. SQLite, which has one
    /// writer at a time, knows neither and needs neither.
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

    /// One statement out of two parts.
    public static func + (left: SQL, right: SQL) -> SQL { SQL(text: left.text + right.text) }

    /// Parts with a separator between them.
    public static func list(_ parts: [SQL], separator: SQL = ", ") -> SQL {
        SQL(text: parts.map(\.text).joined(separator: separator.text))
    }

    /// The parameter of that number, from 1: `$1`.
    public static func placeholder(_ number: Int) -> SQL { SQL(text: "$\(number)") }

    /// Whether the statement restricts itself to the workspace that is its first parameter: it reads or changes rows
    /// `WHERE … workspace_id = $1` (of `workspaces` itself, `workspaces.id = $1`), or inserts rows whose first column
    /// is `workspace_id` and first value `$1`.
    public var isScoped: Bool {
        text.withCString { text in
            Self.names(text, "workspace_id = $1") || Self.names(text, "workspaces.id = $1")
                || (strstr(text, "(workspace_id,") != nil && strstr(text, "VALUES ($1,") != nil)
        }
    }

    /// Whether `condition`, which ends in `$1`, stands in `text`, and not as the beginning of `$10` to `$19`.
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
