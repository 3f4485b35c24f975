import TestSupport

/// Reads CSV by a strict form of RFC 4180: each record ends with CRLF and has as many fields as the first one. A byte
/// order mark may come first.
enum CSVRecords {
    struct Malformed: Error {}

    /// Returns the records of a complete export without the last one, which marks the end; throws if the mark is
    /// missing.
    static func parse(export reply: Reply) throws -> [[String]] {
        var records = try parse(reply.text)
        guard let last = records.popLast(), last.first == "end_of_export" else { throw Malformed() }
        return records
    }

    static func parse(_ text: String) throws -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var rest = Array(text.unicodeScalars)[...]
        if rest.first == "\u{FEFF}" { rest.removeFirst() }
        while !rest.isEmpty {
            var field = String.UnicodeScalarView()
            if rest.first == "\"" {
                rest.removeFirst()
                while true {
                    guard let scalar = rest.popFirst() else { throw Malformed() }
                    if scalar == "\"" {
                        guard rest.first == "\"" else { break }
                        rest.removeFirst()
                    }
                    field.append(scalar)
                }
            } else {
                while let scalar = rest.first, scalar != ",", scalar != "\r" {
                    guard scalar != "\"", scalar != "\n" else { throw Malformed() }
                    field.append(scalar)
                    rest.removeFirst()
                }
            }
            record.append(String(field))
            switch rest.popFirst() {
            case ",": if rest.isEmpty { throw Malformed() }
            case "\r":
                guard rest.popFirst() == "\n" else { throw Malformed() }
                records.append(record)
                record = []
            default: throw Malformed()
            }
        }
        guard record.isEmpty, records.allSatisfy({ $0.count == records.first?.count }) else { throw Malformed() }
        return records
    }
}
