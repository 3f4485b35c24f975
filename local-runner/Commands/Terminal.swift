import Base
import Glibc

/// Writes to the standard streams without buffering, because scripts that read them through a pipe wait for lines.
enum Terminal {
    /// Writes a line to standard output.
    static func say(_ line: String = "") { _ = File.write(STDOUT_FILENO, Array("\(line)\n".utf8)[...]) }

    /// Writes rows as aligned columns.
    static func say(table rows: [[String]]) {
        let widths = (rows.first ?? []).indices.map { column in rows.reduce(0) { max($0, $1[at: column]?.count ?? 0) } }
        for row in rows {
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            say(line)
        }
    }

    /// Writes the members of a JSON object, one a line, by name.
    static func say(members json: JSON) {
        let members = json.object ?? [:]
        say(
            table: members.keys.sorted().map { name in
                switch members[name] {
                case .null, nil: [name, "none"]
                case .string(let text): [name, text]
                case .some(let value): [name, String(decoding: JSONWriter.bytes(value), as: UTF8.self)]
                }
            })
    }

    /// Runs `body`. On a terminal, names the step on standard error, with the time that it took.
    static func step<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        guard isatty(STDERR_FILENO) == 1 else { return try body() }
        _ = File.write(STDERR_FILENO, Array("\(name) … ".utf8)[...])
        let start = EventLoop.now
        do {
            let result = try body()
            complain("\(MetricsText.seconds((EventLoop.now - start) / 100_000 * 100_000)) s")
            return result
        } catch {
            complain("failed")
            throw error
        }
    }

    /// Writes a line to standard error.
    static func complain(_ line: String) { _ = File.write(STDERR_FILENO, Array("\(line)\n".utf8)[...]) }
}
