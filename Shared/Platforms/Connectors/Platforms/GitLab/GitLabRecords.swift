import Base
import Integrations

/// Translates GitLab's objects into records. Accounts have GitLab's own ids. Tokens have theirs after `token/`, deploy
/// keys after `project/` and the project's id, since numbers repeat between kinds.
enum GitLabRecords {
    /// The roles by access level.
    private static let roles = [
        5: "minimal", 10: "guest", 15: "planner", 20: "reporter", 30: "developer", 40: "maintainer", 50: "owner",
    ]

    /// The access level from which a member counts as an administrator. Maintainers can change protected branches and
    /// add members, as owners can.
    static let maintainer = 40

    /// Reads a member of a group; `details` is the user's account as the list of details shows it, if it does. Returns
    /// nil if the member has no id or no user name.
    static func member(_ member: JSON, _ details: AccountRecord?) -> AccountRecord? {
        guard var account = user(member) else { return nil }
        // The member's `created_at` is the time at which the membership began.
        account.createdAt = nil
        if let details {
            let own = account
            account = details
            if !own.unread.contains(.status), own.status != .active || account.unread.contains(.status) {
                account.status = own.status
                account.unread.remove(.status)
            }
            if own.email != nil { account.unread.remove(.email) }
            if account.unverifiedEmail == nil { account.email = account.email ?? own.email }
            account.linkedEmails = Array(Set(account.linkedEmails + own.linkedEmails)).sorted()
        }
        guard let level = member["access_level"]?.integer else {
            account.isAdmin = nil
            account.unread.insert(.metadata)
            return account
        }
        let role = roles[level] ?? "custom"
        account.isAdmin = level >= maintainer
        account.adminRoles = level >= maintainer ? [role] : []
        account.metadata["role"] = .string(role)
        return account
    }

    /// Reads a member of a project or subgroup. The role that GitLab states holds only there, so the account gets the
    /// role `project` and is not an administrator of the group. Returns nil if the member has no id or no user name.
    static func outsideMember(_ member: JSON, _ details: AccountRecord?) -> AccountRecord? {
        guard var account = self.member(member, details) else { return nil }
        account.isAdmin = false
        account.adminRoles = []
        account.metadata["role"] = "project"
        account.unread.remove(.metadata)
        return account
    }

    /// The fields that GitLab shows only to some callers.
    static let detailFields: Set<AccountRecord.Field> = [
        .email, .kind, .mfaEnabled, .lastLoginAt, .title, .createdAt,
    ]

    /// Reads an entry of a list of users. Missing fields are marked as unread, since GitLab does not show them to every
    /// caller, such as a former administrator. Returns nil if the user has no id or no user name.
    static func details(_ user: JSON) -> AccountRecord? {
        guard var account = self.user(user) else { return nil }
        let members: [AccountRecord.Field: [String]] = [
            .email: ["email"], .kind: ["external"], .mfaEnabled: ["two_factor_enabled"], .title: ["job_title"],
            .lastLoginAt: ["current_sign_in_at", "last_sign_in_at", "last_activity_on"], .createdAt: ["created_at"],
        ]
        account.unread.formUnion(
            detailFields.filter { field in members[field]?.allSatisfy { user[$0] == nil } == true })
        if user["confirmed_at"] == nil {
            account.email = nil
            account.unread.insert(.email)
        }
        return account
    }

    /// Reads a user, as far as GitLab shows the user's fields to the caller. Returns nil if the user has no id or no
    /// user name.
    static func user(_ user: JSON) -> AccountRecord? {
        guard let id = user.identifier("id"), let username = user.text("username") else { return nil }
        var account = AccountRecord(
            externalID: id, displayName: user.text("name") ?? username,
            status: user.accountStatus("state"))
        account.username = username
        account.kind =
            user["bot"]?.bool ?? isBot(username) ? .serviceAccount : user["external"]?.bool == true ? .external : .user
        // Groups see the addresses of users that the company owns. Lists of users also show addresses that are not
        // confirmed, for which `confirmed_at` is null; lists of members have no such field.
        let email = user.email("email")
        switch user["confirmed_at"] {
        case nil: account.email = email
        case .null: account.unverifiedEmail = email
        case .some: if user.date("confirmed_at") == nil { account.unread.insert(.email) } else { account.email = email }
        }
        account.linkedEmails = links(user)
        account.mfaEnabled = user["two_factor_enabled"]?.bool
        account.lastLoginAt = [
            user.date("current_sign_in_at"), user.date("last_sign_in_at"), day(user, "last_activity_on"),
        ].compactMap { $0 }.max()
        account.title = user.text("job_title")
        account.createdAt = user.date("created_at")
        return account
    }

    /// Returns true for the users that GitLab creates for tokens of projects and groups: `project_1_bot_…`,
    /// `group_1_bot_…`.
    private static func isBot(_ username: String) -> Bool {
        let parts = username.split(separator: "_")
        if parts.count >= 3, ["project", "group"].contains(parts[0]), Int(parts[1]) != nil {
            return parts[2].hasPrefix("bot")
        }
        // Service accounts have the name service_account, the group or project if they belong to one, and 32 digits.
        let digits = parts.last.map { $0.utf8.count == 32 && $0.utf8.allSatisfy { Hex.value(of: $0) != nil } }
        return parts.count >= 3 && parts[0] == "service" && parts[1] == "account" && digits == true
    }

    /// Returns the addresses by which identity providers name the user.
    private static func links(_ user: JSON) -> [String] {
        let identities =
            [user["group_saml_identity"]].compactMap { $0 } + (user["identities"]?.array ?? [])
            + (user["scim_identities"]?.array ?? [])
        return Set(identities.compactMap { $0.text("extern_uid") }.compactMap(Form.address)).sorted()
    }

    /// Returns the beginning, in UTC, of the day that a member names in the form 2026-04-01; nil if it has no such
    /// form.
    private static func day(_ json: JSON, _ name: String) -> Timestamp? {
        json.text(name).flatMap { Timestamp(inRecord: $0 + "T00:00:00Z") }
    }

    static let tokenPrefix = "token/"
    static let projectPrefix = "project/"

    /// Returns the prefix of the ids of a project's deploy keys.
    static func deployKeyPrefix(_ project: String) -> String { projectPrefix + project + "/" }

    static func tokenID(_ token: JSON) -> String? { token.identifier("id").map { tokenPrefix + $0 } }

    static func token(_ token: JSON) -> EntryReading {
        guard let id = tokenID(token), let scopes = token.texts("scopes") else { return .unreadable }
        var record = AccessKeyRecord(
            externalID: id, kind: .accessToken,
            canWrite: scopes.contains { $0 == "api" || $0 == "sudo" || $0 == "admin_mode" || $0.hasPrefix("write_") })
        record.accountExternalID = token.identifier("user_id")
        record.name = token.text("name")
        record.isActive = token["active"]?.bool ?? (token["revoked"]?.bool != true)
        record.createdAt = token.date("created_at")
        record.lastUsedAt = token.date("last_used_at")
        record.expiresAt = day(token, "expires_at") ?? token.date("expires_at")
        return .read([.accessKey(record)])
    }

    /// Reads a deploy key. A key that is enabled in several projects becomes one record for each.
    static func deployKey(_ key: JSON, project: String, named name: String) -> EntryReading {
        guard let id = key.identifier("id") else { return .unreadable }
        var record = AccessKeyRecord(
            externalID: deployKeyPrefix(project) + id, kind: .deployKey, canWrite: key["can_push"]?.bool ?? false)
        record.name = key.text("title").map { "\(name) (\($0))" } ?? name
        record.createdAt = key.date("created_at")
        record.expiresAt = key.date("expires_at")
        return .read([.accessKey(record)])
    }

    static func event(_ entry: JSON) -> EntryReading {
        guard let id = entry.identifier("id"), let time = entry.date("created_at"), let details = entry["details"]
        else { return .unreadable }
        // Failed sign-ins are recognized by their message, or by a name such as `login_failed_with_…`.
        switch details["custom_message"] {
        case nil, .null?, .string?: break
        default: return .unreadable
        }
        let message = details.text("custom_message") ?? ""
        let name = name(entry, details)
        var record = AuditEventRecord(
            externalID: id, eventType: name, outcome: .success, occurredAt: time)
        record.actor = details.text("author_name")
        record.actorExternalID = entry.identifier("author_id")
        record.target = details.text("target_details") ?? details.text("entity_path")
        record.ipAddress = details.text("ip_address")
        if message.hasPrefix("Signed in with ") {
            record.eventType = EventType.platformSignIn
            // A second factor may follow a password or single sign-on.
            switch message.split(separator: " ").dropFirst(3).first {
            case "STANDARD": record.details["method"] = "password"
            case "TWO-FACTOR", nil: break
            default: record.details["method"] = "sso"
            }
        } else if message.hasPrefix("Failed to login with ") || message.hasSuffix(" login failed")
            || name.hasPrefix("login_failed")
        {
            record.eventType = EventType.platformSignIn
            record.outcome = .failure
        } else {
            record.eventType = type(name, details)
        }
        // An administrator may disable another user's second factor. The event is about that user's account.
        if record.eventType == EventType.factorRemoved {
            record.actorExternalID = entry.text("entity_type") == "User" ? entry.identifier("entity_id") : nil
        }
        return .read([.auditEvent(record)])
    }

    /// Returns an event's name. Older events have none: they say in words what was done, changed, added or removed.
    private static func name(_ entry: JSON, _ details: JSON) -> String {
        if let name = entry.text("event_name") ?? entry.text("event_type") ?? details.text("event_name") { return name }
        if let message = details.text("custom_message") { return message }
        for change in ["change", "add", "remove"] {
            if let what = details.text(change) { return change + " " + what }
        }
        return "event"
    }

    private static func type(_ name: String, _ details: JSON) -> String {
        let isElevated = ["Owner", "Maintainer"]
        return switch name {
        case "user_disable_two_factor": EventType.factorRemoved
        case "project_destroyed", "group_destroyed": EventType.deletion
        case "repository_download_operation": EventType.download
        case _ where details.text("add") == "user_access" && isElevated.contains(details.text("as") ?? ""):
            EventType.privilegeGranted
        case _ where details.text("change") == "access_level" && isElevated.contains(details.text("to") ?? ""):
            EventType.privilegeGranted
        default: name
        }
    }
}
