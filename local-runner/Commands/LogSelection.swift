import Base

/// Selects lines of the runner's log by their members. Lines can also be written as text for people.
struct LogSelection {
    /// The names of functions; empty for all.
    var functions: [String] = []
    /// The lowest level; nil for all.
    var level: Log.Level?
    var request: String?
    var workspace: String?
    /// The selected statuses, such as 404...404 or 500...599; nil for all lines, also those without a status.
    var statuses: ClosedRange<Int>?

    /// True if every line is selected.
    var isEverything: Bool {
        functions.isEmpty && level == nil && request == nil && workspace == nil && statuses == nil
    }

    /// Reads a status from 100 to 599 such as `404`, or a class of them such as `5xx`. Returns nil for any other text.
    static func statuses(_ text: String) -> ClosedRange<Int>? {
        if let status = Int(text), (100...599).contains(status) { return status...status }
        guard text.utf8.count == 3, text.hasSuffix("xx"), let first = text.first.flatMap({ Int(String($0)) }),
            (1...5).contains(first)
        else { return nil }
        return first * 100...first * 100 + 99
    }

    /// Returns true if a line is selected.
    func selects(_ line: JSON) -> Bool {
        if !functions.isEmpty {
            guard let function = line["function"]?.string, functions.contains(function) else { return false }
        }
        if let level {
            guard let own = line["level"]?.string.flatMap(Log.Level.init), own.rank >= level.rank else { return false }
        }
        if let request, line["request_id"]?.string != request { return false }
        if let workspace, line["workspace_id"]?.string != workspace { return false }
        if let statuses {
            guard let status = line["status"]?.integer, statuses.contains(status) else { return false }
        }
        return true
    }

    /// Returns a line as text, such as: 12:30:00 info api-health GET /api/health 200 1.2ms 7d3c2f0e-…
    static func text(_ line: JSON) -> String {
        let known = ["time", "level", "message", "function", "request_id", "method", "path", "status", "duration_ms"]
        var words = [
            line["time"]?.string.map { String($0.dropFirst(11).prefix(8)) }, line["level"]?.string,
            line["function"]?.string,
        ]
        if let method = line["method"]?.string {
            words += [
                method, line["path"]?.string, line["status"]?.integer.map(String.init),
                line["duration_ms"].map { plain($0) + "ms" },
            ]
        } else {
            words += [line["message"]?.string]
        }
        let more = (line.object ?? [:]).filter { !known.contains($0.key) }.sorted { $0.key < $1.key }
        words += more.map { "\($0.key)=\(plain($0.value))" }
        words += [line["request_id"]?.string]
        return words.compactMap { $0 }.joined(separator: " ").harmless
    }

    private static func plain(_ value: JSON) -> String {
        value.string ?? String(decoding: JSONWriter.bytes(value), as: UTF8.self)
    }
}

extension Log.Level {
    static let all = ["info", "warning", "error"]
    fileprivate var rank: Int { Self.all.firstIndex(of: rawValue) ?? 0 }
}
