import Upstream

/// An organization's administrators and their roles, as far as the provider's lists of them could be read. Nobody is taken
/// for no administrator because of a list that could not.
struct AdministratorRoles {
    /// The name, by which customers learn that they could not be read.
    static let name = "administrator roles"
    /// The reason, if an entry of such a list can't be read.
    static let unreadable = ConnectorError.provider("The list of administrators has an entry that can't be read.")

    private var roles: [String: Set<String>] = [:]
    /// Why they are not all known; nil if they are.
    private(set) var gap: ConnectorError?

    /// Notes a role of an account.
    mutating func grant(_ role: String, to account: String) { roles[account, default: []].insert(role) }

    /// Notes that something could not be read.
    mutating func leaveOut(_ error: ConnectorError) { gap = gap ?? error }

    /// Reads a list; if it is refused, that is noted.
    ///
    /// - Throws: `ConnectorError` if the error concerns all requests.
    mutating func unlessRefused(_ read: (inout AdministratorRoles) throws -> Void) throws {
        do {
            try read(&self)
        } catch let error as ConnectorError where error.isAboutOneRequest {
            leaveOut(error)
        }
    }

    /// Sets an account's roles. If not all are known, those that are known from earlier stay.
    func describe(_ account: inout AccountRecord) {
        account.adminRoles = roles[account.externalID]?.sorted() ?? []
        account.isAdmin = !account.adminRoles.isEmpty
        guard gap != nil else { return }
        account.unread.insert(.adminRoles)
        if account.isAdmin == false { account.isAdmin = nil }
    }
}

extension PageEntries {
    /// Names the roles if not all of them are known.
    mutating func name(_ roles: AdministratorRoles) {
        if let gap = roles.gap { leaveOut(AdministratorRoles.name, gap) }
    }
}
