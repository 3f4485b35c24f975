import CSQLite
import Glibc

/// A compiled statement of one connection.
final class SQLiteStatement {
    private let connection: OpaquePointer
    private let handle: OpaquePointer
    /// The numbers of the parameters `$1`, `$2` … in the order of their first appearance, by which SQLite counts them.
    private let positions: [Int]
    private(set) var isRunning = false

    init(_ text: String, on connection: OpaquePointer) throws {
        var compiled: OpaquePointer?
        let code = sqlite3_prepare_v3(connection, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
        guard code == SQLITE_OK, let compiled else { throw StoreError(code, on: connection) }
        self.connection = connection
        handle = compiled
        positions = (0..<sqlite3_bind_parameter_count(compiled)).map { index in
            sqlite3_bind_parameter_name(compiled, index + 1).flatMap { Int(String(cString: $0 + 1)) } ?? 0
        }
    }

    deinit { sqlite3_finalize(handle) }

    /// Binds the parameters, calls `body` for each row, and returns the number of rows that an INSERT, UPDATE or DELETE
    /// changed; 0 for any other statement.
    func run(_ parameters: [SQLValue], _ body: (any Row) throws -> Void) throws -> Int {
        isRunning = true
        defer {
            sqlite3_reset(handle)
            sqlite3_clear_bindings(handle)
            isRunning = false
        }
        for (index, position) in positions.enumerated() {
            guard parameters.indices.contains(position - 1) else {
                throw StoreError.failed("parameter $\(position) has no value")
            }
            let code = bind(parameters[position - 1], at: Int32(clamping: index + 1))
            guard code == SQLITE_OK else { throw StoreError(code, on: connection) }
        }
        // SQLite gives the changes of the connection's last change, also after a statement that changed nothing.
        let isQuery = sqlite3_stmt_readonly(handle) != 0
        let before = sqlite3_total_changes(connection)
        let row = SQLiteRow(statement: handle)
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: try body(row)
            case SQLITE_DONE:
                let isUnchanged = isQuery || sqlite3_total_changes(connection) == before
                return isUnchanged ? 0 : Int(sqlite3_changes(connection))
            case let code: throw StoreError(code, on: connection)
            }
        }
    }

    private func bind(_ value: SQLValue, at index: Int32) -> Int32 {
        switch value {
        case .null: sqlite3_bind_null(handle, index)
        case .integer(let value): sqlite3_bind_int64(handle, index, Int64(clamping: value))
        case .real(let value): sqlite3_bind_double(handle, index, value)
        case .text(let value): csqlite_bind_text(handle, index, value, Int32(clamping: value.utf8.count))
        case .blob(let value): csqlite_bind_blob(handle, index, value, Int32(clamping: value.count))
        }
    }
}

private struct SQLiteRow: Row {
    let statement: OpaquePointer

    var columnCount: Int { Int(sqlite3_column_count(statement)) }

    func name(_ column: Int) -> String {
        sqlite3_column_name(statement, Int32(clamping: column)).map { String(cString: $0) } ?? ""
    }

    func value(_ column: Int) -> SQLValue {
        switch sqlite3_column_type(statement, Int32(clamping: column)) {
        case SQLITE_INTEGER: .integer(integer(column))
        case SQLITE_FLOAT: .real(real(column))
        case SQLITE_TEXT: .text(text(column))
        case SQLITE_BLOB: .blob(blob(column))
        default: .null
        }
    }

    func isNull(_ column: Int) -> Bool { sqlite3_column_type(statement, Int32(clamping: column)) == SQLITE_NULL }

    func integer(_ column: Int) -> Int { Int(sqlite3_column_int64(statement, Int32(clamping: column))) }

    func real(_ column: Int) -> Double { sqlite3_column_double(statement, Int32(clamping: column)) }

    func text(_ column: Int) -> String {
        guard let bytes = sqlite3_column_text(statement, Int32(clamping: column)) else { return "" }
        let count = Int(sqlite3_column_bytes(statement, Int32(clamping: column)))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    func appendText(_ column: Int, to bytes: inout [UInt8]) {
        guard let text = sqlite3_column_text(statement, Int32(clamping: column)) else { return }
        let count = Int(sqlite3_column_bytes(statement, Int32(clamping: column)))
        bytes.append(contentsOf: UnsafeBufferPointer(start: text, count: count))
    }

    func blob(_ column: Int) -> [UInt8] {
        guard let bytes = sqlite3_column_blob(statement, Int32(clamping: column)) else { return [] }
        let count = Int(sqlite3_column_bytes(statement, Int32(clamping: column)))
        return Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }
}

extension StoreError {
    /// Creates the error for a SQLite result code. It contains the connection's message and, if a file could not be
    /// opened, read or written, the operating system's.
    init(_ code: Int32, on connection: OpaquePointer?) {
        var message = connection.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
        if let connection, [SQLITE_CANTOPEN, SQLITE_IOERR].contains(code & 0xFF) {
            let reason = sqlite3_system_errno(connection)
            if reason != 0 { message += ": \(String(cString: strerror(reason)))" }
        }
        guard csqlite_is_unwritable(connection, code) == 0 else {
            self = .unwritable(message)
            return
        }
        self =
            switch code & 0xFF {
            case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_CANTOPEN, SQLITE_IOERR, SQLITE_PERM: .unreachable(message)
            case SQLITE_NOTADB, SQLITE_CORRUPT: .damaged(message)
            case SQLITE_CONSTRAINT: .constraint(message)
            default: .failed(message)
            }
    }
}
