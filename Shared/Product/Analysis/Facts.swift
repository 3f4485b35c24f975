import Store

/// The names of the columns of a rule's query, and the places of the key and of the entities among them.
final class FactColumns {
    let names: [String]
    private let keyColumn: Int?
    let entities: EntityLists.Columns

    init(_ row: any Row) {
        names = (0..<row.columnCount).map(row.name)
        keyColumn = names.firstIndex(of: "key")
        entities = EntityLists.Columns(names)
    }

    func key(of row: any Row) -> String { keyColumn.map(row.text) ?? "" }
}

/// The values in the rows of one finding.
struct Facts {
    private let columns: FactColumns
    private var values: [ListedValues]
    private(set) var entities = EntityLists()

    init(_ columns: FactColumns) {
        self.columns = columns
        values = Array(repeating: ListedValues(), count: columns.names.count)
    }

    mutating func add(_ row: any Row) {
        for column in values.indices where !row.isNull(column) { values[column].add(row.text(column)) }
        entities.add(row, columns.entities)
    }

    subscript(column: String) -> ListedValues {
        columns.names.firstIndex(of: column).map { values[$0] } ?? ListedValues()
    }
}

/// The different values of one column in the rows of a finding.
struct ListedValues {
    /// The first value that was added, which matters for queries that order their rows.
    private(set) var first: String?
    private var last: String?
    private var least = BoundedSmallest<Void>()
    // The hashes of the values, filled only from the second value on, since most findings have one row. Hashes take
    // less memory than the values of the few findings with very many rows.
    private var seen: Set<Int> = []

    /// The number of different values, by their hashes.
    var count: Int { max(least.elements.count, seen.count) }
    /// The value, if there is exactly one.
    var only: String? { count == 1 ? first : nil }
    /// The values that a list may name: the smallest ones, in order.
    var values: [String] { least.elements.map(\.key) }

    mutating func add(_ value: String) {
        guard last != value else { return }
        last = value
        if let first {
            if seen.isEmpty { seen.insert(first.hashValue) }
            guard seen.insert(value.hashValue).inserted else { return }
        } else {
            first = value
        }
        least.add(value, ())
    }
}
