import Base
import Testing

@testable import Connectors

@Suite struct ObjectListsTests {
    /// Reads pages of two objects each; returns the number of objects whose lists were requested.
    private func asked(pages: Int, refused: (Int) -> Bool) throws -> Int {
        var lists = ObjectLists("lists")
        var asked = 0
        for page in 0..<pages {
            var entries = PageEntries()
            let ids = [page * 2, page * 2 + 1].map(String.init)
            let found = try lists.lists(of: ids, noting: &entries, keeping: { [.ofAccount(.accessKey, account: $0)] }) {
                ids -> [Result<Int, ConnectorError>] in
                asked += ids.count
                return ids.map { Int($0).map(refused) == true ? .failure(.configuration("Refused.")) : .success(1) }
            }
            let missing = Set(ids).subtracting(found.keys)
            #expect(entries.kept == Set(missing.map { .ofAccount(.accessKey, account: $0) }))
            #expect(entries.leftOut.map(\.name) == (missing.isEmpty ? [] : ["lists"]))
        }
        return asked
    }

    @Test("If all lists so far are refused, no more than six are requested") func allRefused() throws {
        #expect(try asked(pages: 10) { _ in true } == 6)
    }

    @Test("If only some lists are refused, all are requested") func someRefused() throws {
        #expect(try asked(pages: 10) { $0 == 7 || $0 == 3 } == 20)
    }
}
