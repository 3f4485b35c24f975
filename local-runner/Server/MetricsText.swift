/// Writes metrics in Prometheus's text format, version 0.0.4.
struct MetricsText {
    /// The value of Content-Type.
    static let type: StaticString = "text/plain; version=0.0.4; charset=utf-8"

    enum Kind: String { case counter, gauge, histogram }

    private(set) var bytes: [UInt8] = []

    /// Begins a metric: its name, its kind, and its meaning. All of its samples follow.
    mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        line("# HELP \(name) \(help)")
        line("# TYPE \(name) \(kind.rawValue)")
    }

    /// Writes a sample with a whole number as its value.
    mutating func sample(_ name: String, _ labels: [(name: String, value: String)], _ value: Int) {
        sample(name, labels, String(value))
    }

    /// Writes a sample with a duration, in seconds, as its value.
    mutating func sample(_ name: String, _ labels: [(name: String, value: String)], microseconds: Int) {
        sample(name, labels, Self.seconds(microseconds))
    }

    private mutating func sample(_ name: String, _ labels: [(name: String, value: String)], _ value: String) {
        let list = labels.map { "\($0.name)=\"\(Self.escape($0.value))\"" }.joined(separator: ",")
        line(name + (list.isEmpty ? "" : "{\(list)}") + " " + value)
    }

    /// Returns microseconds as seconds, without needless zeros. A negative number becomes 0.
    static func seconds(_ microseconds: Int) -> String {
        let fraction = String(1_000_000 + max(0, microseconds) % 1_000_000).dropFirst()
        var text = "\(max(0, microseconds) / 1_000_000).\(fraction)"
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }

    private static func escape(_ value: String) -> String {
        var text = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }

    private mutating func line(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\n"))
    }
}
