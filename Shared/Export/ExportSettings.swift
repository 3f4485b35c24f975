import Auth
import Base

/// What the variables say about workspace exports.
public struct ExportSettings {
    /// How many rows one response holds at most; what lies beyond, the cursor leads to.
    let maximumRows: Int
    /// What authenticates cursors.
    let cursorKey: Secret

    /// Reads EXPORT_MAX_ROWS, 1 to 1,000,000, which a sheet can hold (1,048,576 rows), and EXPORT_CURSOR_SECRET. Throws
    /// `EnvironmentError` when one is malformed or the secret is missing.
    public init(_ environment: Environment) throws(EnvironmentError) {
        let text = environment["EXPORT_MAX_ROWS"] ?? "1000000"
        guard let rows = Int(text), (1...1_000_000).contains(rows) else {
            throw EnvironmentError("EXPORT_MAX_ROWS is no whole number from 1 to 1000000")
        }
        guard let secret = try environment.hmacKey("EXPORT_CURSOR_SECRET") else {
            throw EnvironmentError("EXPORT_CURSOR_SECRET is not set")
        }
        maximumRows = rows
        cursorKey = secret
    }
}
