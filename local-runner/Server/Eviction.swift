/// Who makes room for others when something of the budget is used up: whoever has done nothing with it for longest. That is a
/// connection without a request, a head or an upload that hardly comes, or a client that hardly takes its response.
extension Server {
    /// A share of the slow connections makes room at once, one in so many: to find the slowest takes a look at all.
    private static let evictedShare = 64
    /// For so long, in microseconds, a search that found nobody is not repeated.
    private static let pause = 20_000

    /// A search for connections that make room, of one address or of all.
    struct Search: Hashable {
        fileprivate let resource: Budget.Resource
        fileprivate let account: ObjectIdentifier?
    }

    /// Takes a connection out of the budget. If there is none left, others are closed: those of the address itself, if it has
    /// as many as it may.
    func hasRoom(for account: Budget.Account) -> Bool {
        if budget.take(.connections, account) { return true }
        evict(.connections, of: budget.isWithinOwn(.connections, account) ? nil : account) { _ in false }
        return budget.take(.connections, account)
    }

    /// Has others give so much of a resource back, if they are slower than the client that asks for it. True if one has.
    func makeRoom(
        _ resource: Budget.Resource, _ amount: Int, for account: Budget.Account, isAsking: (Connection) -> Bool
    ) -> Bool {
        evict(resource, of: budget.isWithinOwn(resource, account, amount) ? nil : account, isAsking: isAsking)
    }

    /// Ends the slowest connections that hold a resource, of one address or of all; false if there is none, or if it is the one
    /// that asks.
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
        // Connections come free at any time.
        fruitlessSearches[search] = loop.round + (resource == .connections ? 0 : Self.pause)
        return false
    }
}
