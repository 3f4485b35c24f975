import Base
import Store

/// The columns of a rule's question.
final class FactColumns {
    let names: [String]
    private let keyColumn: Int?
    let entities: AffectedEntities.Columns

    init(_ row: any Row) {
        names = (0..<row.columnCount).map(row.name)
        keyColumn = names.firstIndex(of: "key")
        entities = AffectedEntities.Columns(names)
    }

    func key(of row: any Row) -> String { keyColumn.map(row.text) ?? "" }
}

/// What the rows of one finding say.
struct Facts {
    private let columns: FactColumns
    private var values: [ListedValues]
    private(set) var entities = AffectedEntities()

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

/// The different values of one column over the rows of a finding.
struct ListedValues {
    /// How many are kept at most, to be named.
    static let mostKept = 100

    private(set) var values: [String] = []
    // Most findings have one row: a set for each of its columns would cost more than all the rest.
    private var seen: Set<String> = []

    /// How many there are.
    var count: Int { max(values.count, seen.count) }
    var first: String? { values.first }

    mutating func add(_ value: String) {
        guard values.last != value else { return }
        if !values.isEmpty {
            if seen.isEmpty { seen = Set(values) }
            guard seen.insert(value).inserted else { return }
        }
        if values.count < Self.mostKept { values.append(value) }
    }
}
