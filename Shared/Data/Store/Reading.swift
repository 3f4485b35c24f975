/// A read operation: the queries to run on a workspace, and the value to build from their rows. Readings can be
/// combined; together they see one consistent state of the data and take one round trip to the database.
///
/// `$1` is the workspace's id, as in every query of a workspace.
public struct Reading<Value> {
    /// The queries of a reading, and a closure that returns the reading's value after they have run.
    typealias Started = (queries: [Part], value: () throws -> Value)
    typealias Part = (sql: SQL, parameters: [SQLValue], body: (any Row) throws -> Void)

    let start: () -> Started

    /// Returns a reading of all rows of a query, each decoded by `decode`.
    public static func rows<Element>(
        _ sql: SQL, _ parameters: [any SQLParameter] = [], decode: @escaping (any Row) throws -> Element
    ) -> Reading where Value == [Element] {
        let parameters = parameters.map(\.sqlValue)
        return Reading {
            var values: [Element] = []
            return ([(sql, parameters, { values.append(try decode($0)) })], { values })
        }
    }

    /// Returns a reading of the first row of a query, decoded by `decode`. Its value is nil if there are no rows.
    public static func first<Element>(
        _ sql: SQL, _ parameters: [any SQLParameter] = [], decode: @escaping (any Row) throws -> Element
    ) -> Reading where Value == Element? {
        let parameters = parameters.map(\.sqlValue)
        return Reading {
            var value: Element?
            return ([(sql, parameters, { row in if value == nil { value = try decode(row) } })], { value })
        }
    }

    /// Returns a reading that combines this reading with another one.
    public func and<Other>(_ other: Reading<Other>) -> Reading<(Value, Other)> {
        Reading<(Value, Other)> {
            let (left, right) = (start(), other.start())
            return (left.queries + right.queries, { (try left.value(), try right.value()) })
        }
    }

    /// Returns a reading whose value is this reading's value changed by `transform`.
    public func map<Result>(_ transform: @escaping (Value) throws -> Result) -> Reading<Result> {
        Reading<Result> {
            let started = start()
            return (started.queries, { try transform(try started.value()) })
        }
    }
}

extension Reading {
    /// Runs the queries on a database, with `first` as the first parameter of each, and returns the value.
    ///
    /// - Throws: `StoreError` if a query's text does not restrict it to the workspace that is its first parameter, or
    ///   if the database fails.
    public func read(from database: any Database, workspace first: SQLValue) throws -> Value {
        let (queries, value) = start()
        guard queries.allSatisfy(\.sql.isScoped) else {
            throw StoreError.failed("a query is not restricted to its workspace")
        }
        try database.read(queries.map { Statement($0.sql, [first] + $0.parameters, $0.body) })
        return try value()
    }
}
