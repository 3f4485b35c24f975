extension AccountRecord.Status {
    /// What a provider's word for an account's state means, in whatever case it is written; nil for a word that is not
    /// known.
    ///
    /// A state that lasts for a moment, such as a password that has run out, leaves an account active: its holder gets
    /// in again without an administrator. An account whose making has not been finished is staged.
    init?(word: String) {
        switch word.lowercased() {
        case "active", "activated", "approved", "provisioned", "recovery", "password_expired", "password_reset",
            "locked_out", "locked":
            self = .active
        case "staged", "pending", "unactivated", "blocked_pending_approval": self = .staged
        case "suspended", "inactive", "disabled", "blocked", "ldap_blocked", "banned", "deactivated": self = .suspended
        case "deprovisioned", "deleted": self = .deprovisioned
        default: return nil
        }
    }
}
