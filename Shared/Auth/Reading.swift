import Store

/// What to read of a workspace, and what to make of it. Several together are one consistent view of the data, and one
/// round trip to the database.
///
/// As with every query of a workspace, `$1` is the workspace's id.
public struct Reading<Value> {
    /// The queries of one reading, and its value once they have run.
    typealias Started = (queries: [Part], value: () throws -> Value)
    typealias Part = (sql: SQL, parameters: [SQLValue], body: (any Row) throws -> Void)

    let start: () -> Started

    /// All rows of a query, each decoded by `decode`.
    public static func rows<Element>(
        _ sql: SQL, _ parameters: [any SQLParameter] = [], decode: @escaping (any Row) throws -> Element
    ) -> Reading where Value == [Element] {
        let parameters = parameters.map(\.sqlValue)
        return Reading {
            var values: [Element] = []
            return ([(sql, parameters, { values.append(try decode($0)) })], { values })
        }
    }

    /// The first row of a query, decoded by `decode`; nil when there is none.
    public static func first<Element>(
        _ sql: SQL, _ parameters: [any SQLParameter] = [], decode: @escaping (any Row) throws -> Element
    ) -> Reading where Value == Element? {
        let parameters = parameters.map(\.sqlValue)
        return Reading {
            var value: Element?
            return ([(sql, parameters, { row in if value == nil { value = try decode(row) } })], { value })
        }
    }

    /// This reading and another one.
    public func and<Other>(_ other: Reading<Other>) -> Reading<(Value, Other)> {
        Reading<(Value, Other)> {
            let (left, right) = (start(), other.start())
            return (left.queries + right.queries, { (try left.value(), try right.value()) })
        }
    }

    /// What `transform` makes of this reading's value.
    public func map<Result>(_ transform: @escaping (Value) throws -> Result) -> Reading<Result> {
        Reading<Result> {
            let started = start()
            return (started.queries, { try transform(try started.value()) })
        }
    }
}

extension Workspace {
    /// Reads it.
    public func read<Value>(_ reading: Reading<Value>) throws -> Value {
        let (queries, value) = reading.start()
        guard queries.allSatisfy(\.sql.isScoped) else {
            throw StoreError.failed("a query is not restricted to its workspace")
        }
        try database.read(queries.map { Statement($0.sql, [id.sqlValue] + $0.parameters, $0.body) })
        return try value()
    }

    /// Reads both at once.
    public func read<First, Second>(
        _ first: Reading<First>, _ second: Reading<Second>
    ) throws -> (First, Second) {
        try read(first.and(second))
    }
}
