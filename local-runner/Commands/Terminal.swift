import Base
import Glibc

/// Writes to the standard streams without buffering, because scripts that read them through a pipe wait for lines.
enum Terminal {
    /// Writes a line to standard output exactly as it is, for programs.
    static func write(_ line: String) throws(FileError) {
        guard File.write(STDOUT_FILENO, Array("\(line)\n".utf8)[...]) else {
            throw FileError(path: "standard output", code: errno)
        }
    }

    /// Writes a line, or several, to standard output for people. Characters in it that control a terminal are replaced.
    static func say(_ text: String = "") throws(FileError) { try write(harmless(text)) }

    /// Returns a text of one or several lines with characters that control a terminal replaced.
    private static func harmless(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).harmless }
            .joined(separator: "\n")
    }

    /// Writes rows as aligned columns.
    static func say(table rows: [[String]]) throws(FileError) {
        let rows = rows.map { $0.map(\.harmless) }
        let widths = (rows.first ?? []).indices.map { column in rows.reduce(0) { max($0, $1[at: column]?.count ?? 0) } }
        for row in rows {
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            try say(line)
        }
    }

    /// Writes the members of a JSON object, one per line, ordered by name.
    static func say(members json: JSON) throws(FileError) {
        let members = json.object ?? [:]
        try say(
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
            printError("\(MetricsText.seconds((EventLoop.now - start) / 100_000 * 100_000)) s")
            return result
        } catch {
            printError("failed")
            throw error
        }
    }

    /// Returns a number with its noun, such as `1 row` or `2 rows`. `plural` is the noun's plural if that is not made by
    /// an s.
    static func counted(_ number: Int, _ noun: String, plural: String? = nil) -> String {
        number == 1 ? "1 \(noun)" : "\(number) \(plural ?? noun + "s")"
    }

    /// Writes a line, or several, to standard error. Characters in it that control a terminal are replaced.
    static func printError(_ text: String) { _ = File.write(STDERR_FILENO, Array("\(harmless(text))\n".utf8)[...]) }
}
