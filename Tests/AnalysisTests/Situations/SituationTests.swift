import Base
import Foundation
import TestSupport
import Testing

/// Ordinary situations of real companies, in which no rule may fire beyond the findings that Company.md declares.
@Suite(.usesStore) struct SituationTests {
    /// The rows of Company.md's table, as its cells by the situation's name.
    private static func declared() throws -> [String: [String]] {
        let document = DocumentTable.repository.appending(path: "Tests/Company.md")
        let table = DocumentTable(in: document, header: "| Situation | Platforms | True findings | Document |")
        let rows = try table.rows().map { $0.dropFirst(2).dropLast(2).components(separatedBy: " | ") }
        return Dictionary(rows.map { ($0[0], $0) }) { first, _ in first }
    }

    @Test("An ordinary situation has only the findings that are true of it", arguments: Situation.all)
    func onlyTrueFindings(_ situation: Situation) throws {
        let declared = try #require(try Self.declared()[situation.name]?[2])
        let expected = declared == "none" ? [] : declared.components(separatedBy: "<br>")
        let synced = try SyncedCompany(situation.company, at: Company.now - .days(45))
        for days in [45, 8, 0] { try synced.sync(at: Company.now - .days(days)) }
        #expect(synced.unexpected == [])
        let found = try synced.findings().map { $0.replacing(" | ", with: " · ") }
        #expect(found == expected)
    }

    @Test("A company in no situation has no finding", arguments: Situation.none)
    func noFindings(_ situation: Situation) throws {
        let synced = try SyncedCompany(situation.company, at: Company.now - .days(45))
        for days in [45, 8, 0] { try synced.sync(at: Company.now - .days(days)) }
        #expect(synced.unexpected == [])
        let found = try synced.findings()
        #expect(found == [])
    }

    @Test("Company.md names the platforms and the document of each situation") func eachSituationHasADocument() throws {
        let declared = try Self.declared()
        #expect(Set(declared.keys) == Set(Situation.all.map(\.name)))
        #expect(Set(Situation.all.map(\.name)).count == Situation.all.count)
        for situation in Situation.all {
            let row = try #require(declared[situation.name])
            #expect(row[1] == situation.platforms.joined(separator: ", "), "\(situation.name)")
            #expect(row[3].hasPrefix("https://"), "\(situation.name)")
        }
    }
}
