import Base

/// GitHub's objects as records. An account's id is its login, which GitHub's API takes; an authorized credential's is its
/// number after `credential/`, since a login can be a number too.
enum GitHubRecords {
    static func member(_ edge: JSON) -> AccountRecord? {
        guard let user = edge["node"], let login = user.text("login") else { return nil }
        var account = AccountRecord(externalID: login, displayName: user.text("name") ?? login, status: .active)
        account.username = login
        // At the organization's own verified domains, and verified by GitHub.
        let emails = user["organizationVerifiedDomainEmails"]?.array?.compactMap(\.string).map { $0.lowercased() }
        account.email = emails?.min()
        account.isAdmin = edge.text("role") == "ADMIN"
        if account.isAdmin == true { account.adminRoles = ["owner"] }
        account.mfaEnabled = edge["hasTwoFactorEnabled"]?.bool
        account.createdAt = user.date("createdAt")
        return account
    }

    static func application(_ installation: JSON) -> SyncRecord? {
        guard let id = installation.identifier("id"), installation.text("suspended_at") == nil else { return nil }
        // Owners install them.
        var application = ApplicationRecord(
            externalID: id, name: installation.text("app_slug") ?? id, isManaged: true)
        application.metadata["permissions"] = installation["permissions"]?.object.map { permissions in
            .string(
                permissions.compactMap { name, level in level.string.map { name + ":" + $0 } }.sorted().joined(
                    separator: " "))
        }
        return .application(application)
    }

    static func deployKey(_ key: JSON, of repository: String) -> SyncRecord? {
        guard let id = key.text("id") else { return nil }
        var record = AccessKeyRecord(externalID: id, kind: .deployKey, canWrite: key["readOnly"]?.bool == false)
        // Titles repeat from repository to repository.
        record.name = key.text("title").map { "\(repository) (\($0))" } ?? repository
        record.createdAt = key.date("createdAt")
        return .accessKey(record)
    }

    static func accessKey(_ credential: JSON) -> SyncRecord? {
        guard let id = credential.identifier("credential_id") else { return nil }
        let scopes = credential["scopes"]?.array?.compactMap(\.string)
        var record = AccessKeyRecord(
            externalID: "credential/" + id,
            kind: credential.text("credential_type") == "SSH key" ? .accessKey : .accessToken,
            canWrite: scopes?.contains { !$0.hasPrefix("read:") && !$0.hasPrefix("user") } ?? true)
        record.accountExternalID = credential.text("login")
        record.name = credential.text("authorized_credential_title") ?? credential.text("authorized_credential_note")
        record.createdAt = credential.date("credential_authorized_at")
        record.lastUsedAt = credential.date("credential_accessed_at")
        record.expiresAt = credential.date("authorized_credential_expires_at")
        return .accessKey(record)
    }

    static func event(_ entry: JSON) -> SyncRecord? {
        guard let id = entry.text("_document_id"), let action = entry.text("action"),
            let milliseconds = entry["@timestamp"]?.integer
        else { return nil }
        var record = AuditEventRecord(
            externalID: id, eventType: type(action, entry), outcome: .success,
            occurredAt: Timestamp(seconds: milliseconds / 1_000))
        record.actor = entry.text("actor")
        record.actorExternalID = entry.text("actor")
        // Repositories are written OWNER/NAME.
        let repository = entry.text("repo")?.split(separator: "/").last.map(String.init)
        record.target = repository ?? entry.text("user") ?? entry.text("name")
        record.ipAddress = entry.text("actor_ip")
        record.details["country"] = entry["actor_location"]?.text("country_code").map(JSON.string)
        record.details["number"] = entry["number"]?.integer.map(JSON.integer)
        record.details["secret_type"] = entry.text("secret_type").map(JSON.string)
        if record.eventType == EventType.platformSignIn { record.details["method"] = "sso" }
        return .auditEvent(record)
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
