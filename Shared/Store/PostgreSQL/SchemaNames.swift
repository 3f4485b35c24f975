import Base

#if PostgreSQL
    /// Adds the schema's name to the names of its tables and functions. Queries are written without it. A search path
    /// would have the same effect, but it belongs to a session, and behind a pooler a session does not last.
    enum SchemaNames {
        /// The name of the schema.
        static let schema = "thalian"

        /// The functions of the schema that queries call.
        private static let functions: Set<Substring> = ["epoch", "moment", "refresh_statistics"]
        /// The words that may stand before a table's name.
        private static let introductions: Set<Substring> = [
            "FROM", "JOIN", "INTO", "UPDATE", "TABLE", "EXISTS", "REFERENCES", "ON",
        ]

        /// The names of all tables of the schema.
        static let tables = Set(Schema.tables.map { Substring($0) }).union(others)
        /// The names of all tables that the schema has ever had, because migrations use the old ones too.
        private static let known = Set(Schema.everyTable.map { Substring($0) }).union(others)
        private static let others =
            Schema.tallies.map { Substring($0.table.description) }
            + ["schema_migrations", "counters"]

        /// Returns `text` with all names of tables and functions qualified.
        static func qualified(_ text: String) -> String {
            let bytes = Array(text.utf8)
            var result: [UInt8] = []
            result.reserveCapacity(bytes.count + 128)
            var last: Substring = ""
            var position = 0
            while position < bytes.count {
                let start = position
                if bytes[at: position] == UInt8(ascii: "'") {
                    // Literals are copied unchanged.
                    position = (bytes.dropFirst(position + 1).firstIndex(of: UInt8(ascii: "'")) ?? bytes.count - 1) + 1
                } else if let byte = bytes[at: position], isWordPart(byte) {
                    position = bytes.dropFirst(position).firstIndex { !isWordPart($0) } ?? bytes.count
                    let word = Substring(decoding: bytes[from: start, to: position], as: UTF8.self)
                    let next = bytes[at: position]
                    let isTable = introductions.contains(last) && known.contains(word) && next != UInt8(ascii: ".")
                    let isFunction = next == UInt8(ascii: "(") && functions.contains(word)
                    let isQualified = bytes[at: start - 1] == UInt8(ascii: ".")
                    if (isTable || isFunction) && !isQualified { result += Array((schema + ".").utf8) }
                    last = word
                } else {
                    position += 1
                    if ![UInt8(ascii: " "), UInt8(ascii: "\n")].contains(bytes[at: start]) { last = "" }
                }
                result += bytes[from: start, to: position]
            }
            return String(decoding: result, as: UTF8.self)
        }

        private static func isWordPart(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"):
                true
            default: false
            }
        }
    }
#endif
