import Base

/// Lists that a connector reads to their end at once because its work needs all items. The memory that they may use is
/// limited, and endless lists are detected.
enum WholeList {
    /// The items of a page, and the cursor of the next page; nil after the last page.
    typealias Page = (items: [JSON], next: JSON?)

    /// Calls `body` with each page of a list.
    ///
    /// - Parameters:
    ///   - most: The largest number of values in all pages together, as `HeldValues` counts them.
    ///   - isNew: Returns true if no earlier item was the same, or if this can't be known. It is called once for each
    ///     item.
    ///   - page: Asks for the page at a cursor; nil is the first page.
    /// - Throws: `ConnectorError.provider` if the list seems to have no end, or if it exceeds the limit; and the errors
    ///   of `page` and `body`.
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

    /// Returns all items of a list.
    static func items(
        isNew: (JSON) -> Bool = { _ in true }, at page: (JSON?) throws -> Page
    ) throws -> [JSON] {
        var found: [JSON] = []
        try forEachPage(isNew: isNew, at: page) { found += $0 }
        return found
    }
}
