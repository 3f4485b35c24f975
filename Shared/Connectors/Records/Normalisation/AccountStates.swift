import Base

extension AccountRecord {
    /// An account of this status. Without one, since the provider's answer tells none or one that is new, what is known of
    /// the status stays; an account of which nothing is known counts as active, since the provider lists it.
    init(externalID: String, displayName: String, status: Status?) {
        let known: Status = status ?? .active
        self.init(externalID: externalID, displayName: displayName, status: known)
        if status == nil { unread.insert(.status) }
    }

    /// Notes that the account has been ended, whatever its own entry says of its status.
    mutating func end(at moment: Timestamp?) {
        status = .deprovisioned
        unread.remove(.status)
        deprovisionedAt = moment
    }
}

extension JSON {
    /// The account's state that a member's word means; nil for a word that is not known.
    func accountStatus(_ name: String) -> AccountRecord.Status? {
        text(name).flatMap(AccountRecord.Status.init(word:))
    }

    /// The state that a member tells, which is true of accounts that can't be used; nil if it is no truth value.
    func suspended(if name: String, is value: Bool = true) -> AccountRecord.Status? {
        self[name]?.bool.map { $0 == value ? .suspended : .active }
    }
}

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
