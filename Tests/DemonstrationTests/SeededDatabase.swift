import Base
import Demonstration
import Foundation
import Store

/// A database in a folder of its own, with the demonstration workspace in it.
final class SeededDatabase {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    let database: any Database
    let summary: Demonstration.Summary

    /// 2026-04-15, a Wednesday.
    static let moment = Timestamp(seconds: 1_776_254_400)

    init(now: Timestamp = moment) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        database = SQLiteDatabase(path: folder.appending(path: "store.sqlite").path, creates: true)
        try database.migrate()
        summary = try Demonstration.seed(database, now: now)
    }

    deinit {
        database.close()
        try? FileManager.default.removeItem(at: folder)
    }

    var workspaceID: Identifier { summary.workspaceID }

    /// The first column of a query whose first parameter is the workspace.
    func texts(_ sql: SQL, _ parameters: any SQLParameter...) throws -> [String] {
        var texts: [String] = []
        try database.run(sql, [workspaceID.sqlValue] + parameters.map(\.sqlValue)) { texts.append($0.text(0)) }
        return texts
    }

    /// One number.
    func number(_ sql: SQL) throws -> Int {
        try database.first(sql, workspaceID) { try $0[0] as Int } ?? -1
    }
}
