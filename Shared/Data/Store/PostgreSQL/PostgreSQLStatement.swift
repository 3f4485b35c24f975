#if PostgreSQL
    import CPostgreSQL

    /// A statement's text in the form that PostgreSQL receives, and the name under which it is prepared.
    struct PostgreSQLStatement: Sendable {
        let text: String
        let name: String
        let parameterCount: Int

        /// True if the text begins with SELECT. Such a statement may be sent again if it is not known if it has run.
        let isQuery: Bool

        /// Creates a statement with the parameters `$1`, `$2` and so on.
        init(_ text: String) {
            var count = 0
            for part in text.utf8.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false).dropFirst() {
                let digits = part.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
                count = max(count, Int(Substring(digits)) ?? 0)
            }
            self.init(text, parameterCount: count)
        }

        /// Creates a statement without parameters, even if its text contains `$1`.
        init(script text: String) { self.init(text, parameterCount: 0) }

        private init(_ text: String, parameterCount: Int) {
            self.text = SchemaNames.qualified(text)
            // The name is a hash of the text, so it is the same in all processes, and two texts are very unlikely to
            // share a name.
            name =
                "thalian_"
                + String(
                    self.text.utf8.reduce(14_695_981_039_346_656_037 as UInt64) {
                        ($0 ^ UInt64($1)) &* 1_099_511_628_211
                    }, radix: 36)
            self.parameterCount = parameterCount
            isQuery = text.hasPrefix("SELECT")
        }
    }

    /// Parameters in the form that libpq expects. All except byte arrays are sent as text without a type; the server
    /// determines the type from the context, as it does for literals.
    struct BoundParameters {
        let count: Int32
        let values: UnsafePointer<UnsafePointer<CChar>?>?
        let lengths: UnsafePointer<Int32>?
        let formats: UnsafePointer<Int32>?

        /// Calls `body` with the parameters, which are valid only during the call.
        static func with<Result>(
            _ parameters: [SQLValue], count: Int, _ body: (BoundParameters) throws -> Result
        ) throws -> Result {
            guard parameters.count >= count else { throw StoreError.failed("parameter $\(count) has no value") }
            var storage: [UInt8] = []
            var offsets: [Int?] = []
            var lengths: [Int32] = []
            var formats: [Int32] = []
            for parameter in parameters.prefix(count) {
                let bytes: [UInt8]?
                switch parameter {
                case .null: bytes = nil
                case .integer(let value): bytes = Array(String(value).utf8)
                case .real(let value): bytes = Array(String(value).utf8)
                case .text(let value):
                    // SQLite can store a NUL character, but PostgreSQL can't. Passed as a C string, the text would
                    // silently be cut off there.
                    guard !value.utf8.contains(0) else { throw StoreError.constraint("a text has a NUL") }
                    bytes = Array(value.utf8)
                case .blob(let value): bytes = value
                }
                offsets.append(bytes == nil ? nil : storage.count)
                lengths.append(Int32(clamping: bytes?.count ?? 0))
                if case .blob = parameter { formats.append(1) } else { formats.append(0) }
                storage += (bytes ?? []) + [0]
            }
            return try storage.withUnsafeBytes { storage in
                let base = storage.bindMemory(to: CChar.self).baseAddress
                let values = offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } }
                return try values.withUnsafeBufferPointer { values in
                    try lengths.withUnsafeBufferPointer { lengths in
                        try formats.withUnsafeBufferPointer { formats in
                            try body(
                                BoundParameters(
                                    count: Int32(clamping: count), values: values.baseAddress,
                                    lengths: lengths.baseAddress,
                                    formats: formats.baseAddress))
                        }
                    }
                }
            }
        }
    }
#endif
