import Base

/// A budget for what a connector holds of several answers at once. Each answer alone is bounded by the length of its
/// body and by the number of its values; a list without an end would still fill the memory of the process.
struct HeldValues {
    /// Enough for answers that are held as they are, which take about 100 bytes a value.
    static let most = 3_000_000
    /// Enough for answers of which a few texts are held.
    static let mostOfExtracts = 8_000_000

    private let most: Int
    private var count = 0

    init(most: Int = Self.most) { self.most = most }

    /// Adds the values of an answer, and one more for each 32 bytes of their text.
    /// - Throws: `ConnectorError.provider` when there are more than may be held.
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
