import Base

/// Translates OneLogin's objects into records.
enum OneLoginRecords {
    /// The fields that a request for a list of users names; without them, OneLogin leaves some out.
    static let userFields = """
        id,username,email,firstname,lastname,department,title,status,state,manager_user_id,role_ids,last_login,\
        created_at
        """

    /// The values of a user's `status` to which the connector gives a name.
    enum UserStatus: Int { case unactivated = 0, active, suspended }

    /// Reads a user. Returns nil if it has no id, or no number as its status.
    static func account(_ user: JSON) -> AccountRecord? {
        guard let id = user.identifier("id"), user["status"]?.integer != nil else { return nil }
        let names = [user.text("firstname"), user.text("lastname")].compactMap { $0 }.joined(separator: " ")
        let username = user.text("username") ?? user.text("email") ?? id
        var account = AccountRecord(
            externalID: id, displayName: names.isEmpty ? username : names, status: status(user))
        account.username = username
        // Administrators set the address, or the directory that OneLogin follows does.
        account.email = user.email("email")
        account.lastLoginAt = user.date("last_login")
        account.department = user.text("department")
        account.title = user.text("title")
        account.managerExternalID = user.identifier("manager_user_id")
        account.createdAt = user.date("created_at")
        return account
    }

    /// Returns the status that OneLogin's two numbers mean. `state` says if a user was admitted: 0 for not yet, 1 (or
    /// no number) for approved, 2 for rejected, 3 for unlicensed. `status` says what happened to the account since; 3
    /// to 8 are expired passwords, temporary locks and the like. Returns nil for other numbers.
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
        // The numbers are 0 for passwords, 1 OpenID, 2 SAML, 3 API, 4 Google, 6 forms, 7 WS-Federation, 8 OpenID
        // Connect (developers.onelogin.com/api-docs/2/apps/app-resource).
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

    /// Reads an event. OneLogin numbers the types of events (`/api/1/events/types`).
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
        // The removal of another user's factor keeps OneLogin's name, since rules take the actor for the affected user.
        case 24 where actor == user, 172: (type, outcome) = (EventType.factorRemoved, .success)
        case 72: (type, outcome) = (EventType.privilegeGranted, .success)
        default:
            // The outcome shows only in the name.
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
