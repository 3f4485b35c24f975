public import Base
import Crypto

/// A guard that detects lists whose pages never end.
///
/// If a provider names the same next page again, or leads round in a circle, the sync would ask for pages until its
/// time is up, in every run. The guard tells such a list from a long one in two ways:
///
/// - **A page repeats**: its content and the position of its next page are those of an earlier page. Brent's algorithm
///   finds circles of any length while it remembers only one page: it remembers page 1, 3, 7, 15 … in turn and compares
///   each later page with the remembered one. It finds a circle after at most three times the number of pages that lead
///   into the circle and once around it. The position alone may repeat: CrowdStrike's scroll uses one pointer for all
///   pages.
/// - **Nothing new comes**: many pages in a row bring only items that earlier pages brought. Some of this is normal: a
///   provider that divides a list into pages before it filters them sends empty pages, and a list that changes while it
///   is read begins again, as often as `NumberedList` allows. More than that is an endless list.
///
/// The guard is small and can be stored as JSON, so that another process can continue with it. If a list begins again
/// without a sign of it in the cursor, a new guard must be used.
public struct PageGuard: Sendable, Equatable {
    /// The number of pages in a row that may bring nothing new in a list that does not begin again. A list that begins
    /// again repeats the pages that have brought something new, so the number of these is added for each beginning that
    /// is allowed.
    static let mostPagesWithoutNew = 500
    /// The number of times that the pages with new items may be repeated.
    static let mostBeginnings = 5
    /// The largest count that a guard keeps, far above the pages of any real list.
    private static let mostPages = 1 << 32

    /// The digests of the position after a page and of the page's content.
    private struct Mark: Equatable {
        let next: String
        let items: String
    }

    private var mark: Mark?
    /// The number of pages since the one in `mark`.
    private var distance = 0
    /// The value of `distance` at which another page replaces `mark`.
    private var reach = 1
    private var pagesWithNew = 0
    private var pagesWithoutNew = 0

    /// Creates a guard for a list of which nothing has been read.
    public init() {}

    /// Restores a guard from its JSON; creates a new one if there is none.
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

    /// The guard as JSON, for `init(_:)`.
    public var json: JSON {
        var members: [String: JSON] = [
            "distance": .integer(distance), "reach": .integer(reach), "with_new": .integer(pagesWithNew),
            "without_new": .integer(pagesWithoutNew),
        ]
        members["next"] = mark.map { .string($0.next) }
        members["items"] = mark.map { .string($0.items) }
        return .object(members)
    }

    /// Notes a page before the next one is requested.
    ///
    /// - Parameters:
    ///   - items: The page's content, or the ids of its items, in the provider's order.
    ///   - next: The cursor of the next page; nil after the last page, which is not checked.
    ///   - bringsNew: True if the page may hold an item that no earlier page held.
    /// - Throws: `ConnectorError.provider` if a page repeats or too many pages bring nothing new.
    public mutating func pass(_ items: [JSON], next: JSON?, bringsNew: Bool) throws(ConnectorError) {
        guard let next else { return }
        if bringsNew { pagesWithNew += 1 }
        pagesWithoutNew = bringsNew ? 0 : pagesWithoutNew + 1
        guard pagesWithoutNew <= Self.mostPagesWithoutNew + Self.mostBeginnings * pagesWithNew else {
            throw .provider("The provider's list continues without new entries.")
        }
        let place = Self.digest(next)
        // The content's digest is needed only if the position is the remembered one or the page is to be remembered.
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

    /// Returns the first half of a SHA-256 digest, which is long enough to exclude chance collisions.
    private static func digest(_ value: JSON) -> String {
        String(SHA256.hexadecimal(JSONWriter.bytes(value)).prefix(32))
    }
}
