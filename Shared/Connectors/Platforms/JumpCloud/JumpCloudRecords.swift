import Base

/// JumpCloud's objects as records.
enum JumpCloudRecords {
    static func account(_ user: JSON) -> SyncRecord? {
        guard let id = user.text("_id"), let username = user.text("username") else { return nil }
        let isOut = user["suspended"]?.bool == true || ["SUSPENDED", "STAGED"].contains(user.text("state"))
        let names = [user.text("firstname"), user.text("lastname")].compactMap { $0 }.joined(separator: " ")
        var account = AccountRecord(
            externalID: id, displayName: user.text("displayname") ?? (names.isEmpty ? username : names),
            status: isOut ? .suspended : .active)
        account.username = username
        // Administrators set it.
        account.email = user.email("email")
        account.mfaEnabled = hasSecondFactor(user)
        account.department = user.text("department")
        account.title = user.text("jobTitle")
        account.managerExternalID = user.text("manager")
        account.createdAt = user.date("created")
        return .account(account)
    }

    /// Newer organizations tell of all factors together, older ones of one-time passwords alone.
    private static func hasSecondFactor(_ user: JSON) -> Bool? {
        if let status = user["mfaEnrollment"]?.text("overallStatus") { return status == "ENROLLED" }
        let told = [user["mfa"]?["configured"]?.bool, user["totp_enabled"]?.bool].compactMap { $0 }
        return told.isEmpty ? nil : told.contains(true)
    }

    static func application(_ app: JSON) -> SyncRecord? {
        guard let id = app.text("_id") else { return nil }
        var application = ApplicationRecord(
            externalID: id, name: app.text("displayLabel") ?? app.text("displayName") ?? app.text("name") ?? id,
            isManaged: true)
        application.ssoEnabled = app["sso"]?.text("type").map { ["saml", "oidc"].contains($0.lowercased()) }
        return .application(application)
    }

    static func entitlement(_ binding: JSON, application: String) -> SyncRecord? {
        guard let user = binding.text("id"), binding.text("type") == "user" else { return nil }
        return .entitlement(
            EntitlementRecord(
                externalID: application + "/" + user, accountExternalID: user, applicationExternalID: application,
                role: "user"))
    }

    static func device(_ system: JSON) -> SyncRecord? {
        guard let id = system.text("_id") else { return nil }
        var record = DeviceRecord(
            externalID: id, hostname: system.text("hostname") ?? system.text("displayName") ?? id)
        record.ownerExternalID = system["primarySystemUser"]?.text("id")
        record.serialNumber = system.text("serialNumber")
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
        return .device(record)
    }

    static func event(_ event: JSON) -> SyncRecord? {
        guard let id = event.text("id"), let name = event.text("event_type"), let time = event.date("timestamp") else {
            return nil
        }
        let type: String =
            switch name {
            case "user_login_attempt", "admin_login_attempt": EventType.signIn
            default: name
            }
        var record = AuditEventRecord(
            externalID: id, eventType: type, outcome: event["success"]?.bool == false ? .failure : .success,
            occurredAt: time)
        let actor = event["initiated_by"]
        record.actor = actor?.text("username") ?? actor?.text("email")
        // Administrators are no users of the directory.
        if actor?.text("type") == "user" { record.actorExternalID = actor?.text("id") }
        record.actorEmail = actor?.email("email")
        let target = event["application"] ?? event["resource"]
        record.target =
            target?.text("display_label") ?? target?.text("username") ?? target?.text("name") ?? target?.text("email")
        record.ipAddress = event.text("client_ip")
        record.details["country"] = event["geoip"]?.text("country_code").map(JSON.string)
        return .auditEvent(record)
    }
}
