import Base
import Testing

@testable import Connectors

@Suite struct PageGuardTests {
    /// Returns the number of pages that are read until the guard refuses one; nil if it lets `most` pass.
    private func pages(until most: Int, _ page: (Int) -> (items: [JSON], next: JSON?, isNew: Bool)) -> Int? {
        var pages = PageGuard()
        for number in 0..<most {
            let (items, next, isNew) = page(number)
            do throws(ConnectorError) {
                try pages.pass(items, next: next, bringsNew: isNew)
            } catch {
                return error.kind == "provider_error" ? number + 1 : nil
            }
            // Each page may be read by another process.
            pages = PageGuard(try? JSON(parsing: JSONWriter.bytes(pages.json)))
        }
        return nil
    }

    @Test("A circle of pages is detected", arguments: [0, 1, 7, 100], [1, 2, 3, 50])
    func aCircleIsFound(_ lead: Int, _ length: Int) throws {
        let found = pages(until: 10_000) { number in
            let place = number < lead ? number : lead + (number - lead) % length
            return ([.integer(place)], .string("page \(place + 1)"), true)
        }
        #expect(try #require(found) <= 3 * (lead + length) + 2)
    }

    @Test("A long list of different pages passes") func aLongListPasses() {
        #expect(pages(until: 5_000) { ([.integer($0)], .string("page \($0)"), true) } == nil)
    }

    /// CrowdStrike's scrolling lists may name the same cursor with each page.
    @Test("The cursor may repeat as long as the items differ") func aPlaceMayRepeatAsLongAsItemsDiffer() {
        #expect(pages(until: 5_000) { ([.integer($0)], "pointer", true) } == nil)
        #expect(pages(until: 5_000) { ([.integer($0 / 3)], "pointer", true) } == 2)
    }

    /// Filters may leave pages empty or equal.
    @Test("Items may repeat as long as the cursors differ") func itemsMayRepeatAsLongAsPlacesDiffer() {
        #expect(pages(until: 5_000) { ([], .string("page \($0)"), $0 % 400 == 0) } == nil)
    }

    @Test("The number of pages without new items is limited") func pagesWithoutAnythingNewAreBounded() throws {
        let empty = pages(until: 10_000) { ([], .string("page \($0)"), false) }
        #expect(empty == PageGuard.mostPagesWithoutNew + 1)
        // A list may repeat its pages as often as a numbered list may begin again; after that it is refused.
        let again = pages(until: 100_000) { ([.integer($0 % 1_000)], .string("page \($0)"), $0 < 1_000) }
        #expect(try #require(again) > 5_000 && again ?? 0 < 7_000)
    }

    @Test("The last page may contain anything") func theLastPageMayHoldAnything() {
        #expect(pages(until: 5_000) { _ in (["same"], nil, false) } == nil)
    }

    @Test(
        "Any stored state of the guard is accepted",
        arguments: [
            .null, [], "x", ["distance": .integer(.max), "reach": .integer(.max), "next": "a", "items": "b"],
            ["distance": .integer(.min), "reach": 0, "with_new": .integer(.max), "without_new": .integer(.max)],
        ] as [JSON])
    func aKeptGuardMayBeAnything(_ kept: JSON) throws {
        var pages = PageGuard(kept)
        for number in 0..<10 { try? pages.pass([], next: .integer(number), bringsNew: false) }
        let again = PageGuard(pages.json)
        #expect(PageGuard(again.json) == again)
    }
}
