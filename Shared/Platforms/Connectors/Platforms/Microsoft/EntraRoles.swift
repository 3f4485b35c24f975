/// Entra's built-in directory roles, by what they can change
/// (learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference).
enum EntraRoles {
    /// The roles whose holders administer nothing: they only read, or invite guests.
    static let reading: Set = [
        "Directory Readers", "User", "Guest User", "Restricted Guest User", "Guest Inviter", "Global Reader",
        "Security Reader", "Reports Reader", "Message Center Reader", "Message Center Privacy Reader",
        "Usage Summary Reports Reader", "Tenant Governance Reader", "Attribute Assignment Reader",
        "Attribute Definition Reader", "Attribute Log Reader", "Insights Analyst",
    ]
    /// The roles of the accounts with which Entra Connect synchronizes a directory. No person signs in with such an
    /// account, and it can't have a second factor.
    static let programs: Set = ["Directory Synchronization Accounts", "On Premises Directory Sync Account"]
}
