import Base
import HTTP
import Upstream

/// Reads the account's users, with the data that Zoom shows reliably only for each user alone: their sign-in methods,
/// titles and managers.
final class ZoomDirectory {
    private let api: PlatformAPI
    private var details = ObjectLists("user details")
    /// The ids of the users that this process has read in the list of inactive users.
    private var inactive: Set<String> = []

    init(_ api: PlatformAPI) { self.api = api }

    /// Reads the accounts of one page of the list of inactive users.
    func inactiveAccounts(_ users: [JSON]) throws -> PageEntries {
        inactive.formUnion(users.compactMap { $0.text("id") })
        return try accounts(users, state: "inactive")
    }

    /// Reads the accounts of one page of the same list when it is read again, without the users in `inactive`.
    func deactivatedAccounts(_ users: [JSON]) throws -> PageEntries {
        var entries = PageEntries(users.filter(isKnown), of: .account) { _ in .skipped("it was read before") }
        entries.add(try accounts(users.filter { !isKnown($0) }, state: "inactive"))
        return entries
    }

    private func isKnown(_ user: JSON) -> Bool { user.text("id").map(inactive.contains) == true }

    /// Reads the accounts of one page of the list of users in a state, and the seats that they take up.
    func accounts(_ users: [JSON], state: String) throws -> PageEntries {
        var missing = PageEntries()
        let details = try details.lists(of: users.compactMap { $0.text("id") }, noting: &missing) { ids in
            try api.results(of: ids.map { api.request(.get, "/users/\($0)") }, atOnce: 8) { try $0.object() }
        }
        var entries = PageEntries(users, of: .account) { user in
            guard let id = user.text("id") else {
                // A user who has not accepted an invitation yet may have no id. An id that can't be read is an error.
                let isWithoutID = user["id"].map { $0.string == "" } ?? true
                return state == "pending" && isWithoutID && user.text("email") != nil
                    ? .skipped("the invitation is not accepted yet") : .unreadable
            }
            let detail = details[id]
            let user = user.merging(detail)
            var account = ZoomRecords.account(user, id: id, state: state)
            if detail == nil {
                // The list sometimes contains some of these fields.
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
        // An unreadable user may have a seat.
        if entries.kept.contains(.all(.account)) { entries.keep(.all(.entitlement)) }
        return entries
    }
}

extension JSON {
    /// Returns the object with another object's members, which replace its own unless they are null.
    fileprivate func merging(_ other: JSON?) -> JSON {
        guard let own = object, let others = other?.object else { return self }
        return .object(own.merging(others) { $1 == .null ? $0 : $1 })
    }
}
