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

        /// Returns the text with the names of tables that follow an introduction, and of functions, qualified. Only few
        /// words need to be looked up: words in capitals, a word that follows an introduction, and a word before a
        /// parenthesis.
        static func qualified(_ text: String) -> String {
            let bytes = Array(text.utf8)
            var result: [UInt8] = []
            result.reserveCapacity(bytes.count + 128)
            var followsIntroduction = false
            var position = 0
            while let byte = bytes[at: position] {
                let start = position
                if byte == UInt8(ascii: "'") {
                    // Literals are copied unchanged.
                    position = (bytes.dropFirst(position + 1).firstIndex(of: UInt8(ascii: "'")) ?? bytes.count - 1) + 1
                } else if SQL.isWordPart(byte) {
                    while let part = bytes[at: position], SQL.isWordPart(part) { position += 1 }
                    let next = bytes[at: position]
                    var word: Substring { Substring(decoding: bytes[from: start, to: position], as: UTF8.self) }
                    let isTable = followsIntroduction && next != UInt8(ascii: ".") && known.contains(word)
                    let isFunction = next == UInt8(ascii: "(") && functions.contains(word)
                    let isQualified = bytes[at: start - 1] == UInt8(ascii: ".")
                    if (isTable || isFunction) && !isQualified { result += Array((schema + ".").utf8) }
                    followsIntroduction = byte < UInt8(ascii: "a") && introductions.contains(word)
                } else {
                    position += 1
                    if byte != UInt8(ascii: " "), byte != UInt8(ascii: "\n") { followsIntroduction = false }
                }
                result += bytes[from: start, to: position]
            }
            return String(decoding: result, as: UTF8.self)
        }
    }
#endif
