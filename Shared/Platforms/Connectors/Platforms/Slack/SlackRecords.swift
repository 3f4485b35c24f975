import Base

/// Translates Slack's objects into records.
enum SlackRecords {
    static func account(_ member: JSON) -> AccountRecord? {
        guard let id = member.text("id") else { return nil }
        let profile = member["profile"]
        var account = AccountRecord(
            externalID: id,
            displayName: member.text("real_name") ?? profile?.text("display_name") ?? member.text("name") ?? id,
            status: member["deleted"]?.bool.map { $0 ? AccountRecord.Status.deprovisioned : .active })
        // Slackbot is a bot, but is not marked as one.
        let isBot = member["is_bot"]?.bool == true || id == "USLACKBOT"
        let isGuest = member["is_restricted"]?.bool == true || member["is_ultra_restricted"]?.bool == true
        account.kind = isBot ? .serviceAccount : isGuest || member["is_stranger"]?.bool == true ? .external : .user
        if member["is_bot"]?.bool == nil { account.unread.insert(.kind) }
        account.username = member.text("name")
        // Slack verified the address, or an administrator or the identity provider set it.
        account.email = profile?.email("email")
        // Every person has an address, but Slack shows it only to tokens with the scope for it.
        if account.email == nil, account.kind == .user, account.status == .active { account.unread.insert(.email) }
        let roles = [
            ("is_primary_owner", "primary owner"), ("is_owner", "owner"), ("is_admin", "admin"),
        ]
        account.adminRoles = roles.filter { member[$0.0]?.bool == true }.map(\.1)
        account.isAdmin = !account.adminRoles.isEmpty
        if account.isAdmin == false, account.status == .active, member["is_admin"]?.bool == nil {
            account.isAdmin = nil
        }
        // Slack shows second factors only to administrators' tokens.
        account.mfaEnabled = member["has_2fa"]?.bool
        account.title = profile?.text("title")
        // The last change to a deactivated user is the deactivation.
        if account.status == .deprovisioned {
            account.deprovisionedAt = member["updated"]?.integer.flatMap { Timestamp(inRecord: $0) }
        }
        return account
    }

    /// Returns the id of the app that an entry of the integration log is about.
    static func app(_ entry: JSON) -> String? { entry.identifier("app_id") ?? entry.identifier("service_id") }

    /// Creates the record of an app that people brought in by themselves.
    static func application(_ id: String, _ entry: JSON) -> ApplicationRecord {
        ApplicationRecord(
            externalID: id, name: entry.text("app_type") ?? entry.text("service_type") ?? id, isManaged: false)
    }

    static func grant(_ entry: JSON, app: String, user: String) -> OAuthGrantRecord? {
        let scopes: [String]
        switch entry["scope"] {
        case nil, .null: scopes = []
        case .string(let text): scopes = text.split(separator: ",").map(String.init)
        default: return nil
        }
        var grant = OAuthGrantRecord(
            externalID: app + "/" + user, accountExternalID: user, applicationExternalID: app, scopes: scopes)
        // The time is a number in a text.
        grant.grantedAt = entry.identifier("date").flatMap { Int($0) }.flatMap { Timestamp(inRecord: $0) }
        return grant
    }

    static func event(_ entry: JSON) -> EntryReading {
        guard let id = entry.text("id"), let action = entry.text("action"),
            let time = entry["date_create"]?.integer.flatMap({ Timestamp(inRecord: $0) })
        else { return .unreadable }
        var record = AuditEventRecord(
            externalID: id, eventType: type(action), outcome: action == "user_login_failed" ? .failure : .success,
            occurredAt: time)
        let user = entry["actor"]?["user"]
        record.actor = user?.text("name") ?? user?.text("email")
        record.actorExternalID = user?.text("id")
        record.actorEmail = user?.email("email")
        if let entity = entry["entity"], let kind = entity.text("type") {
            let object = entity[kind]
            record.target = object?.text("name") ?? object?.text("title") ?? object?.text("id")
        }
        record.ipAddress = entry["context"]?.text("ip_address")
        return .read([.auditEvent(record)])
    }

    private static func type(_ action: String) -> String {
        switch action {
        case "user_login", "user_login_failed": EventType.platformSignIn
        case "file_downloaded": EventType.download
        case "file_deleted": EventType.deletion
        case "role_change_to_admin", "role_change_to_owner": EventType.privilegeGranted
        default: action
        }
    }
}
