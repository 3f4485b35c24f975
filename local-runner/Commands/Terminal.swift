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

    /// Writes a line to standard error.
    static func printError(_ line: String) { _ = File.write(STDERR_FILENO, Array("\(line)\n".utf8)[...]) }
}
