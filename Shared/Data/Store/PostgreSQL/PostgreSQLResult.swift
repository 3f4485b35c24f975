#if PostgreSQL
    import Base
    import CPostgreSQL

    /// The result of one statement, or one row of the result of a streamed query.
    final class PostgreSQLResult {
        fileprivate let result: OpaquePointer

        /// Takes ownership of `result`.
        init(_ result: OpaquePointer) { self.result = result }

        deinit { PQclear(result) }

        /// The number of rows that an INSERT, UPDATE or DELETE changed; 0 for any other statement. The server's tag of a
        /// query has the number of rows that were returned.
        var changes: Int {
            String(cString: PQcmdStatus(result)).hasPrefix("SELECT")
                ? 0 : Int(String(cString: PQcmdTuples(result))) ?? 0
        }

        /// The rows of the result.
        var rows: some Collection<PostgreSQLRow> {
            (0..<PQntuples(result)).lazy.map { PostgreSQLRow(whole: self, index: $0) }
        }

        /// Returns the error if the statement failed. Returns nil if it succeeded. `isConnected` is false if the
        /// connection is lost; every failure is then `unreachable`, except that of a skipped statement.
        func failure(isConnected: Bool) -> StoreError? {
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_COMMAND_OK: nil
            case PGRES_PIPELINE_ABORTED: .failed("a statement before this one failed")
            default: Self.error(of: result, isConnected: isConnected)
            }
        }

        private static func error(of result: OpaquePointer, isConnected: Bool) -> StoreError {
            // Only the primary message is used, because the details contain values.
            let message = cpostgresql_message(result).map { String(cString: $0) } ?? "the connection was lost"
            guard let code = cpostgresql_sqlstate(result).map({ String(cString: $0) }), isConnected else {
                return .unreachable(message)
            }
            // Classes of SQLSTATE codes (PostgreSQL documentation, appendix A). 25006 is read_only_sql_transaction: the
            // server has become a standby or is set to read-only. 53100 is disk_full.
            if ["25006", "53100"].contains(code) { return .unwritable(message) }
            switch code.prefix(2) {
            case "08", "53", "57", "58": return .unreachable(message)
            case "23": return .constraint(message)
            case "XX": return .damaged(message)
            default: return .failed("\(code) \(message)")
            }
        }
    }

    /// One row of a result, in the binary format. Unlike the text format, it does not depend on settings of the server.
    struct PostgreSQLRow: Row {
        // Keeps the result alive, which the values are part of.
        let whole: PostgreSQLResult
        let index: Int32

        private var result: OpaquePointer { whole.result }

        var columnCount: Int { Int(PQnfields(result)) }

        func name(_ column: Int) -> String {
            PQfname(result, Int32(clamping: column)).map { String(cString: $0) } ?? ""
        }

        func isNull(_ column: Int) -> Bool { PQgetisnull(result, index, Int32(clamping: column)) == 1 }

        func integer(_ column: Int) -> Int {
            switch value(column) {
            case .integer(let number): number
            case .real(let number): Int(exactly: number.rounded()) ?? 0
            case .text(let text): Int(text) ?? 0
            case .null, .blob: 0
            }
        }

        func real(_ column: Int) -> Double {
            switch value(column) {
            case .integer(let number): Double(number)
            case .real(let number): number
            case .text(let text): Double(text) ?? 0
            case .null, .blob: 0
            }
        }

        func text(_ column: Int) -> String {
            switch value(column) {
            case .integer(let number): String(number)
            case .real(let number): String(number)
            case .text(let text): text
            case .blob(let bytes): String(decoding: bytes, as: UTF8.self)
            case .null: ""
            }
        }

        func blob(_ column: Int) -> [UInt8] {
            if case .blob(let bytes) = value(column) { bytes } else { Array(bytes(column)) }
        }

        /// Returns the value as SQLite would return it: booleans are 0 and 1; UUIDs, timestamps and JSON are text.
        func value(_ column: Int) -> SQLValue {
            guard !isNull(column) else { return .null }
            let bytes = bytes(column)
            // The numbers are object identifiers of types (pg_type.dat in PostgreSQL's source).
            switch PQftype(result, Int32(clamping: column)) {
            case 16: return .integer(bytes.first == 1 ? 1 : 0)
            case 17: return .blob(Array(bytes))
            case 20: return .integer(Int(bytes.bigEndian(as: Int64.self)))
            case 21: return .integer(Int(bytes.bigEndian(as: Int16.self)))
            case 23, 26: return .integer(Int(bytes.bigEndian(as: Int32.self)))
            case 700: return .real(Double(Float(bitPattern: bytes.bigEndian(as: UInt32.self))))
            case 701: return .real(Double(bitPattern: bytes.bigEndian(as: UInt64.self)))
            case 1184: return .text(Self.moment(bytes.bigEndian(as: Int64.self)).description)
            case 1700: return Self.numeric(bytes)
            case 2950: return .text(Self.uuid(bytes))
            // The binary form of jsonb begins with a version number.
            case 3802: return .text(String(decoding: bytes.dropFirst(), as: UTF8.self))
            default: return .text(String(decoding: bytes, as: UTF8.self))
            }
        }

        private func bytes(_ column: Int) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(
                start: PQgetvalue(result, index, Int32(clamping: column)),
                count: Int(PQgetlength(result, index, Int32(clamping: column))))
        }

        /// Converts microseconds since 2000-01-01 to a timestamp, rounding down to a second.
        private static func moment(_ microseconds: Int64) -> Timestamp {
            let seconds = microseconds / 1_000_000 - (microseconds % 1_000_000 < 0 ? 1 : 0)
            return Timestamp(seconds: 946_684_800) + Int(clamping: seconds)
        }

        private static func uuid(_ bytes: UnsafeRawBufferPointer) -> String {
            String(unsafeUninitializedCapacity: 36) { text in
                var end = 0
                for (position, byte) in bytes.prefix(16).enumerated() {
                    if (4...10).contains(position), position.isMultiple(of: 2) {
                        text[end] = UInt8(ascii: "-")
                        end += 1
                    }
                    text[end] = Hex.lowerDigit(byte >> 4)
                    text[end + 1] = Hex.lowerDigit(byte)
                    end += 2
                }
                return end
            }
        }

        /// Converts the binary form of numeric, the type of sums of integers and of averages. It consists of the number
        /// of digits in base 10,000, the weight of the first digit, the sign, the scale, and the digits.
        private static func numeric(_ bytes: UnsafeRawBufferPointer) -> SQLValue {
            func word(_ position: Int) -> Int {
                Int(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(position * 2)).bigEndian(as: UInt16.self))
            }
            let (weight, sign) = (Int(Int16(truncatingIfNeeded: word(1))), word(2) == 0x4000 ? -1 : 1)
            // Further digits would be beyond the precision of a floating-point number.
            let digits = (0..<min(word(0), 20)).map { word(4 + $0) }
            // Nil if the value does not fit in an integer.
            var whole: Int? = weight < 5 ? 0 : nil
            for place in 0..<(whole == nil ? 0 : max(0, weight + 1)) {
                whole = whole.flatMap { Self.append(place < digits.count ? digits[place] : 0, to: $0) }
            }
            if let whole, word(3) == 0 { return .integer(sign * whole) }
            var sum = whole.map(Double.init) ?? 0
            for (place, digit) in digits.enumerated() where whole == nil || place > weight {
                sum += scaled(Double(digit), by: weight - place)
            }
            return .real(Double(sign) * sum)
        }

        private static func append(_ digit: Int, to number: Int) -> Int? {
            let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10_000)
            let (sum, overflows) = product.addingReportingOverflow(digit)
            return isTooLarge || overflows ? nil : sum
        }

        /// Returns the value of a digit that is `places` places before the decimal point, or behind it if `places` is
        /// negative. Beyond 80 places the result is infinity or 0.
        private static func scaled(_ digit: Double, by places: Int) -> Double {
            (0..<min(abs(places), 80)).reduce(digit) { value, _ in places < 0 ? value / 10_000 : value * 10_000 }
        }
    }

    extension UnsafeRawBufferPointer {
        fileprivate func bigEndian<Number: FixedWidthInteger>(as type: Number.Type) -> Number {
            count < MemoryLayout<Number>.size ? 0 : Number(bigEndian: loadUnaligned(as: Number.self))
        }
    }
#endif
