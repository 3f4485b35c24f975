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

    static func account(_ user: JSON) -> AccountRecord? {
        guard let id = user.identifier("id") else { return nil }
        let names = [user.text("firstname"), user.text("lastname")].compactMap { $0 }.joined(separator: " ")
        let username = user.text("username") ?? user.text("email") ?? id
        let status = user["status"]?.integer
        let isOut =
            status == UserStatus.unactivated.rawValue || status == UserStatus.suspended.rawValue
            // 1 is approved; the others are unapproved, rejected and unlicensed.
            || user["state"]?.integer.map { $0 != 1 } == true
        var account = AccountRecord(
            externalID: id, displayName: names.isEmpty ? username : names, status: isOut ? .suspended : .active)
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

    static func application(_ app: JSON) -> SyncRecord? {
        guard let id = app.identifier("id") else { return nil }
        var application = ApplicationRecord(externalID: id, name: app.text("name") ?? id, isManaged: true)
        // developers.onelogin.com/api-docs/2/apps/app-resource: passwords, OpenID, SAML, API, Google, forms, WS-Federation,
        // OpenID Connect.
        switch app["auth_method"]?.integer {
        case 0, 6: application.ssoEnabled = false
        case 1, 2, 4, 7, 8: application.ssoEnabled = true
        default: break
        }
        return .application(application)
    }

    static func entitlement(_ user: JSON, application: String) -> SyncRecord? {
        guard let id = user.identifier("id") else { return nil }
        return .entitlement(
            EntitlementRecord(
                externalID: application + "/" + id, accountExternalID: id, applicationExternalID: application,
                role: "user"))
    }

    /// An event; OneLogin numbers their types (`/api/1/events/types`).
    static func event(_ event: JSON, names: [Int: String]) -> SyncRecord? {
        guard let id = event.identifier("id"), let number = event["event_type_id"]?.integer,
            let time = event.date("created_at")
        else { return nil }
        let type: String
        var outcome = AuditEventRecord.Outcome.success
        let user = event.identifier("user_id")
        let actor = event.identifier("actor_user_id") ?? user
        switch number {
        case 5: type = EventType.signIn
        case 6:
            type = EventType.signIn
            outcome = .failure
        // What an administrator does to others keeps OneLogin's name: rules take the actor for the one whose account it is.
        case 24 where actor == user, 172: type = EventType.factorRemoved
        case 72: type = EventType.privilegeGranted
        default: type = names[number] ?? "event_type_\(number)"
        }
        var record = AuditEventRecord(externalID: id, eventType: type, outcome: outcome, occurredAt: time)
        record.actorExternalID = number == 5 || number == 6 ? user : actor
        record.actor = number == 5 || number == 6 ? event.text("user_name") : event.text("actor_user_name")
        record.target = event.text("app_name") ?? event.text("user_name")
        record.ipAddress = event.text("ipaddr")
        record.details["risk_score"] = event["risk_score"]?.integer.map(JSON.integer)
        return .auditEvent(record)
    }
}
