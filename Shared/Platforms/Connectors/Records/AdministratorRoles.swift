/// An organization's administrators and their roles, as far as the provider's lists of them could be read. If a list
/// could not be read, an account without known roles is not reported as lacking administrator rights.
struct AdministratorRoles {
    /// The name of the list in the message that the roles could not be read.
    static let name = "administrator roles"
    /// The error for a list of administrators with an unreadable entry.
    static let unreadable = ConnectorError.provider("The list of administrators has an entry that can't be read.")

    private var roles: [String: Set<String>] = [:]
    /// The accounts of programs, by roles that only programs have; nil if the provider has no such roles.
    var programs: Set<String>?
    /// The reason why not all roles are known; nil if all are known.
    private(set) var gap: ConnectorError?

    /// Adds a role to an account.
    mutating func grant(_ role: String, to account: String) { roles[account, default: []].insert(role) }

    /// Notes that roles could not be read.
    mutating func leaveOut(_ error: ConnectorError) { gap = gap ?? error }

    /// Reads a list. If the provider refuses it, notes that roles are missing.
    ///
    /// - Throws: `ConnectorError` if the error concerns all requests.
    mutating func unlessRefused(_ read: (inout AdministratorRoles) throws -> Void) throws {
        do {
            try read(&self)
        } catch let error as ConnectorError where error.isAboutOneRequest {
            leaveOut(error)
        }
    }

    /// Sets an account's roles, and its kind if it belongs to a program. If not all roles are known, the stored ones
    /// stay, and an account without known roles remains an administrator or not, and a person or a program, as stored.
    func describe(_ account: inout AccountRecord) {
        account.adminRoles = roles[account.externalID]?.sorted() ?? []
        account.isAdmin = !account.adminRoles.isEmpty
        if programs?.contains(account.externalID) == true { account.kind = .serviceAccount }
        guard gap != nil else { return }
        if programs != nil, account.kind == .user { account.unread.insert(.kind) }
        account.unread.insert(.adminRoles)
        if account.isAdmin == false { account.isAdmin = nil }
    }
}

extension PageEntries {
    /// Notes that roles could not be read, if some are missing.
    mutating func name(_ roles: AdministratorRoles) {
        if let gap = roles.gap { leaveOut(AdministratorRoles.name, gap) }
    }
}
