import Glibc

/// Writes log lines to standard error, one JSON object each.
public struct Log: Sendable {
    /// The severity of a line.
    public enum Level: String, Sendable {
        case info, warning, error
    }

    private let context: [(name: String, value: String)]

    /// Creates a log that adds `context`, such as the function's name and the request id, to every line.
    public init(_ context: [(name: String, value: String)] = []) { self.context = context }

    /// Returns a log that adds one more member to every line.
    public func with(_ name: String, _ value: String) -> Log { Log(context + [(name, value)]) }

    /// Writes one line. The message and the fields must be safe to show: no secrets and no personal data.
    public func write(_ level: Level, _ message: String, _ fields: [(name: String, value: JSON)] = []) {
        var json = JSONWriter()
        json.object { json in
            json.field("time", Timestamp.now)
            json.field("level", level.rawValue)
            json.field("message", message)
            for (name, value) in context { json.field(name, value) }
            for (name, value) in fields { json.field(name, value) }
        }
        // A single write, so that lines of several processes don't mix. If the pipe is full or closed, the line is
        // lost.
        let line = json.bytes + [UInt8(ascii: "\n")]
        _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
