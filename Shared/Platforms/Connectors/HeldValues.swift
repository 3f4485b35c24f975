import Base

/// A limit on the values that a connector holds in memory from several answers at once. A single answer is limited by
/// the length of its body and the number of its values, but an endless list of answers would still fill the memory.
struct HeldValues {
    /// The largest number of values, as `add` counts them, in answers that are held whole, at about 100 bytes a value.
    static let most = 3_000_000
    /// The largest number of values, as `add` counts them, in answers of which only a few texts are held.
    static let mostOfExtracts = 8_000_000

    private let most: Int
    private var count = 0

    init(most: Int = Self.most) { self.most = most }

    /// Counts the values and member names of an answer, plus one for every whole 32 bytes of each text.
    /// - Throws: `ConnectorError.provider` if the limit is exceeded.
    mutating func add(_ values: [JSON]) throws(ConnectorError) {
        count += values.reduce(0) { $0 + Self.size($1) }
        guard count <= most else { throw .provider("The provider's list is longer than can be read at once.") }
    }

    private static func size(_ value: JSON) -> Int {
        switch value {
        case .null, .bool, .integer, .number: 1
        case .string(let text): 1 + text.utf8.count / 32
        case .array(let elements): elements.reduce(1) { $0 + size($1) }
        case .object(let members): members.reduce(1) { $0 + 1 + $1.key.utf8.count / 32 + size($1.value) }
        }
    }
}
