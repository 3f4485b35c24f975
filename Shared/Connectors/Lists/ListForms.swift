import Base
import Upstream

extension RecordCollection {
    /// A list whose pages follow one another by links of the relation `next`. Cursors are their paths and queries.
    public static func linked(
        _ name: String, of kinds: SyncRecord.Kind..., need: Need = .required, _ api: PlatformAPI, _ path: UpstreamPath,
        query: [(name: String, value: String)] = [], entries: @escaping (UpstreamResponse) throws -> PageEntries
    ) -> RecordCollection {
        RecordCollection(name, of: Set(kinds), need: need) { cursor in
            let response = try cursor?.string.map { try api.get(next: $0) } ?? api.get(path, query: query)
            return RecordPage(try entries(response), next: try response.nextLink())
        }
    }

    /// A list whose pages name the next one by a token, which goes into a query parameter.
    public static func tokened(
        _ name: String, of kinds: SyncRecord.Kind..., need: Need = .required, _ api: PlatformAPI, _ path: UpstreamPath,
        query: [(name: String, value: String)] = [], parameter: String,
        token: @escaping (UpstreamResponse) throws -> String?,
        entries: @escaping (UpstreamResponse) throws -> PageEntries
    ) -> RecordCollection {
        RecordCollection(name, of: Set(kinds), need: need) { cursor in
            let more = cursor?.string.map { [(name: parameter, value: $0)] } ?? []
            let response = try api.get(path, query: query + more)
            let next = try token(response) ?? ""
            // A bare nil would be JSON's null.
            return RecordPage(try entries(response), next: next.isEmpty ? JSON?.none : .string(next))
        }
    }

    /// A list whose pages are asked for by how many items come before them.
    static func numbered(
        _ name: String, of kinds: SyncRecord.Kind..., need: Need = .required, _ list: NumberedList,
        entries: @escaping ([JSON]) throws -> PageEntries
    ) -> RecordCollection {
        RecordCollection(name, of: Set(kinds), need: need) { cursor in
            let (items, next) = try list.page(cursor)
            var page = RecordPage(try entries(items), next: next)
            page.beginsAgain = next?["from"] == 0
            return page
        }
    }

    /// A list of lists: the pages of each parent, one parent after the other.
    ///
    /// A parent whose list the provider does not have (404) has gone meanwhile, and is passed over. A parent whose list
    /// fails otherwise is left out, and what `keeping` names stays as it was; the other parents are read all the same. If
    /// ten parents in a row are refused, asking the others would only use up the rate limit, and the whole list fails.
    ///
    /// - Parameters:
    ///   - parents: The ids of the parents in ascending order.
    ///   - areAllKnown: Whether `parents` found all of them. If it did not, nothing of the list's kinds is taken for gone.
    ///   - keeping: What stays as it was if the list of a parent can't be read.
    ///   - page: Asks for the page of a parent at a cursor; nil is the first.
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

    /// The same list, of which this stays as it is whatever comes.
    func keeping(_ kept: @escaping () throws -> [Kept]) -> RecordCollection {
        RecordCollection(name, of: kinds, need: need) { cursor in
            var found = try page(cursor)
            for kept in try kept() { found.entries.keep(kept) }
            return found
        }
    }

    /// The same list, for cursors that the provider forgets after minutes: one that it refuses begins the list again, once.
    /// What has been pulled before comes again and is the same.
    public func beginningAgain() -> RecordCollection {
        RecordCollection(name, of: kinds, need: need) { position in
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

/// The place in a list of lists.
private struct EachPosition {
    /// The number of parents in a row whose lists are refused, after which the whole list is.
    static let mostRefusals = 10

    /// The first parent that is not done with.
    var parent = ""
    /// The cursor in its list; nil is the first page.
    var cursor: JSON?
    /// Whether the parent's list has been begun again, since its cursor was refused.
    var isSecondTime = false
    /// The number of parents before this one, in a row, whose lists were refused.
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

    /// The page at this place, whose `next` is the place after it in the same parent's list. A parent that has gone has no
    /// entries.
    func page(_ ask: (_ parent: String, _ cursor: JSON?) throws -> RecordPage) throws -> RecordPage {
        var place = self
        place.refusals = 0
        var found = try unlessGone { try ask(parent, cursor) }
        if found == nil, cursor != nil, !isSecondTime {
            // It may be that the cursor alone is no longer known.
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
