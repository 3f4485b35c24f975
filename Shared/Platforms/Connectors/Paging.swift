public import Base
public import Upstream

extension UpstreamResponse {
    /// Returns the body as a JSON array; if a name `member` is given, returns the array in the body's member of that
    /// name.
    /// - Throws: `ConnectorError.provider` if it is not an array, so that a malformed page is never mistaken for an
    ///   empty one.
    public func list(_ member: String? = nil) throws(ConnectorError) -> [JSON] {
        guard let list = (member.map { json[$0] } ?? json)?.array else {
            throw .provider("The provider's answer is not the documented list.")
        }
        return list
    }

    /// Returns the body as a JSON object.
    /// - Throws: `ConnectorError.provider` if it is not an object.
    public func object() throws(ConnectorError) -> JSON {
        let json = json
        guard case .object = json else {
            throw .provider("The provider's answer is not the documented object.")
        }
        return json
    }
}

extension [JSON] {
    /// Returns the text of each entry's member `name`, for uses that must not miss an entry.
    ///
    /// - Throws: `ConnectorError.provider` if an entry has no such text.
    func all(_ name: String) throws(ConnectorError) -> [String] {
        let texts = compactMap { $0.text(name) }
        guard texts.count == count else { throw .provider("The provider's list has an entry that can't be read.") }
        return texts
    }
}

/// Returns the result of `ask`; nil if it throws `ConnectorError.missing`.
func unlessGone<Value>(_ ask: () throws -> Value) throws -> Value? {
    do {
        return try ask()
    } catch ConnectorError.missing {
        return nil
    }
}

/// A list whose pages are requested by offset. If an item is deleted while the list is read, all later items move up by
/// one place; an item that was skipped as a result would seem to be gone. So each page repeats the last item that was
/// read, and may repeat items before it; `page` has two exceptions. If the repeated items are not the ones that were
/// read, because the list moved or because the provider sent another page, the list is read again from its beginning.
struct NumberedList {
    /// Returns the id that tells an item from the others.
    let id: (JSON) -> String
    /// Asks for the page of an offset, and says if its items are the last ones of the list. The items must have the
    /// same order each time. The page begins with the `before(offset)` items that precede the offset.
    let ask: (_ offset: Int) throws -> (items: [JSON], isLast: Bool)
    /// Returns the number of items before an offset with which the page of that offset begins.
    var before: (_ offset: Int) -> Int = { _ in 0 }

    /// The largest number of times that reading may begin. If the list changes more often, reading it fails.
    private static let mostBeginnings = 5
    /// The largest number of ids, of the last items that were read, that a cursor contains.
    private static let tailLength = 16

    /// Returns the new items of the page at a cursor, and the cursor of the next page. If the list must be read again,
    /// there are no items, and the cursor is that of the beginning.
    func page(_ cursor: JSON?) throws -> (items: [JSON], next: JSON?) {
        let from = cursor?["from"]?.place ?? 0
        let beginnings = cursor?["beginnings"]?.integer ?? 1
        let (page, isLast) = try ask(from)
        let preceding = before(from)
        let found = page.dropFirst(preceding)
        var new = found
        let known = cursor?["tail"]?.array?.compactMap(\.string) ?? []
        if let last = known.last {
            // Compares all repeated items that the cursor contains. In another order, the items that are dropped here
            // could be items that were not read yet.
            let repeated = page.prefix(preceding + 1).map(id)
            let compared = min(repeated.count, known.count)
            guard found.first.map(id) == last, known.suffix(compared) == repeated.suffix(compared) else {
                guard beginnings < Self.mostBeginnings else {
                    throw ConnectorError.provider("The provider's list changes faster than it can be read.")
                }
                return ([], ["from": 0, "beginnings": .integer(beginnings + 1)])
            }
            new = found.dropFirst()
        }
        guard !isLast, let last = found.last else { return (Array(new), nil) }
        var next: [String: JSON] = ["from": .integer(from + found.count), "beginnings": .integer(beginnings)]
        // If the page held only the repeated item, the next page begins after it, since some providers send short
        // pages. An item without an id can't mark a position. If an item is skipped for that reason, it is not
        // considered gone: the entry without an id can't be read, and so protects all records of its kind.
        if !new.isEmpty, !id(last).isEmpty {
            next["from"] = .integer(from + found.count - 1)
            next["tail"] = .array((known + new.map(id)).suffix(Self.tailLength).map(JSON.string))
        }
        return (Array(new), .object(next))
    }

    /// Returns the number of different items on a page, for lists that end when the number of items reaches the
    /// provider's count. An item that comes twice counts once; otherwise it would hide an item that has not come yet.
    /// Each item without an id counts.
    static func count(_ ids: [String]) -> Int {
        Set(ids.filter { !$0.isEmpty }).count + ids.count(where: \.isEmpty)
    }

    /// Creates a list whose pages have numbers, as GitHub's and GitLab's do, with at most 100 items each. To start at
    /// any offset, each request uses the page size with which the page that contains the offset has the most items from
    /// there on, and fewer than `tailLength` before.
    static func ofNumberedPages(
        _ api: PlatformAPI, _ path: UpstreamPath, query: [(name: String, value: String)] = [],
        in member: String? = nil, id: @escaping (JSON) -> String
    ) -> NumberedList {
        func size(_ from: Int) -> Int {
            func new(_ size: Int) -> Int { size - from % size }
            return (1...100).reversed().filter { from % $0 < tailLength }.reduce(1) { new($1) > new($0) ? $1 : $0 }
        }
        func ask(_ from: Int) throws -> (items: [JSON], isLast: Bool) {
            let size = size(from)
            let place = [("per_page", String(size)), ("page", String(from / size + 1))]
            let response = try api.get(path, query: query + place)
            return (try response.list(member), try response.nextLink() == nil)
        }
        return NumberedList(id: id, ask: ask) { $0 % size($0) }
    }

    /// Returns the whole list, for work that needs all items at once. Items may come twice.
    func all() throws -> [JSON] {
        var known: Set<String> = []
        return try WholeList.items(isNew: { known.insert(id($0)).inserted }, at: page)
    }
}

extension JSON {
    /// Returns the text of the object's member `name`. Returns nil if the member is missing, empty or not text.
    public func text(_ name: String) -> String? { self[name]?.string.flatMap { $0.isEmpty ? nil : $0 } }

    /// Returns the text of the object's member `name`, for uses to which a missing text would tell something wrong.
    ///
    /// - Throws: `ConnectorError.provider` if the member is missing, empty or not text.
    func requiredText(_ name: String) throws(ConnectorError) -> String {
        guard let text = text(name) else {
            throw .provider("The provider's answer is not the documented object: \(name) is missing.")
        }
        return text
    }

    /// Returns the object's member `name`, which identifies the object: text, or a whole number as text. Returns nil if
    /// the member is missing, empty or of another type.
    public func identifier(_ name: String) -> String? { text(name) ?? self[name]?.integer.map(String.init) }

    /// Returns the texts in the object's member `name`. Returns nil if the member is not an array, or if an element is
    /// not text.
    func texts(_ name: String) -> [String]? {
        guard let elements = self[name]?.array else { return nil }
        let texts = elements.compactMap(\.string)
        return texts.count == elements.count ? texts : nil
    }

    /// Returns the text in the object's member `name` as an e-mail address in its canonical form. Returns nil if the
    /// member is not text with an `@`.
    public func email(_ name: String) -> String? { text(name).flatMap(\.emailAddress) }

    /// A whole number as an offset in a list, from 0; nil for other values and for offsets that no list reaches.
    var place: Int? { integer.flatMap { (0...1 << 48).contains($0) ? $0 : nil } }

    /// Returns the date and time in the object's member `name`, in one of the forms that providers use. Returns nil if
    /// the member is missing, is in no such form, or means "never".
    public func date(_ name: String) -> Timestamp? { text(name).flatMap(Timestamp.init(inRecord:)) }
}
