import Base

/// Translates GitHub's objects into records. An account's id is the user's number, which does not change with the
/// login; an authorized credential's is its number after `credential/`.
enum GitHubRecords {
    static let credentialPrefix = "credential/"

    static func member(_ edge: JSON) -> AccountRecord? {
        guard let user = edge["node"], let id = user.identifier("databaseId"), let login = user.text("login") else {
            return nil
        }
        var account = AccountRecord(externalID: id, displayName: user.text("name") ?? login, status: .active)
        account.formerExternalID = login
        account.username = login
        // The addresses are at the organization's own verified domains, and GitHub has verified them.
        let emails = Set(user["organizationVerifiedDomainEmails"]?.emails ?? []).sorted()
        account.email = emails.first
        account.linkedEmails = Array(emails.dropFirst())
        if user.texts("organizationVerifiedDomainEmails") == nil { account.unread.insert(.email) }
        account.isAdmin = edge.text("role").map { $0 == "ADMIN" }
        if account.isAdmin == true { account.adminRoles = ["owner"] }
        // The value is null if the token's user may not know.
        account.mfaEnabled = edge["hasTwoFactorEnabled"]?.bool
        if account.mfaEnabled == nil { account.unread.insert(.mfaEnabled) }
        if account.mfaEnabled == false, isManaged(login) { account.mfaEnabled = nil }
        account.createdAt = user.date("createdAt")
        return account
    }

    /// Returns true if the company's identity provider manages a user, whose login ends with `_` and the company's short
    /// code. GitHub stores no password and no second factor of such a user, except of the one that sets up the
    /// enterprise (docs.github.com/enterprise-cloud@latest/admin/concepts/identity-and-access-management).
    private static func isManaged(_ login: String) -> Bool { login.contains("_") && !login.hasSuffix("_admin") }

    static func application(_ installation: JSON) -> EntryReading {
        guard let id = installation.identifier("id") else { return .unreadable }
        guard installation.text("suspended_at") == nil else { return .skipped("the installation is suspended") }
        // Owners install apps, so an installed app is managed.
        var application = ApplicationRecord(
            externalID: id, name: installation.text("app_slug") ?? id, isManaged: true)
        application.metadata["permissions"] = installation["permissions"]?.object.map { permissions in
            .string(
                permissions.compactMap { name, level in level.string.map { name + ":" + $0 } }.sorted().joined(
                    separator: " "))
        }
        return .read([.application(application)])
    }

    static func deployKey(_ key: JSON, of repository: String) -> EntryReading {
        guard let id = key.text("id") else { return .unreadable }
        var record = AccessKeyRecord(externalID: id, kind: .deployKey, canWrite: key["readOnly"]?.bool == false)
        // Repositories often use the same titles, so the name includes the repository.
        record.name = key.text("title").map { "\(repository) (\($0))" } ?? repository
        record.createdAt = key.date("createdAt")
        return .read([.accessKey(record)])
    }

    static func credentialID(_ credential: JSON) -> String? {
        credential.identifier("credential_id").map { credentialPrefix + $0 }
    }

    /// Reads an authorized credential; `account` is nil if its owner has no account in the organization. Returns nil if
    /// the credential has no id.
    static func accessKey(_ credential: JSON, of account: String?) -> SyncRecord? {
        guard let id = credentialID(credential) else { return nil }
        let scopes = credential["scopes"]?.array?.compactMap(\.string)
        var record = AccessKeyRecord(
            externalID: id,
            kind: credential.text("credential_type") == "SSH key" ? .accessKey : .accessToken,
            canWrite: scopes?.contains { !$0.hasPrefix("read:") && !$0.hasPrefix("user") } ?? true)
        record.accountExternalID = account
        record.name = credential.text("authorized_credential_title") ?? credential.text("authorized_credential_note")
        record.createdAt = credential.date("credential_authorized_at")
        record.lastUsedAt = credential.date("credential_accessed_at")
        record.expiresAt = credential.date("authorized_credential_expires_at")
        return .accessKey(record)
    }

    /// Reads an entry of the log; `userID` finds a user's id by login.
    static func event(
        _ entry: JSON, userID: (String) throws -> String? = { _ in nil }
    ) rethrows -> EntryReading {
        guard let id = entry.text("_document_id"), let action = entry.text("action"),
            let time = entry["@timestamp"]?.integer.flatMap({ Timestamp(inRecord: $0 / 1_000) })
        else { return .unreadable }
        var record = AuditEventRecord(
            externalID: id, eventType: type(action, entry), outcome: .success,
            occurredAt: time)
        record.actor = entry.text("actor")
        record.actorExternalID = try entry.identifier("actor_id") ?? entry.text("actor").flatMap(userID)
        // Repositories are written OWNER/NAME.
        let repository = entry.text("repo")?.split(separator: "/").last.map(String.init)
        record.target = repository ?? entry.text("user") ?? entry.text("name")
        record.ipAddress = entry.text("actor_ip")
        record.details["country"] = entry["actor_location"]?.country("country_code")
        record.details["number"] = entry["number"]?.integer.map(JSON.integer)
        record.details["secret_type"] = entry.text("secret_type").map(JSON.string)
        if record.eventType == EventType.platformSignIn { record.details["method"] = "sso" }
        return .read([.auditEvent(record)])
    }

    private static func type(_ action: String, _ entry: JSON) -> String {
        switch action {
        case "org.sso_response": EventType.platformSignIn
        case "repo.download_zip": EventType.download
        case "repo.destroy": EventType.deletion
        case "two_factor_authentication.disabled": EventType.factorRemoved
        case "org.update_member" where entry.text("permission") == "admin": EventType.privilegeGranted
        case "org.add_member" where entry.text("permission") == "admin": EventType.privilegeGranted
        default: action
        }
    }
}
