import Base
import Upstream

extension UpstreamResponse {
    /// The body as a JSON array: the whole of it, or what a member holds. Throws when it is none, so that a malformed page
    /// is never taken for an empty one.
    public func list(_ member: String? = nil) throws(ConnectorError) -> [JSON] {
        guard let list = (member.map { json[$0] } ?? json)?.array else {
            throw .provider("The provider's answer is not the list that it documents.")
        }
        return list
    }

    /// The body as a JSON object. Throws when it is none.
    public func object() throws(ConnectorError) -> JSON {
        let json = json
        guard case .object = json else {
            throw .provider("The provider's answer is not the object that it documents.")
        }
        return json
    }
}

extension [JSON] {
    /// A member's text of each entry, for what must miss none of them.
    ///
    /// - Throws: `ConnectorError.provider` if an entry has none.
    func all(_ name: String) throws(ConnectorError) -> [String] {
        let texts = compactMap { $0.text(name) }
        guard texts.count == count else { throw .provider("The provider's list has an entry that can't be read.") }
        return texts
    }
}

/// What the provider answers; nil when it has no more what it is asked about.
func unlessGone<Value>(_ ask: () throws -> Value) throws -> Value? {
    do {
        return try ask()
    } catch ConnectorError.missing {
        return nil
    }
}

/// A list whose pages are asked for by how many items come before them. When one of those goes while the list is read, all
/// that follow move up, and what is skipped by that would be taken for gone. So each page begins with the last item of the
/// page before, and where it does not, because the list has moved or because another page has come, the list begins again.
struct NumberedList {
    /// What tells items apart.
    let id: (JSON) -> String
    /// Asks for items after so many others, in the same order each time, and tells whether they are the last ones.
    let ask: (Int) throws -> (items: [JSON], isLast: Bool)

    /// A list that moves this often while it is read is left for another time.
    private static let mostBeginnings = 5

    /// The new items of the page at a cursor, and where the next page begins.
    func page(_ cursor: JSON?) throws -> (items: [JSON], next: JSON?) {
        let from = cursor?["from"]?.place ?? 0
        let beginnings = cursor?["beginnings"]?.integer ?? 1
        let (found, isLast) = try ask(from)
        var new = found[...]
        if let last = cursor?["last"]?.string {
            guard found.first.map(id) == last else {
                guard beginnings < Self.mostBeginnings else {
                    throw ConnectorError.provider("The provider's list changes faster than it can be read.")
                }
                return ([], ["from": 0, "beginnings": .integer(beginnings + 1)])
            }
            new = found.dropFirst()
        }
        guard !isLast, let last = found.last else { return (Array(new), nil) }
        var next: [String: JSON] = ["from": .integer(from + found.count), "beginnings": .integer(beginnings)]
        // A page of that one item alone is followed by another, where pages may be short. An item without an id is no mark;
        // what is skipped by that is not taken for gone, as the item itself can't be read.
        if !new.isEmpty, !id(last).isEmpty {
            next["from"] = .integer(from + found.count - 1)
            next["last"] = .string(id(last))
        }
        return (Array(new), .object(next))
    }

    /// The number of items on a page, for lists that end when as many have come as the provider counts. One that comes twice
    /// is one: counted twice, it would hide another that has not come yet.
    static func count(_ ids: [String]) -> Int {
        Set(ids.filter { !$0.isEmpty }).count + ids.count(where: \.isEmpty)
    }

    /// A list whose pages have numbers, as GitHub's and GitLab's do, a hundred items on each at most. To begin where it
    /// wants, such a page is of the size by which it has most of what is new.
    static func ofNumberedPages(
        _ api: PlatformAPI, _ path: UpstreamPath, query: [(name: String, value: String)] = [],
        in member: String? = nil, id: @escaping (JSON) -> String
    ) -> NumberedList {
        NumberedList(id: id) { from in
            func new(_ size: Int) -> Int { size - from % size }
            let size = (1...100).reversed().reduce(100) { new($1) > new($0) ? $1 : $0 }
            let place = [("per_page", String(size)), ("page", String(from / size + 1))]
            let response = try api.get(path, query: query + place)
            return (Array(try response.list(member).dropFirst(from % size)), try response.nextLink() == nil)
        }
    }

    /// The whole list, for what pages of others need. Items may come twice.
    func all() throws -> [JSON] {
        var known: Set<String> = []
        return try WholeList.items(isNew: { known.insert(id($0)).inserted }, at: page)
    }
}

extension JSON {
    /// A member's text; nil when it is missing, empty or another kind.
    public func text(_ name: String) -> String? { self[name]?.string.flatMap { $0.isEmpty ? nil : $0 } }

    /// A member that identifies: text, or a whole number as text.
    public func identifier(_ name: String) -> String? { text(name) ?? self[name]?.integer.map(String.init) }

    /// A member's texts; nil when it is no list, or one with something else in it.
    func texts(_ name: String) -> [String]? {
        guard let elements = self[name]?.array else { return nil }
        let texts = elements.compactMap(\.string)
        return texts.count == elements.count ? texts : nil
    }

    /// A member's e-mail address in its canonical form; nil when it is none.
    public func email(_ name: String) -> String? { text(name).flatMap(\.emailAddress) }

    /// A whole number as a place in a list, from 0; nil when it is another kind, or no place that a list has.
    var place: Int? { integer.flatMap { (0...1 << 48).contains($0) ? $0 : nil } }

    /// A member's date and time, as providers write them; nil for "never".
    public func date(_ name: String) -> Timestamp? { text(name).flatMap(Timestamp.init(inRecord:)) }
}
