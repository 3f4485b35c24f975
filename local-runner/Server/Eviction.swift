/// Closes slow connections when a resource of the budget is used up, or the system has no descriptors left. The slowest
/// is the one that has made too little progress for the longest time: a connection without a request, a head or upload
/// that comes slowly, or a client that reads slowly.
extension Server {
    /// One in this number of the slow connections, and one more, is closed at a time. A search looks at all
    /// connections, so closing only one each time would cost too much.
    private static let evictedShare = 64
    /// A search that found no connection to close is not repeated for this time, in microseconds. A search for the
    /// resource `connections` is only not repeated in the same turn of the loop.
    private static let pause = 20_000

    /// A search for slow connections that hold a resource, among those of one address or among all.
    struct Search: Hashable {
        fileprivate let resource: Budget.Resource
        fileprivate let account: ObjectIdentifier?
    }

    /// Counts one more connection of `account` in the budget. If the budget has no room for it, slow connections are
    /// closed first: only those of the same address, if that has reached its bound. Returns false if there is no room
    /// even then.
    func hasRoom(for account: Budget.Account) -> Bool {
        if budget.take(.connections, account) { return true }
        evict(.connections, of: budget.isWithinOwn(.connections, account) ? nil : account) { _ in false }
        return budget.take(.connections, account)
    }

    /// Closes some connections that are slower than the client that asks for `amount` of a resource. Returns true if at
    /// least one was closed, even if it held less than `amount`.
    func makeRoom(
        _ resource: Budget.Resource, _ amount: Int, for account: Budget.Account, isAsking: (Connection) -> Bool
    ) -> Bool {
        evict(resource, of: budget.isWithinOwn(resource, account, amount) ? nil : account, isAsking: isAsking)
    }

    /// Closes some of the slowest connections that hold a resource: those of `account`, or of all addresses if it is
    /// nil. Closes neither the client that asks for the resource nor a faster one. Returns false if no connection was
    /// closed.
    @discardableResult
    func evict(_ resource: Budget.Resource, of account: Budget.Account?, isAsking: (Connection) -> Bool) -> Bool {
        let search = Search(resource: resource, account: account.map(ObjectIdentifier.init))
        if let until = fruitlessSearches[search], loop.round <= until { return false }
        var slow: [(connection: Connection, since: Int)] = []
        for connection in connections where account == nil || connection.account === account {
            if let since = connection.dispensableSince(for: resource) { slow.append((connection, since)) }
        }
        slow.sort { $0.since < $1.since }
        let ending = slow.prefix(1 + slow.count / Self.evictedShare).prefix { !isAsking($0.connection) }
        for (connection, _) in ending { connection.makeWay() }
        guard ending.isEmpty else { return true }
        if fruitlessSearches.count > 64 { fruitlessSearches = [:] }
        // A search for the resource `connections` may be repeated in the next turn, since connections end at any time.
        fruitlessSearches[search] = loop.round + (resource == .connections ? 0 : Self.pause)
        return false
    }
}
