import Store

/// A column of an exported entity: what it is called in every format, and what kind of value it holds.
struct Column: Sendable {
    /// What a column's values are.
    enum Kind: Sendable {
        case text
        /// An integer or a floating-point number.
        case number
        case boolean
        /// A moment in ISO 8601.
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
    /// How wide a spreadsheet shows it, in characters.
    let width: Int
    /// What the query selects; nil for a column that is put together from several rows.
    let expression: SQL?

    /// A column of the table that has the same name there.
    init(_ name: StaticString, _ kind: Kind = .text, width: Int? = nil, of table: SQL) {
        self.init(name, kind, width: width, selected: table + "." + SQL(stringLiteral: name))
    }

    /// A column that the query computes, or, without an expression, that follows from other rows.
    init(_ name: StaticString, _ kind: Kind = .text, width: Int? = nil, selected expression: SQL?) {
        self.name = name.description
        self.kind = kind
        self.expression = expression
        self.width = width ?? kind.width
    }
}
