import Glibc

/// Writes log lines to standard error, one JSON object each.
public struct Log: Sendable {
    /// The severity of a line.
    public enum Level: String, Sendable {
        case info, warning, error
    }

    private let context: [(name: String, value: String)]

    /// Creates a log that adds the members of `context`, such as the function's name and the request id, to each line.
    /// A field of the line replaces a member of the same name.
    public init(_ context: [(name: String, value: String)] = []) { self.context = context }

    /// Returns a log with one more member in its context. A member of the same name is replaced.
    public func with(_ name: String, _ value: String) -> Log {
        Log(context.filter { $0.name != name } + [(name, value)])
    }

    /// Writes one line. The message and the fields must be safe to show: no secrets and no personal data.
    public func write(_ level: Level, _ message: String, _ fields: [(name: String, value: JSON)] = []) {
        // A single write, so that lines of several processes don't mix, unless they are longer than a pipe takes at
        // once. What this call can't write is lost.
        let line = line(level, message, fields)
        _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// Returns one line. A field replaces a member of the context with the same name, since readers of the log may
    /// refuse an object in which a name occurs twice.
    func line(_ level: Level, _ message: String, _ fields: [(name: String, value: JSON)]) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("time", Timestamp.now)
            json.field("level", level.rawValue)
            json.field("message", message)
            for (name, value) in context where !fields.contains(where: { $0.name == name }) { json.field(name, value) }
            for (name, value) in fields { json.field(name, value) }
        }
        return json.bytes + [UInt8(ascii: "\n")]
    }
}
