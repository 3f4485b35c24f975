public import Base
public import Upstream

extension RecordCollection {
    /// Creates a list whose pages are chained by links of the relation `next`. The cursors are the links' paths and
    /// queries.
    public static func linked(
        _ name: String, of kinds: SyncRecord.Kind..., need: Need, _ api: PlatformAPI, _ path: UpstreamPath,
        query: [(name: String, value: String)] = [], entries: @escaping (UpstreamResponse) throws -> PageEntries
    ) -> RecordCollection {
        RecordCollection(name, of: Set(kinds), need: need) { cursor in
            let response = try cursor?.string.map { try api.get(next: $0) } ?? api.get(path, query: query)
            return RecordPage(try entries(response), next: try response.nextLink())
        }
    }

    /// Creates a list whose pages name the next page by a token, which is sent back in a query parameter.
    public static func tokened(
        _ name: String, of kinds: SyncRecord.Kind..., need: Need, _ api: PlatformAPI, _ path: UpstreamPath,
        query: [(name: String, value: String)] = [], parameter: String,
        token: @escaping (UpstreamResponse) throws -> String?,
        entries: @escaping (UpstreamResponse) throws -> PageEntries
    ) -> RecordCollection {
        RecordCollection(name, of: Set(kinds), need: need) { cursor in
            let more = cursor?.string.map { [(name: parameter, value: $0)] } ?? []
            let response = try api.get(path, query: query + more)
            let next = try token(response) ?? ""
            // A bare nil would become JSON's null.
            return RecordPage(try entries(response), next: next.isEmpty ? JSON?.none : .string(next))
        }
    }

    /// Creates a list whose pages are requested by offset.
    static func numbered(
        _ name: String, of kinds: SyncRecord.Kind..., need: Need, _ list: NumberedList,
        entries: @escaping ([JSON]) throws -> PageEntries
    ) -> RecordCollection {
        RecordCollection(name, of: Set(kinds), need: need) { cursor in
            let (items, next) = try list.page(cursor)
            var page = RecordPage(try entries(items), next: next)
            page.beginsAgain = next?["from"] == 0
            return page
        }
    }

    /// Creates a list that consists of one list for each parent object. The parents' lists are read one after the
    /// other.
    ///
    /// If the provider does not have a parent's list (404), the parent counts as deleted since the parents were listed,
    /// and is passed over. If a parent's list fails for another reason that may concern only this list, it is left out
    /// and the records named by `keeping` stay unchanged; the other parents' lists are still read. If the lists of ten
    /// parents in a row are refused, asking for more would only use up the rate limit, so the whole list fails.
    ///
    /// - Parameters:
    ///   - parents: The ids of the parents in ascending order.
    ///   - areAllKnown: Returns false if `parents` may have missed some. In that case, no record of the list's kinds is
    ///     considered deleted.
    ///   - keeping: The records that stay unchanged if a parent's list can't be read.
    ///   - page: Asks for the page of a parent at a cursor; nil is the first page.
    public static func each(
        _ name: String, of kinds: SyncRecord.Kind..., need: Need = .required,
        parents: @escaping () throws -> [String], areAllKnown: @escaping () -> Bool = { true },
        keeping: @escaping (_ parent: String) -> [Kept],
        page: @escaping (_ parent: String, _ cursor: JSON?) throws -> RecordPage
    ) -> RecordCollection {
        RecordCollection(name, of: Set(kinds), need: need) { cursor in
            let position = EachPosition(cursor)
            let parents = try parents()
            var missing = PageEntries()
            if !areAllKnown() { kinds.forEach { missing.keep(.all($0)) } }
            guard let index = parents.firstIndex(where: { $0 >= position.parent }), let parent = parents[at: index]
            else {
                return RecordPage(missing)
            }
            let start = parent == position.parent ? position : EachPosition(parent: parent, refusals: position.refusals)
            var refusals = 0
            var found: RecordPage
            do {
                found = try start.page(page)
            } catch let error as ConnectorError where error.isAboutOneRequest {
                refusals = position.refusals + 1
                guard refusals < EachPosition.mostRefusals else { throw error }
                found = RecordPage(PageEntries())
                found.entries.leaveOut(name, error)
                for kept in keeping(parent) { found.entries.keep(kept) }
            }
            if let next = found.next {
                found.next = next
            } else if let follower = parents.dropFirst(index).first(where: { $0 > parent }) {
                found.next = EachPosition(parent: follower, refusals: refusals).json
                found.beginsPart = true
            }
            found.entries.add(missing)
            return found
        }
    }

    /// Returns this list with additional records that the sync leaves unchanged.
    func keeping(_ kept: @escaping () throws -> [Kept]) -> RecordCollection {
        asking { cursor in
            var found = try page(cursor)
            for kept in try kept() { found.entries.keep(kept) }
            return found
        }
    }

    /// Returns this list for providers that forget cursors after some minutes: if a cursor is refused, the list is read
    /// again from its beginning, but not a second time. Records that were read before come again.
    public func beginningAgain() -> RecordCollection {
        asking { position in
            let isSecondTime = position?["again"] != nil
            let cursor = position?["again"] ?? position
            func found(at cursor: JSON?, isSecondTime: Bool) throws -> RecordPage {
                var found = try page(cursor)
                if isSecondTime { found.next = found.next.map { ["again": $0] } }
                return found
            }
            do {
                return try found(at: cursor, isSecondTime: isSecondTime)
            } catch let error as ConnectorError {
                switch error {
                case .missing where cursor != nil && !isSecondTime, .configuration where cursor != nil && !isSecondTime,
                    .refused where cursor != nil && !isSecondTime:
                    return try found(at: nil, isSecondTime: true)
                default: throw error
                }
            }
        }
    }
}

/// A position in a list that consists of one list for each parent.
private struct EachPosition {
    /// The number of consecutive parents with refused lists at which the whole list fails.
    static let mostRefusals = 10

    /// The first parent whose list has not been read to its end.
    var parent = ""
    /// The cursor in that parent's list; nil is the first page.
    var cursor: JSON?
    /// True if the parent's list was started again because its cursor was refused.
    var isSecondTime = false
    /// The number of consecutive parents before this one whose lists were refused.
    var refusals = 0

    init(parent: String, refusals: Int) {
        self.parent = parent
        self.refusals = refusals
    }

    init(_ json: JSON?) {
        parent = json?.text("parent") ?? ""
        cursor = json?["cursor"]
        isSecondTime = cursor != nil && json?["again"] != nil
        refusals = max(0, min(Self.mostRefusals, json?["refusals"]?.integer ?? 0))
    }

    var json: JSON {
        var members: [String: JSON] = ["parent": .string(parent)]
        members["cursor"] = cursor
        if isSecondTime { members["again"] = true }
        if refusals > 0 { members["refusals"] = .integer(refusals) }
        return .object(members)
    }

    /// Asks for the page at this position. The page's `next` is the following position in the same parent's list. If
    /// the parent no longer exists, the page has no entries.
    func page(_ ask: (_ parent: String, _ cursor: JSON?) throws -> RecordPage) throws -> RecordPage {
        var place = self
        place.refusals = 0
        var found = try unlessGone { try ask(parent, cursor) }
        if found == nil, cursor != nil, !isSecondTime {
            // The parent may still exist, and only the cursor may have expired.
            place.isSecondTime = true
            found = try unlessGone { try ask(parent, nil) }
        }
        guard var found else { return RecordPage(PageEntries()) }
        found.next = found.next.map { next in
            place.cursor = next
            return place.json
        }
        return found
    }
}
