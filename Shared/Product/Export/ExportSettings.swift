public import Base

/// The settings of workspace exports.
public struct ExportSettings {
    /// The largest number of rows in one response. With the response's cursor, the next request gets further rows.
    let maximumRows: Int
    /// The key that authenticates cursors.
    let cursorKey: Secret

    /// Reads EXPORT_MAX_ROWS, which is 1 to 1,000,000 since a sheet can hold 1,048,576 rows, and EXPORT_CURSOR_SECRET.
    /// - Throws: `EnvironmentError` if EXPORT_MAX_ROWS is no such number, or if the secret is missing or too short.
    public init(_ environment: Environment) throws(EnvironmentError) {
        let text = environment["EXPORT_MAX_ROWS"] ?? "1000000"
        guard let rows = Int(text), (1...1_000_000).contains(rows) else {
            throw EnvironmentError("EXPORT_MAX_ROWS must be a whole number from 1 to 1000000")
        }
        guard let secret = try environment.hmacKey("EXPORT_CURSOR_SECRET") else {
            throw EnvironmentError("EXPORT_CURSOR_SECRET is not set")
        }
        maximumRows = rows
        cursorKey = secret
    }
}
