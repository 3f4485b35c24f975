import Base
import Glibc

/// Writes to the standard streams without buffering, because scripts that read them through a pipe wait for lines.
enum Terminal {
    /// Writes a line to standard output.
    static func say(_ line: String = "") { _ = File.write(STDOUT_FILENO, Array("\(line)\n".utf8)[...]) }

    /// Returns a text without control characters, so that data from a platform can't control the terminal.
    private static func harmless(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHarmful) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(isHarmful(scalar) ? "\u{FFFD}" : scalar) }
        return String(result)
    }

    /// Returns true for control characters, and for invisible characters such as those that change the direction of
    /// text. Joiners are allowed, because they are part of words.
    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control: true
        case .format: scalar != "\u{200C}" && scalar != "\u{200D}"
        default: false
        }
    }

    /// Writes rows as aligned columns.
    static func say(table rows: [[String]]) {
        let rows = rows.map { $0.map(harmless) }
        let widths = (rows.first ?? []).indices.map { column in rows.reduce(0) { max($0, $1[at: column]?.count ?? 0) } }
        for row in rows {
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            say(line)
        }
    }

    /// Writes the members of a JSON object, one per line, ordered by name.
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
            printError("\(MetricsText.seconds((EventLoop.now - start) / 100_000 * 100_000)) s")
            return result
        } catch {
            printError("failed")
            throw error
        }
    }

    /// Writes a line to standard error.
    static func printError(_ line: String) { _ = File.write(STDERR_FILENO, Array("\(line)\n".utf8)[...]) }
}
