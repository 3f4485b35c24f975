public import Base

/// The value of a parameter or a column, in a form that both engines support.
public enum SQLValue: Sendable, Equatable {
    case null
    case integer(Int)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

/// A type whose values can be bound to a parameter.
public protocol SQLParameter {
    /// The value to bind.
    var sqlValue: SQLValue { get }
}

/// A type whose values can be read from a column.
public protocol SQLColumn {
    /// Reads the value of a column. A number or a text of another type is converted as the engine does it. Returns nil
    /// if the column is null or its text is not a value of this type.
    init?(row: any Row, column: Int)
}

/// One row of a result. It is valid until the next row is fetched. Columns are counted from 0.
public protocol Row {
    /// The number of columns.
    var columnCount: Int { get }
    /// Returns the name that the query gives the column.
    func name(_ column: Int) -> String
    /// Returns the column's value, whatever its type.
    func value(_ column: Int) -> SQLValue
    /// Returns true if the column is null.
    func isNull(_ column: Int) -> Bool
    /// Returns the column's value as an integer, converted if necessary; 0 if that is not possible.
    func integer(_ column: Int) -> Int
    /// Returns the column's value as a floating-point number, converted if necessary; 0 if that is not possible.
    func real(_ column: Int) -> Double
    /// Returns the column's value as text, converted if necessary; empty if it is null.
    func text(_ column: Int) -> String
    /// Appends the column's text, in UTF-8, to `bytes`.
    func appendText(_ column: Int, to bytes: inout [UInt8])
    /// Returns the column's value as bytes; empty if it is null.
    func blob(_ column: Int) -> [UInt8]
}

// A list reads hundreds of columns. The compiler specialises what is inlinable for the type of each; a generic function
// of another module would look up the metadata of `Value?` at each call.
extension Row {
    public func appendText(_ column: Int, to bytes: inout [UInt8]) { bytes.append(contentsOf: text(column).utf8) }

    /// The value of a column. Throws `StoreError.unexpectedValue` if it is null or can't be read as a `Value`.
    @inlinable public subscript<Value: SQLColumn>(column: Int) -> Value {
        get throws {
            guard let value = Value(row: self, column: column) else {
                throw StoreError.unexpectedValue(column: column)
            }
            return value
        }
    }

    /// The value of a column, or nil if it is null. Throws `StoreError.unexpectedValue` if it can't be read as a
    /// `Value`.
    @inlinable public subscript<Value: SQLColumn>(column: Int) -> Value? {
        get throws { isNull(column) ? nil : try self[column] as Value }
    }
}

extension String: SQLParameter, SQLColumn {
    public var sqlValue: SQLValue { .text(self) }
    public init?(row: any Row, column: Int) {
        guard !row.isNull(column) else { return nil }
        self = row.text(column)
    }
}

extension Int: SQLParameter, SQLColumn {
    public var sqlValue: SQLValue { .integer(self) }
    public init?(row: any Row, column: Int) {
        guard !row.isNull(column) else { return nil }
        self = row.integer(column)
    }
}

extension Double: SQLParameter, SQLColumn {
    public var sqlValue: SQLValue { .real(self) }
    public init?(row: any Row, column: Int) {
        guard !row.isNull(column) else { return nil }
        self = row.real(column)
    }
}

extension Bool: SQLParameter, SQLColumn {
    public var sqlValue: SQLValue { .integer(self ? 1 : 0) }
    public init?(row: any Row, column: Int) {
        guard !row.isNull(column) else { return nil }
        self = row.integer(column) != 0
    }
}

extension [UInt8]: SQLParameter, SQLColumn {
    public var sqlValue: SQLValue { .blob(self) }
    public init?(row: any Row, column: Int) {
        guard !row.isNull(column) else { return nil }
        self = row.blob(column)
    }
}

extension Identifier: SQLParameter, SQLColumn {
    public var sqlValue: SQLValue { .text(description) }
    public init?(row: any Row, column: Int) { self.init(row.text(column)) }
}

extension Timestamp: SQLParameter, SQLColumn {
    public var sqlValue: SQLValue { .text(description) }
    public init?(row: any Row, column: Int) { self.init(row.text(column)) }
}

extension JSON: SQLParameter, SQLColumn {
    public var sqlValue: SQLValue { .text(String(decoding: JSONWriter.bytes(self), as: UTF8.self)) }
    public init?(row: any Row, column: Int) {
        guard !row.isNull(column), let value = try? JSON(parsing: row.text(column).utf8) else { return nil }
        self = value
    }
}

extension Optional: SQLParameter where Wrapped: SQLParameter {
    public var sqlValue: SQLValue { self?.sqlValue ?? .null }
}

/// An enum whose cases are stored as their raw values.
public protocol SQLEnum: SQLParameter, SQLColumn, RawRepresentable where RawValue == String {}

extension SQLEnum {
    public var sqlValue: SQLValue { .text(rawValue) }
    public init?(row: any Row, column: Int) { self.init(rawValue: row.text(column)) }
}
