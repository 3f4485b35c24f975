import Base
import Crypto

/// A guard that notices a list of pages without an end.
///
/// A provider that names the same next page again, or leads round in a circle, would be asked until the time is up, in
/// each run anew. Two things tell it from a long list:
///
/// - **A page repeats**: what it holds and where it says that the next one begins are those of an earlier page. Brent's
///   algorithm finds circles of any length with one page in mind: page 1, 2, 4, 8 … is remembered, and each later one
///   is compared with it. A circle is found after at most three times as many pages as lead into it and round it once. A
///   place alone may repeat: CrowdStrike's scroll has one pointer for all of its pages.
/// - **Nothing new comes**: pages in a row bring nothing that no page before them brought. Empty pages in between are
///   usual, where a provider filters what it has divided into pages before; and a list that moves while it is read
///   begins again, as often as `NumberedList` allows. More than that is no list.
///
/// The guard is small and goes through JSON, so that another process can go on with it. A list that begins again by
/// itself, without its cursor saying so, takes a new guard.
public struct PageGuard: Sendable, Equatable {
    /// The pages in a row that may bring nothing new. Beyond them there may be as many as have brought something, for
    /// each time that a list may begin again.
    static let mostPagesWithoutNew = 500
    static let mostBeginnings = 5
    /// Far more than any list has.
    private static let mostPages = 1 << 32

    /// A page in short.
    private struct Mark: Equatable {
        let next: String
        let items: String
    }

    private var mark: Mark?
    /// The pages since the one in `mark`, and how many there will be when another takes its place.
    private var distance = 0
    private var reach = 1
    private var pagesWithNew = 0
    private var pagesWithoutNew = 0

    /// A guard of a list of which nothing has been read.
    public init() {}

    /// The guard that was kept as `json`; a new one if the value is none.
    public init(_ json: JSON?) {
        func number(_ name: String, from least: Int) -> Int {
            min(max(json?[name]?.integer ?? least, least), Self.mostPages)
        }
        if let next = json?["next"]?.string, let items = json?["items"]?.string {
            mark = Mark(next: next, items: items)
        }
        distance = number("distance", from: 0)
        reach = number("reach", from: 1)
        pagesWithNew = number("with_new", from: 0)
        pagesWithoutNew = number("without_new", from: 0)
    }

    /// What `init` takes.
    public var json: JSON {
        var members: [String: JSON] = [
            "distance": .integer(distance), "reach": .integer(reach), "with_new": .integer(pagesWithNew),
            "without_new": .integer(pagesWithoutNew),
        ]
        members["next"] = mark.map { .string($0.next) }
        members["items"] = mark.map { .string($0.items) }
        return .object(members)
    }

    /// Notes a page, before the next one is asked for.
    ///
    /// - Parameters:
    ///   - items: What tells the page from others: what it holds, or the ids of that, in the provider's order.
    ///   - next: Where the next page begins; nil after the last one, which may hold anything.
    ///   - bringsNew: Whether the page holds something that no page before it held.
    /// - Throws: `ConnectorError.provider` if the list has no end.
    public mutating func pass(_ items: [JSON], next: JSON?, bringsNew: Bool) throws(ConnectorError) {
        guard let next else { return }
        if bringsNew { pagesWithNew += 1 }
        pagesWithoutNew = bringsNew ? 0 : pagesWithoutNew + 1
        guard pagesWithoutNew <= Self.mostPagesWithoutNew + Self.mostBeginnings * pagesWithNew else {
            throw .provider("The provider's list goes on without anything new in it.")
        }
        let place = Self.digest(next)
        // Most pages need no digest of what they hold.
        if let mark, mark.next == place, mark.items == Self.digest(.array(items)) {
            throw .provider("The provider's list repeats itself and so has no end.")
        }
        distance += 1
        if mark == nil || distance >= reach {
            mark = Mark(next: place, items: Self.digest(.array(items)))
            distance = 0
            reach = min(reach * 2, Self.mostPages)
        }
    }

    /// Half of a SHA-256, which is enough against chance.
    private static func digest(_ value: JSON) -> String {
        String(SHA256.hexadecimal(JSONWriter.bytes(value)).prefix(32))
    }
}
