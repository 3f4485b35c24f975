import Base

/// OneLogin's objects as records.
enum OneLoginRecords {
    /// What a list of users must be asked for, or some of it is left out.
    static let userFields = """
        id,username,email,firstname,lastname,department,title,status,state,manager_user_id,role_ids,last_login,\
        created_at
        """

    /// `status` of a user, as far as it matters here.
    enum UserStatus: Int { case unactivated = 0, active, suspended }

    /// Returns nil if the user can't be read, such as one without a status.
    static func account(_ user: JSON) -> AccountRecord? {
        guard let id = user.identifier("id"), user["status"]?.integer != nil else { return nil }
        let names = [user.text("firstname"), user.text("lastname")].compactMap { $0 }.joined(separator: " ")
        let username = user.text("username") ?? user.text("email") ?? id
        var account = AccountRecord(
            externalID: id, displayName: names.isEmpty ? username : names, status: status(user))
        account.username = username
        // Administrators set it, or the directory that OneLogin follows.
        account.email = user.email("email")
        account.lastLoginAt = user.date("last_login")
        account.department = user.text("department")
        account.title = user.text("title")
        account.managerExternalID = user.identifier("manager_user_id")
        account.createdAt = user.date("created_at")
        return account
    }

    /// OneLogin numbers both: `state` says if a user has been let in, 0 for not yet, 1 for approved, 2 for rejected, 3
    /// for unlicensed; `status` what has become of the account since: 3 to 8 are passwords that have run out, locks that
    /// pass, and the like. Nil for other numbers.
    private static func status(_ user: JSON) -> AccountRecord.Status? {
        switch (user["state"]?.integer ?? 1, user["status"]?.integer) {
        case (0, _), (1, UserStatus.unactivated.rawValue): .staged
        case (2...3, _), (1, UserStatus.suspended.rawValue): .suspended
        case (1, let status?) where (UserStatus.active.rawValue...8).contains(status): .active
        default: nil
        }
    }

    static func application(_ app: JSON) -> EntryReading {
        guard let id = app.identifier("id") else { return .unreadable }
        var application = ApplicationRecord(externalID: id, name: app.text("name") ?? id, isManaged: true)
        // developers.onelogin.com/api-docs/2/apps/app-resource: passwords, OpenID, SAML, API, Google, forms, WS-Federation,
        // OpenID Connect.
        switch app["auth_method"]?.integer {
        case 0, 6: application.ssoEnabled = false
        case 1, 2, 4, 7, 8: application.ssoEnabled = true
        default: break
        }
        return .read([.application(application)])
    }

    static func entitlement(_ user: JSON, application: String) -> EntryReading {
        guard let id = user.identifier("id") else { return .unreadable }
        let entitlement = EntitlementRecord(
            externalID: application + "/" + id, accountExternalID: id, applicationExternalID: application, role: "user")
        return .read([.entitlement(entitlement)])
    }

    /// An event; OneLogin numbers their types (`/api/1/events/types`).
    static func event(_ event: JSON, names: [Int: String]) -> EntryReading {
        guard let id = event.identifier("id"), let number = event["event_type_id"]?.integer,
            let time = event.date("created_at")
        else { return .unreadable }
        let type: String
        let outcome: AuditEventRecord.Outcome
        let user = event.identifier("user_id")
        let actor = event.identifier("actor_user_id") ?? user
        switch number {
        case 5: (type, outcome) = (EventType.signIn, .success)
        case 6: (type, outcome) = (EventType.signIn, .failure)
        // What an administrator does to others keeps OneLogin's name: rules take the actor for the one whose account it is.
        case 24 where actor == user, 172: (type, outcome) = (EventType.factorRemoved, .success)
        case 72: (type, outcome) = (EventType.privilegeGranted, .success)
        default:
            // Only the name says how it went.
            guard let name = names[number] else { return .unreadable }
            let words = name.uppercased()
            (type, outcome) = (
                name, ["FAIL", "ERROR", "DENIED", "REJECT"].contains { words.contains($0) } ? .failure : .success
            )
        }
        var record = AuditEventRecord(externalID: id, eventType: type, outcome: outcome, occurredAt: time)
        record.actorExternalID = number == 5 || number == 6 ? user : actor
        record.actor = number == 5 || number == 6 ? event.text("user_name") : event.text("actor_user_name")
        record.target = event.text("app_name") ?? event.text("user_name")
        record.ipAddress = event.text("ipaddr")
        record.details["risk_score"] = event["risk_score"]?.integer.map(JSON.integer)
        return .read([.auditEvent(record)])
    }
}
