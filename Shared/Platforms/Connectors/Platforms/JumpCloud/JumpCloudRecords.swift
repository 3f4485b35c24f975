import Base

/// Translates JumpCloud's objects into records.
enum JumpCloudRecords {
    /// Returns the id of an object of version 1 of the API.
    static func id(_ object: JSON) -> String? { object.text("_id") }

    static func account(_ user: JSON) -> EntryReading {
        guard let id = id(user), let username = user.text("username") else { return .unreadable }
        let names = [user.text("firstname"), user.text("lastname")].compactMap { $0 }.joined(separator: " ")
        var account = AccountRecord(
            externalID: id, displayName: user.text("displayname") ?? (names.isEmpty ? username : names),
            status: user["suspended"]?.bool == true ? .suspended : user.accountStatus("state"))
        account.username = username
        // Administrators set the address.
        account.email = user.email("email")
        account.mfaEnabled = hasSecondFactor(user)
        account.department = user.text("department")
        account.title = user.text("jobTitle")
        account.managerExternalID = user.text("manager")
        account.createdAt = user.date("created")
        return .read([.account(account)])
    }

    /// Returns true if the user has a second factor. Newer organizations report all factors together, older ones only
    /// one-time passwords. Returns nil if the user has none of these members.
    private static func hasSecondFactor(_ user: JSON) -> Bool? {
        if let status = user["mfaEnrollment"]?.text("overallStatus") { return status == "ENROLLED" }
        let told = [user["mfa"]?["configured"]?.bool, user["totp_enabled"]?.bool].compactMap { $0 }
        return told.isEmpty ? nil : told.contains(true)
    }

    static func application(_ app: JSON) -> EntryReading {
        guard let id = id(app) else { return .unreadable }
        var application = ApplicationRecord(
            externalID: id, name: app.text("displayLabel") ?? app.text("displayName") ?? app.text("name") ?? id,
            isManaged: true)
        application.ssoEnabled = app["sso"]?.text("type").map { ["saml", "oidc"].contains($0.lowercased()) }
        return .read([.application(application)])
    }

    static func entitlement(_ binding: JSON, application: String) -> EntryReading {
        guard let user = binding.text("id"), let type = binding.text("type") else { return .unreadable }
        guard type == "user" else { return .skipped("the application is bound to something other than a user") }
        let entitlement = EntitlementRecord(
            externalID: application + "/" + user, accountExternalID: user, applicationExternalID: application,
            role: "user")
        return .read([.entitlement(entitlement)])
    }

    static func device(_ system: JSON) -> EntryReading {
        guard let id = id(system) else { return .unreadable }
        var record = DeviceRecord(
            externalID: id, hostname: system.text("hostname") ?? system.text("displayName") ?? id)
        record.ownerExternalID = system["primarySystemUser"]?.text("id")
        record.serialNumber = system.serialNumber("serialNumber")
        record.model = system.text("hwModel") ?? system.text("modelName")
        record.operatingSystem =
            switch system.text("osFamily")?.lowercased() {
            case "darwin": "macOS"
            case "windows": "Windows"
            case "linux": "Linux"
            case "ios": "iOS"
            case "ipados": "iPadOS"
            case "android": "Android"
            default: system.text("os")
            }
        record.osVersion = system["osVersionDetail"]?.text("version") ?? system.text("version")
        record.isEncrypted = system["fde"]?["active"]?.bool
        if let policies = system["policyStats"], let total = policies["total"]?.integer, total > 0 {
            record.isCompliant = policies["failed"]?.integer == 0
        }
        record.lastSeenAt = system.date("lastContact")
        return .read([.device(record)])
    }

    static func event(_ event: JSON) -> EntryReading {
        guard let id = event.text("id"), let name = event.text("event_type"), let time = event.date("timestamp") else {
            return .unreadable
        }
        let type: String =
            switch name {
            case "user_login_attempt", "admin_login_attempt": EventType.signIn
            default: name
            }
        guard let outcome = outcome(event, isSignIn: type == EventType.signIn) else { return .unreadable }
        var record = AuditEventRecord(externalID: id, eventType: type, outcome: outcome, occurredAt: time)
        let actor = event["initiated_by"]
        record.actor = actor?.text("username") ?? actor?.text("email")
        // Administrators are not users of the directory.
        if actor?.text("type") == "user" { record.actorExternalID = actor?.text("id") }
        record.actorEmail = actor?.email("email")
        let target = event["application"] ?? event["resource"]
        record.target =
            target?.text("display_label") ?? target?.text("username") ?? target?.text("name") ?? target?.text("email")
        record.ipAddress = event.text("client_ip")
        record.details["country"] = event["geoip"]?.country("country_code")
        return .read([.auditEvent(record)])
    }

    /// Returns the outcome. A change without a stated outcome has happened. Returns nil for a sign-in without one, and
    /// for an outcome that can't be read.
    private static func outcome(_ event: JSON, isSignIn: Bool) -> AuditEventRecord.Outcome? {
        switch event["success"] ?? event["sso_token_success"] {
        case .bool(let hasSucceeded)?: hasSucceeded ? .success : .failure
        case nil: isSignIn ? nil : .success
        default: nil
        }
    }
}
