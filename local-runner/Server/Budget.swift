import Base
import Glibc

/// Counts the resources that clients use, authenticated or not: in total, and for each address. Trusted proxies count
/// as one.
///
/// Each resource has two bounds, so that a single address can't take it from all others. The addresses of an IPv6 /64
/// network count as one, since one client usually has all of them. A trusted proxy sends the requests of many clients,
/// so only the bound for all clients together applies to it.
final class Budget {
    enum Resource {
        /// Connections of clients.
        case connections
        /// Bytes in memory, of request bodies and of long input that has not been used yet.
        case memory
        /// Bytes of request bodies in files.
        case stored
        /// Files of request bodies.
        case files
        /// Requests that are being served, of all functions together.
        case places
    }

    /// Amounts of each resource.
    struct Amounts {
        var connections = 0
        var memory = 0
        var stored = 0
        var files = 0
        var places = 0

        var isEmpty: Bool { connections == 0 && memory == 0 && stored == 0 && files == 0 && places == 0 }

        subscript(_ resource: Resource) -> Int {
            get {
                switch resource {
                case .connections: connections
                case .memory: memory
                case .stored: stored
                case .files: files
                case .places: places
                }
            }
            set {
                switch resource {
                case .connections: connections = newValue
                case .memory: memory = newValue
                case .stored: stored = newValue
                case .files: files = newValue
                case .places: places = newValue
                }
            }
        }
    }

    /// The resources that one address uses, or one IPv6 network, or all trusted proxies together. The budget keeps an
    /// account only as long as it uses something, so clients that are refused leave nothing behind.
    final class Account {
        /// The network that the address belongs to, which identifies the account; nil for all trusted proxies together.
        fileprivate let network: Network?
        fileprivate(set) var used = Amounts()

        fileprivate init(_ network: Network?) { self.network = network }

        var isTrusted: Bool { network == nil }
    }

    fileprivate enum Network: Hashable {
        case four(UInt32)
        /// The first 64 bits.
        case six(UInt64)
    }

    /// The bounds for all clients together.
    let total: Amounts
    /// The bounds for each address.
    let perAddress: Amounts
    private(set) var used = Amounts()

    /// The addresses of trusted proxies, which have no bound of their own.
    var trustedProxies: [IPRange]
    private let trusted = Account(nil)
    private var accounts: [Network: Account] = [:]

    /// Creates a budget with bounds for `connections` connections in total. Addresses in `trustedProxies` have no bound
    /// of their own.
    init(connections: Int, trustedProxies: [IPRange] = []) {
        total = Amounts(
            connections: connections, memory: 64 << 20, stored: 1 << 30, files: max(1, connections / 2), places: 256)
        perAddress = Amounts(
            connections: max(1, connections / 4), memory: 16 << 20, stored: 256 << 20, files: max(1, connections / 8),
            places: 192)
        self.trustedProxies = trustedProxies
    }

    /// Returns the account of an address of 4 or 16 bytes, a new one if the address uses nothing.
    func account(_ bytes: [UInt8]) -> Account {
        if !trustedProxies.isEmpty, let address = IPAddress(bytes: bytes),
            trustedProxies.contains(where: { $0.contains(address) })
        {
            return trusted
        }
        let start = bytes.prefix(bytes.count == 4 ? 4 : 8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        let network = bytes.count == 4 ? Network.four(UInt32(truncatingIfNeeded: start)) : .six(start)
        return accounts[network] ?? Account(network)
    }

    /// Returns true if `account` may use `amount` more of a resource under the bound of its address.
    func isWithinOwn(_ resource: Resource, _ account: Account, _ amount: Int = 1) -> Bool {
        account.isTrusted || account.used[resource] + amount <= perAddress[resource]
    }

    /// Takes `amount` of a resource. Returns false, and takes nothing, if that would exceed a bound.
    func take(_ resource: Resource, _ account: Account, _ amount: Int = 1) -> Bool {
        guard isWithinOwn(resource, account, amount), used[resource] + amount <= total[resource] else { return false }
        if account.used.isEmpty, let network = account.network { accounts[network] = account }
        used[resource] += amount
        account.used[resource] += amount
        return true
    }

    /// Gives back `amount` of a resource. Removes the account if it then uses nothing.
    func give(_ resource: Resource, _ account: Account, _ amount: Int = 1) {
        used[resource] -= amount
        account.used[resource] -= amount
        if account.used.isEmpty, let network = account.network { accounts[network] = nil }
    }
}
