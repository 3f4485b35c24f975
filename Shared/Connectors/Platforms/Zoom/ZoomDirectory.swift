import Base
import Upstream

/// The account's users, with what Zoom tells of each of them alone: how they sign in, their title and their manager.
final class ZoomDirectory {
    private let api: PlatformAPI
    private var details = ObjectLists("user details")
    /// The ids of the users that the list of inactive ones had.
    private var inactive: Set<String> = []

    init(_ api: PlatformAPI) { self.api = api }

    /// The accounts of one page of the list of inactive users.
    func inactiveAccounts(_ users: [JSON]) throws -> PageEntries {
        inactive.formUnion(users.compactMap { $0.text("id") })
        return try accounts(users, state: "inactive")
    }

    /// The accounts of one page of the same list when it is read again: of those that it did not have the first time.
    func deactivatedAccounts(_ users: [JSON]) throws -> PageEntries {
        var entries = PageEntries(users.filter(isKnown), of: .account) { _ in .skipped("it was read before") }
        entries.add(try accounts(users.filter { !isKnown($0) }, state: "inactive"))
        return entries
    }

    private func isKnown(_ user: JSON) -> Bool { user.text("id").map(inactive.contains) == true }

    /// The accounts of one page of the list of users in a state, and the seats that they take up.
    func accounts(_ users: [JSON], state: String) throws -> PageEntries {
        var missing = PageEntries()
        let details = try details.lists(of: users.compactMap { $0.text("id") }, noting: &missing) { ids in
            try api.results(of: ids.map { api.request(.get, "/users/\($0)") }, atOnce: 8) { try $0.object() }
        }
        var entries = PageEntries(users, of: .account) { user in
            guard let id = user.text("id") else {
                // Whoever has not accepted an invitation yet may have none.
                return state == "pending" && user.text("email") != nil
                    ? .skipped("the invitation is not accepted yet") : .unreadable
            }
            let detail = details[id]
            let user = user.merging(detail)
            var account = ZoomRecords.account(user, id: id, state: state)
            if detail == nil {
                // The list has some of it at times.
                if account.ssoEnforced == nil { account.unread.insert(.ssoEnforced) }
                if account.title == nil { account.unread.insert(.title) }
                if account.managerEmail == nil { account.unread.insert(.managerEmail) }
            }
            guard let hasSeat = ZoomRecords.hasSeat(user, account) else {
                missing.keep(.ofAccount(.entitlement, account: id))
                return .read([.account(account)])
            }
            return .read([.account(account)] + (hasSeat ? [.entitlement(ZoomRecords.seat(of: account))] : []))
        }
        entries.add(missing)
        // Whoever can't be read may have a seat.
        if entries.kept.contains(.all(.account)) { entries.keep(.all(.entitlement)) }
        return entries
    }
}

extension JSON {
    /// The object with another's members, which win if they say something.
    fileprivate func merging(_ other: JSON?) -> JSON {
        guard let own = object, let others = other?.object else { return self }
        return .object(own.merging(others) { $1 == .null ? $0 : $1 })
    }
}
