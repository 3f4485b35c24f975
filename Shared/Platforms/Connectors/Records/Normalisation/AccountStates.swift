import Base

extension AccountRecord {
    /// Creates an account with a status. If `status` is nil, because the provider sent none or an unknown one, the
    /// stored status stays; an account that is not stored yet counts as active, since the provider lists it.
    init(externalID: String, displayName: String, status: Status?) {
        let known: Status = status ?? .active
        self.init(externalID: externalID, displayName: displayName, status: known)
        if status == nil { unread.insert(.status) }
    }

    /// Marks the account as permanently ended, regardless of the status in its own entry.
    mutating func end(at moment: Timestamp?) {
        status = .deprovisioned
        unread.remove(.status)
        deprovisionedAt = moment
    }
}

extension JSON {
    /// Returns the status that the word in the object's member `name` stands for. Returns nil if the member is missing
    /// or the word is unknown.
    func accountStatus(_ name: String) -> AccountRecord.Status? {
        text(name).flatMap(AccountRecord.Status.init(word:))
    }

    /// Returns `.suspended` if the object's member `name` equals `value`, `.active` if it has the other truth value,
    /// nil if it is not a boolean.
    func suspended(if name: String, is value: Bool = true) -> AccountRecord.Status? {
        self[name]?.bool.map { $0 == value ? .suspended : .active }
    }
}

extension AccountRecord.Status {
    /// Creates the status that a provider's word stands for, in upper or lower case; nil for an unknown word.
    ///
    /// A temporary state, such as an expired password, leaves an account active, since its holder can usually sign in
    /// again without an administrator. An account whose creation is unfinished is staged.
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
