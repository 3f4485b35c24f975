import Base
import HTTP
import Upstream

extension UpstreamResponse {
    /// The target of a Link field with a relation (RFC 8288), such as `next`; nil when there is none. There may be several
    /// fields, each with several links.
    public func link(_ relation: String) -> String? {
        for field in headers.fields where field.name.lowercased() == "link" {
            var rest = Substring(field.value)
            while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
                let target = rest[rest.index(after: open)..<close]
                rest = rest[rest.index(after: close)...]
                let parameters = rest.prefix { $0 != "<" }
                for parameter in parameters.split(whereSeparator: { $0 == ";" || $0 == "," }) {
                    let parts = parameter.split(separator: "=", maxSplits: 1)
                    let trimmed = parts.map { $0.filter { $0 != " " && $0 != "\"" && $0 != "\t" } }
                    if trimmed.count == 2, trimmed[0].lowercased() == "rel", trimmed[1] == relation {
                        return String(target)
                    }
                }
            }
        }
        return nil
    }

    /// A query parameter of the next page's link: the cursor of providers whose links may name another host than ours.
    public func cursor(_ parameter: String) -> String? {
        guard let url = link("next").flatMap(UpstreamURL.init), let query = Query(url.target.drop { $0 != "?" }) else {
            return nil
        }
        return query.values(parameter).first
    }

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

extension RecordCollection {
    /// A list whose pages follow one another by the Link field `next`. Cursors are these URLs, which `api` checks to be at
    /// its own origin.
    public static func linked(
        _ name: String, _ api: PlatformAPI, _ path: UpstreamPath, query: [(name: String, value: String)] = [],
        records: @escaping (UpstreamResponse) throws -> [SyncRecord]
    ) -> RecordCollection {
        RecordCollection(name) { cursor in
            let response = try cursor?.string.map { try api.get(next: $0) } ?? api.get(path, query: query)
            return RecordPage(try records(response), next: response.link("next").map(JSON.string))
        }
    }

    /// A list whose pages name the next one by a token, which goes into a query parameter.
    public static func tokened(
        _ name: String, _ api: PlatformAPI, _ path: UpstreamPath, query: [(name: String, value: String)] = [],
        parameter: String, token: @escaping (UpstreamResponse) -> String?,
        records: @escaping (UpstreamResponse) throws -> [SyncRecord]
    ) -> RecordCollection {
        RecordCollection(name) { cursor in
            let more = cursor?.string.map { [(name: parameter, value: $0)] } ?? []
            let response = try api.get(path, query: query + more)
            let next = token(response) ?? ""
            // A bare nil would be JSON's null.
            return RecordPage(try records(response), next: next.isEmpty ? JSON?.none : .string(next))
        }
    }

    /// A list of lists: the pages of each parent, one parent after the other. `parents` are in ascending order; one that
    /// has gone in between is passed over, whether its list or a page of it is what the provider has no more.
    public static func each(
        _ name: String, of parents: @escaping () throws -> [String],
        page: @escaping (_ parent: String, _ cursor: JSON?) throws -> RecordPage
    ) -> RecordCollection {
        RecordCollection(name) { position in
            let parents = try parents()
            let wanted = position?.text("parent") ?? ""
            guard let index = parents.firstIndex(where: { $0 >= wanted }) else { return RecordPage([]) }
            let parent = parents[index]
            let cursor = parent == wanted ? position?["cursor"] : nil
            var isSecondTime = cursor != nil && position?["again"] != nil
            var found = try unlessGone { try page(parent, cursor) }
            if found == nil, cursor != nil, !isSecondTime {
                // It may be that the cursor alone is no longer known.
                isSecondTime = true
                found = try unlessGone { try page(parent, nil) }
            }
            var next: JSON?
            if let cursor = found?.next {
                var place: [String: JSON] = ["parent": .string(parent), "cursor": cursor]
                if isSecondTime { place["again"] = true }
                next = .object(place)
            } else if let follower = parents[index...].first(where: { $0 > parent }) {
                next = ["parent": .string(follower)]
            }
            return RecordPage(found?.records ?? [], next: next)
        }
    }

    /// The same list, for what only some plans or tokens offer: it is empty where the provider says that there is none or
    /// that it is not allowed. `keeping` is the kind of record that comes from this list alone: what is known of it stays.
    public func ifOffered(keeping kind: SyncRecord.Kind? = nil) -> RecordCollection {
        RecordCollection(name) { cursor in
            do {
                return try page(cursor)
            } catch ConnectorError.missing where cursor == nil {
                return .leavingOut(name, keeping: kind)
            } catch ConnectorError.configuration where cursor == nil {
                return .leavingOut(name, keeping: kind)
            }
        }
    }

    /// The same list, for cursors that the provider forgets after minutes: one that it refuses begins the list again, once.
    /// What has been pulled before comes again and is the same.
    public func beginningAgain() -> RecordCollection {
        RecordCollection(name) { position in
            let isSecondTime = position?["again"] != nil
            let cursor = position?["again"] ?? position
            func found(at cursor: JSON?, isSecondTime: Bool) throws -> RecordPage {
                let found = try page(cursor)
                return RecordPage(found.records, next: isSecondTime ? found.next.map { ["again": $0] } : found.next)
            }
            do {
                return try found(at: cursor, isSecondTime: isSecondTime)
            } catch let error as ConnectorError {
                switch error {
                case .missing where cursor != nil && !isSecondTime, .configuration where cursor != nil && !isSecondTime:
                    return try found(at: nil, isSecondTime: true)
                default: throw error
                }
            }
        }
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
/// page before, and where that is not in it, the list begins again.
struct NumberedList {
    /// What tells items apart.
    let id: (JSON) -> String
    /// Asks for items after so many others, in the same order each time, and tells whether they are the last ones.
    let ask: (Int) throws -> (items: [JSON], isLast: Bool)

    /// A list that moves this often while it is read is left for another time.
    private static let mostBeginnings = 5

    /// The new items of the page at a cursor, and where the next page begins.
    func page(_ cursor: JSON?) throws -> (items: [JSON], next: JSON?) {
        let from = cursor?["from"]?.integer ?? 0
        let beginnings = cursor?["beginnings"]?.integer ?? 1
        let (found, isLast) = try ask(from)
        var new = found[...]
        if let last = cursor?["last"]?.string {
            guard let place = found.firstIndex(where: { id($0) == last }) else {
                guard beginnings < Self.mostBeginnings else {
                    throw ConnectorError.provider("The provider's list changes faster than it can be read.")
                }
                return ([], ["from": 0, "beginnings": .integer(beginnings + 1)])
            }
            new = found[(place + 1)...]
        }
        guard !isLast, let last = found.last else { return (Array(new), nil) }
        var next: [String: JSON] = ["from": .integer(from + found.count), "beginnings": .integer(beginnings)]
        // A page of that one item alone is followed by another, where pages may be short.
        if !new.isEmpty {
            next["from"] = .integer(from + found.count - 1)
            next["last"] = .string(id(last))
        }
        return (Array(new), .object(next))
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
            return (Array(try response.list(member).dropFirst(from % size)), response.link("next") == nil)
        }
    }

    /// The whole list, for what pages of others need. Items may come twice.
    func all() throws -> [JSON] {
        var found: [JSON] = []
        var cursor: JSON?
        repeat {
            let (items, next) = try page(cursor)
            found += items
            cursor = next
        } while cursor != nil
        return found
    }
}

extension RecordCollection {
    /// A list whose pages are asked for by how many items come before them.
    static func numbered(
        _ name: String, _ list: NumberedList, records: @escaping ([JSON]) throws -> [SyncRecord]
    ) -> RecordCollection {
        RecordCollection(name) { cursor in
            let (items, next) = try list.page(cursor)
            return RecordPage(try records(items), next: next)
        }
    }
}

extension JSON {
    /// A member's text; nil when it is missing, empty or another kind.
    public func text(_ name: String) -> String? { self[name]?.string.flatMap { $0.isEmpty ? nil : $0 } }

    /// A member that identifies: text, or a whole number as text.
    public func identifier(_ name: String) -> String? { text(name) ?? self[name]?.integer.map(String.init) }

    /// A member's text in lower case: an e-mail address.
    public func email(_ name: String) -> String? {
        text(name).flatMap { $0.contains("@") ? $0.lowercased() : nil }
    }

    /// A member's date and time, as providers write them.
    public func date(_ name: String) -> Timestamp? { text(name).flatMap { Timestamp(provider: $0) } }
}
