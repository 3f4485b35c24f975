import Base
import Store

/// A column of an exported entity: its name in every format, and the kind of its values.
struct Column: Sendable {
    /// The kinds of a column's values.
    enum Kind: Sendable {
        case text
        /// An integer or a floating-point number.
        case number
        case boolean
        /// A time in ISO 8601.
        case moment
        /// A JSON value as text.
        case json

        fileprivate var width: Int {
            switch self {
            case .text: 24
            case .number, .boolean: 12
            case .moment: 20
            case .json: 40
            }
        }
    }

    let name: String
    let kind: Kind
    /// The width of the column in a spreadsheet, in characters.
    let width: Int
    /// The selected expression; nil for a column that is built from several rows.
    let expression: SQL?

    /// The schema of a value in the JSON format.
    var schema: JSONSchema {
        switch kind {
        case .text: .string.orNull
        case .number: .number.orNull
        case .boolean: .boolean.orNull
        case .moment: .timestamp.orNull
        case .json: .anything
        }
    }

    /// Creates a column that has the same name in `table`.
    init(_ name: StaticString, _ kind: Kind = .text, width: Int? = nil, of table: SQL) {
        self.init(name, kind, width: width, selected: table + "." + SQL(stringLiteral: name))
    }

    /// Creates a column that the query computes or, without an expression, that is built from other rows.
    init(_ name: StaticString, _ kind: Kind = .text, width: Int? = nil, selected expression: SQL?) {
        self.name = name.description
        self.kind = kind
        self.expression = expression
        self.width = width ?? kind.width
    }
}
