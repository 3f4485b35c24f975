import Base
import Demonstration
import Store
import TestSupport

/// A new database that contains the demonstration workspace.
final class SeededDatabase {
    private let empty: EmptyDatabase
    let database: any Database
    let summary: Demonstration.Summary

    /// 2026-04-15T12:00:00Z, a Wednesday.
    static let moment = Timestamp(seconds: 1_776_254_400)

    init(now: Timestamp = moment) throws {
        empty = try EmptyDatabase()
        database = empty.connect()
        try database.migrate()
        summary = try Demonstration.seed(database, now: now)
    }

    deinit { database.close() }

    var workspaceID: Identifier { summary.workspaceID }

    /// Returns the first column of a query whose first parameter is the workspace.
    func texts(_ sql: SQL, _ parameters: any SQLParameter...) throws -> [String] {
        var texts: [String] = []
        try database.run(sql, [workspaceID.sqlValue] + parameters.map(\.sqlValue)) { texts.append($0.text(0)) }
        return texts
    }

    /// Returns the first number of a query whose first parameter is the workspace; -1 if it finds no row.
    func number(_ sql: SQL) throws -> Int {
        try database.first(sql, workspaceID) { try $0[0] as Int } ?? -1
    }
}
