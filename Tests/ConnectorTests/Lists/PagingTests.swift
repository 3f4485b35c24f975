import Base
import Synchronization
import TestSupport
import Testing
import Upstream

@testable import Connectors

@Suite struct PagingTests {
    /// A list of numbers in pages of two. After each page, the next number in `losses` is deleted if the list contains
    /// it.
    private final class ShrinkingList {
        var numbers: [Int]
        var losses: [Int]
        init(_ numbers: Range<Int>, losing losses: [Int]) {
            self.numbers = Array(numbers)
            self.losses = losses
        }

        func page(from: Int) -> (items: [JSON], isLast: Bool) {
            let items = numbers.dropFirst(from).prefix(2).map { JSON.integer($0) }
            let isLast = from + items.count >= numbers.count
            if !losses.isEmpty { numbers.removeAll { [losses] in $0 == losses[0] } }
            losses = Array(losses.dropFirst())
            return (items, isLast)
        }
    }

    private func list(_ numbers: ShrinkingList) -> NumberedList {
        NumberedList(id: { $0.integer.map(String.init) ?? "" }, ask: numbers.page)
    }

    @Test(
        "Items that are deleted during reading hide no other item",
        arguments: [[0], [1], [-1, 0], [-1, 1, 3], [-1, -1, 4, 0], [0, 1, 2]])
    func whatIsDeletedWhileAListIsReadHidesNothingElse(_ losses: [Int]) throws {
        let numbers = ShrinkingList(0..<7, losing: losses)
        let found = Set(try list(numbers).all().compactMap(\.integer))
        #expect(found.isSuperset(of: numbers.numbers))
        #expect(!numbers.numbers.isEmpty)
    }

    /// A cache between us and the provider, or the provider itself, may send a wrong page.
    @Test("A wrong page in place of another hides no item") func aPageThatComesInPlaceOfAnotherHidesNobody() throws {
        for wrong in [1, 2, 3] {
            var asked = 0
            let list = NumberedList(id: { $0.integer.map(String.init) ?? "" }) { from in
                asked += 1
                let begin = asked == wrong + 1 ? 0 : from
                return ((begin..<min(begin + 4, 20)).map { JSON.integer($0) }, from + 4 >= 20)
            }
            #expect(Set(try list.all().compactMap(\.integer)) == Set(0..<20))
        }
    }

    /// The position comes from a stored cursor, which may have any value.
    @Test(
        "An invalid position restarts the list",
        arguments: [.integer(.max), .integer(.min), .integer(-1), .string("7"), .null, .number(1e300)] as [JSON])
    func aPlaceThatIsNoneIsTheBeginning(_ place: JSON) throws {
        let list = NumberedList(id: { $0.string ?? "" }) { from in ([.string(String(from))], false) }
        #expect(try list.page(["from": place]).items == ["0"])
        #expect(try list.page(["from": 70]).items == ["70"])
    }

    /// Each single answer is within the limits of an answer.
    @Test("A list without an end is an error") func aListWithoutAnEndIsAnError() {
        let numbers = NumberedList(id: { $0.integer.map(String.init) ?? "" }) { from in
            (Array(repeating: 7, count: 400_000) + [.integer(from)], false)
        }
        let texts = NumberedList(id: { $0.string ?? "" }) { from in
            ([.string(String(repeating: "x", count: 8 << 20)), .string(String(from))], false)
        }
        for list in [numbers, texts] {
            let error = #expect(throws: ConnectorError.self) { try list.all() }
            #expect(error?.kind == "provider_error")
        }
    }

    @Test("The total size of concurrent answers is limited") func answersThatAreHeldTogetherAreWithinALimit() throws {
        let provider = try FakeProvider { _ in .init(text: String(repeating: "x", count: 6 << 20)) }
        let client = try UpstreamClient(
            "gitlab", Environment(["ENVIRONMENT": "development", "UPSTREAM_GITLAB": provider.url]), seconds: 20)
        let base = try #require(UpstreamURL("https://gitlab.com"))
        let api = PlatformAPI(client, base, .fields([])) { .unexplained($0, by: "It") }
        let few = try api.sendAll([api.request(.get, "/a"), api.request(.get, "/b")], atOnce: 2)
        #expect(few.count == 2)
        let many = ["a", "b", "c"].map { api.request(.get, "/\($0)") }
        let error = #expect(throws: ConnectorError.self) { try api.sendAll(many, atOnce: 3) }
        #expect(error?.kind == "provider_error")
    }

    /// Users leave while the numbered pages are read.
    @Test("Members who leave during reading hide no other member", arguments: [101, 199, 205, 250, 997], [0, 3])
    func whoLeavesWhileNumberedPagesAreReadHidesNobodyElse(_ count: Int, _ losses: Int) throws {
        let members = Mutex(Array(0..<count))
        let provider = try FakeProvider { request in
            guard request.path == "/api/v4/groups/acme%2Fmain/members/all" else {
                return GitLabGroup.answer(request, isEmpty: true)
            }
            return members.withLock { members in
                if members.count > count - losses { members.removeFirst() }
                let page: [JSON] = members.map { ["id": .integer($0), "username": .string("user\($0)")] }
                return ConnectorCase.numberedPage(request, page, at: "https://gitlab.com")
            }
        }
        let connector = try ConnectorCase.gitlab.connect(provider)
        let found = try pull { connector }.accounts.keys
        #expect(Set(found).isSuperset(of: members.withLock { $0.map(String.init) }))
        let pages = provider.requests.filter { $0.path.hasSuffix("/members/all") }.count
        #expect(losses > 0 || pages <= count / 95 + 1)
        #expect(provider.unexpected.isEmpty)
    }

    /// A repeated item that is counted twice would make the list seem complete. A list that keeps repeating it can't be
    /// read.
    @Test("A repeated item hides no other item", arguments: [ConnectorCase.jumpCloud, .crowdStrike], [0, 2])
    func anItemThatComesTwiceHidesNoOther(_ example: ConnectorCase, _ place: Int) throws {
        let paths = ["/api/applications", "/user-management/queries/users/v1"]
        let absence = try? Absence(example) { request, reply in
            let from = request.parameter("skip") ?? request.parameter("offset")
            guard paths.contains(request.path), from == String(place) else { return nil }
            return reply.entries(request.path == paths[0] ? "results" : "resources") { $0 + $0.suffix(1) }
        }
        #expect((absence?.gone ?? []) == [])
    }

    @Test("A list that keeps changing during reading is an error")
    func aListThatNeverStandsStillIsLeftForAnotherTime() {
        let numbers = ShrinkingList(0..<100, losing: (0..<100).map { $0 })
        #expect(throws: ConnectorError.self) { try list(numbers).all() }
    }

    @Test("An application that disappears during reading is skipped")
    func aParentThatGoesWhileItsListIsReadIsPassedOver() throws {
        let lists = RecordCollection.each(
            "lists", of: .application, parents: { ["a", "b", "c", "d"] }, keeping: { _ in [] }
        ) { parent, cursor in
            let application = ApplicationRecord(
                externalID: parent + (cursor?.string ?? ""), name: parent, isManaged: true)
            switch (parent, cursor) {
            // The parents a and d are gone before the first page of their lists, and b before the second.
            case ("a", _), ("d", _), ("b", .some(.string("2"))): throw ConnectorError.missing("It has gone.")
            case ("b", _): return RecordPage(PageEntries(), next: "2")
            default:
                return RecordPage(
                    PageEntries(known: [.application(application)]), next: cursor == nil ? "2" : nil)
            }
        }
        var found: [String] = []
        var cursor: JSON?
        var pages = 0
        repeat {
            let page = try lists.page(cursor)
            found += page.records.map { $0.key.id }
            cursor = page.next
            pages += 1
            // The limit ends the test if a parent that is gone does not end its list.
            if pages > 20 { break }
        } while cursor != nil
        #expect(found == ["c", "c2"])
    }

    @Test("Only a member of an object is taken for a page token") func onlyAMemberIsAToken() throws {
        func token(_ answer: JSON) throws -> String? { try answer.nextToken("metadata", "cursor") }
        #expect(try token(["metadata": ["cursor": "x"]]) == "x" && token(["metadata": ["cursor": 7]]) == "7")
        for answer: JSON in [[:], ["metadata": nil], ["metadata": [:]], ["metadata": ["cursor": ""]]] {
            #expect(try token(answer) == nil)
        }
        for answer: JSON in ["x", ["x"], ["metadata": "x"], ["metadata": 7], ["metadata": []]] {
            #expect(throws: ConnectorError.self, "\(answer)") { try token(answer) }
        }
        #expect(throws: ConnectorError.self) { try JSON.string("x").nextToken("cursor") }
    }

    @Test("A list in another form keeps its name, kinds, need and prefix of ids")
    func anotherFormKeepsTheRest() throws {
        let list = RecordCollection("tokens", of: .accessKey, .account, need: .optional) { _ in
            RecordPage(PageEntries())
        }
        .withIDs(beginning: "token/")
        for other in [list.keeping { [.all(.account)] }, list.beginningAgain()] {
            #expect(other.name == list.name && other.kinds == list.kinds && other.need == list.need)
            #expect(other.idPrefix == "token/" && other.kept == list.kept)
        }
        #expect(try list.keeping { [.all(.account)] }.page(nil).entries.kept == [.all(.account)])
    }

    @Test("An empty page token means that there is no next page") func anEmptyTokenIsNoNextPage() throws {
        let provider = try FakeProvider { _ in .json(["items": [], "next": ""]) }
        let base = try #require(UpstreamURL("https://api.example.com"))
        let client = try UpstreamClient(
            "example", Environment(["ENVIRONMENT": "development", "UPSTREAM_EXAMPLE": provider.url]), seconds: 5)
        let api = PlatformAPI(client, base, .fields([])) { _ in .provider("It fails.") }
        let list = RecordCollection.tokened(
            "items", of: .account, need: .required, api, "/", parameter: "page", token: { $0.json["next"]?.string },
            entries: { _ in PageEntries() })
        #expect(try list.page(nil).next == nil)
    }
}
