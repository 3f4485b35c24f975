/// Closes slow connections when a resource of the budget is used up. The slowest is the one that has made no progress
/// for the longest time: a connection without a request, a head or upload that comes slowly, or a client that reads
/// slowly.
extension Server {
    /// One in this number of the slow connections is closed at a time, and at least one. A search looks at all
    /// connections, so closing only one each time would cost too much.
    private static let evictedShare = 64
    /// A search that found no connection is not repeated for this time, in microseconds.
    private static let pause = 20_000

    /// A search for slow connections, of one address or of all.
    struct Search: Hashable {
        fileprivate let resource: Budget.Resource
        fileprivate let account: ObjectIdentifier?
    }

    /// Takes a connection out of the budget. If none is left, slow connections are closed first: those of the same
    /// address, if that has reached its bound. Returns false if none is left even then.
    func hasRoom(for account: Budget.Account) -> Bool {
        if budget.take(.connections, account) { return true }
        evict(.connections, of: budget.isWithinOwn(.connections, account) ? nil : account) { _ in false }
        return budget.take(.connections, account)
    }

    /// Closes connections that are slower than the client that asks for `amount` of a resource. Returns true if at
    /// least one was closed, even if it held less than `amount`.
    func makeRoom(
        _ resource: Budget.Resource, _ amount: Int, for account: Budget.Account, isAsking: (Connection) -> Bool
    ) -> Bool {
        evict(resource, of: budget.isWithinOwn(resource, account, amount) ? nil : account, isAsking: isAsking)
    }

    /// Closes the slowest of the connections that hold a resource: those of `account`, or of all addresses if it is
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
        // A search for connections may be repeated at once, since connections end at any time.
        fruitlessSearches[search] = loop.round + (resource == .connections ? 0 : Self.pause)
        return false
    }
}
