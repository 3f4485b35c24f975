import Base

/// Lists that a connector reads to their end at once, for what pages of others need: within the memory for what is held
/// of them, and only if they have an end.
enum WholeList {
    /// What a page holds, and where the next one begins; nil after the last one.
    typealias Page = (items: [JSON], next: JSON?)

    /// Hands over the pages of a list, one by one.
    ///
    /// - Parameters:
    ///   - most: The values that are held of all pages, as `HeldValues` counts them.
    ///   - isNew: Whether an item did not come before, where that can be told; it is called once for each.
    ///   - page: Asks for the page at a cursor; nil is the first.
    /// - Throws: `ConnectorError.provider` if the list has no end, or is longer than can be held.
    static func forEachPage(
        most: Int = HeldValues.most, isNew: (JSON) -> Bool = { _ in true }, at page: (JSON?) throws -> Page,
        _ body: ([JSON]) throws -> Void
    ) throws {
        var held = HeldValues(most: most)
        var pages = PageGuard()
        var cursor: JSON?
        repeat {
            let (items, next) = try page(cursor)
            try held.add(items)
            try pages.pass(items, next: next, bringsNew: items.count(where: isNew) > 0)
            try body(items)
            cursor = next
        } while cursor != nil
    }

    /// All items of a list.
    static func items(
        isNew: (JSON) -> Bool = { _ in true }, at page: (JSON?) throws -> Page
    ) throws -> [JSON] {
        var found: [JSON] = []
        try forEachPage(isNew: isNew, at: page) { found += $0 }
        return found
    }
}
