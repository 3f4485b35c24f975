import Base

/// A position in a sorted list: the sort key of the last row of a page. The next page begins behind it.
///
/// Rows that are added or removed between two pages move no other row to another page, so a caller gets no row twice
/// and misses none, unless the row's own sort key changes in between.
///
/// Callers get a position as an opaque text, the cursor. It gives no access to anything: every query is restricted to
/// the caller's workspace, whatever the position is.
public protocol ListPosition: Sendable {
    /// The sort key, as texts without spaces.
    var key: [String] { get }

    /// Creates the position with this sort key. Returns nil if it is not one.
    init?(key: [String])
}

extension ListPosition {
    /// The text that callers send to get the page behind the position. It needs no escaping in URLs.
    public var cursor: String { Base64.urlSafe.encode(Array(key.joined(separator: " ").utf8)) }

    /// Reads a cursor. Returns nil for any text that is not one.
    init?(cursor text: String) {
        guard text.utf8.count <= 500, let bytes = Base64.urlSafe.decode(text),
            let key = String(validating: bytes, as: UTF8.self)
        else { return nil }
        self.init(key: key.split(separator: " ", omittingEmptySubsequences: false).map(String.init))
    }
}
