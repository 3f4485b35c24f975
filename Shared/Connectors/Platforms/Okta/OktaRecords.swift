import Base

/// Okta's objects as records.
enum OktaRecords {
    static func account(_ user: JSON) -> AccountRecord? {
        guard let id = user.text("id"), let profile = user["profile"] else { return nil }
        let status: AccountRecord.Status =
            switch user.text("status") {
            case "DEPROVISIONED": .deprovisioned
            case "SUSPENDED", "STAGED": .suspended
            default: .active
            }
        let names = [profile.text("firstName"), profile.text("lastName")].compactMap { $0 }.joined(separator: " ")
        let login = profile.text("login") ?? id
        var account = AccountRecord(
            externalID: id, displayName: profile.text("displayName") ?? (names.isEmpty ? login : names),
            status: status)
        account.username = login
        // Administrators and the org's own directory set it; users can't change it without verification.
        account.email = profile.email("email")
        account.lastLoginAt = user.date("lastLogin")
        account.department = profile.text("department")
        account.title = profile.text("title")
        account.managerEmail = profile.email("manager") ?? profile.email("managerId")
        account.createdAt = user.date("created")
        if status == .deprovisioned { account.deprovisionedAt = user.date("statusChanged") }
        return account
    }

    static func application(_ app: JSON) -> SyncRecord? {
        guard let id = app.text("id"), app.text("status") == "ACTIVE" else { return nil }
        var application = ApplicationRecord(
            externalID: id, name: app.text("label") ?? app.text("name") ?? id, isManaged: true)
        application.ssoEnabled = app.text("signOnMode").map {
            ["SAML_2_0", "SAML_1_1", "OPENID_CONNECT", "WS_FEDERATION"].contains($0)
        }
        return .application(application)
    }

    static func entitlement(_ assignment: JSON, application: String) -> SyncRecord? {
        guard let user = assignment.text("id") else { return nil }
        var entitlement = EntitlementRecord(
            externalID: application + "/" + user, accountExternalID: user, applicationExternalID: application,
            role: assignment["profile"]?.text("role") ?? "user")
        entitlement.grantedAt = assignment.date("created")
        return .entitlement(entitlement)
    }

    /// What refresh tokens of an application come to: for each person and client, one grant of all scopes.
    static func grants(_ tokens: [JSON], application: String) -> [SyncRecord] {
        var grants: [String: OAuthGrantRecord] = [:]
        for token in tokens where token.text("status") == "ACTIVE" {
            guard let user = token.text("userId"), let client = token.text("clientId") else { continue }
            let id = user + "/" + client
            var grant =
                grants[id]
                ?? OAuthGrantRecord(
                    externalID: id, accountExternalID: user, applicationExternalID: application, scopes: [])
            let scopes = (token["scopes"]?.array ?? []).compactMap(\.string)
            grant.scopes = Set(grant.scopes + scopes).sorted()
            grant.grantedAt = [grant.grantedAt, token.date("created")].compactMap { $0 }.min()
            grants[id] = grant
        }
        return grants.values.sorted { $0.externalID < $1.externalID }.map(SyncRecord.oauthGrant)
    }

    static func device(_ device: JSON) -> SyncRecord? {
        guard let id = device.text("id"), let profile = device["profile"] else { return nil }
        var record = DeviceRecord(externalID: id, hostname: profile.text("displayName") ?? id)
        record.serialNumber = profile.text("serialNumber")
        record.operatingSystem = profile.text("platform").map { platform in
            ["MACOS": "macOS", "WINDOWS": "Windows", "IOS": "iOS", "ANDROID": "Android"][platform] ?? platform
        }
        record.osVersion = profile.text("osVersion")
        record.isEncrypted = profile.text("diskEncryptionType").map { $0 != "NONE" }
        record.isJailbroken = profile["integrityJailbreak"]?.bool
        record.isContained = device.text("status") == "SUSPENDED"
        record.ownerExternalID = device["_embedded"]?["users"]?.array?.first?["user"]?.text("id")
        return .device(record)
    }

    static func event(_ event: JSON) -> SyncRecord? {
        guard let id = event.text("uuid"), let type = event.text("eventType"), let time = event.date("published") else {
            return nil
        }
        let result = event["outcome"]?.text("result")
        var record = AuditEventRecord(
            externalID: id, eventType: type, outcome: result == "FAILURE" || result == "DENY" ? .failure : .success,
            occurredAt: time)
        let actor = event["actor"]
        record.actor = actor?.text("displayName") ?? actor?.text("alternateId")
        let targets = event["target"]?.array ?? []
        // Administrators do this to others: it is about whose account it is.
        let isAboutTarget = [EventType.factorRemoved, EventType.passwordReset].contains(type)
        let owner = isAboutTarget ? targets.first { $0.text("type") == "User" } : actor
        if owner?.text("type") == "User" {
            record.actorExternalID = owner?.text("id")
            record.actorEmail = isAboutTarget ? owner?.email("alternateId") : nil
        }
        let target = targets.first
        record.target = target?.text("displayName") ?? target?.text("alternateId")
        if type == EventType.factorRemoved {
            record.details["factor"] = event["outcome"]?.text("reason").flatMap(removedFactor).map(JSON.string)
        }
        let client = event["client"]
        record.ipAddress = client?.text("ipAddress")
        record.details["country"] = client?["geographicalContext"]?.text("country").map(JSON.string)
        record.details["risk"] = event["debugContext"]?["debugData"]?.text("risk").flatMap(riskLevel).map(JSON.string)
        return .auditEvent(record)
    }

    /// The factor in `User reset SMS_FACTOR factor`.
    private static func removedFactor(_ reason: String) -> String? {
        let words = reason.split(separator: " ")
        return words.count == 4 && reason.hasPrefix("User reset ") && words[3] == "factor" ? String(words[2]) : nil
    }

    /// The level in `{reasons=…, level=HIGH}`, in lower case.
    private static func riskLevel(_ text: String) -> String? {
        for part in text.split(whereSeparator: { "{}, ".contains($0) }) where part.hasPrefix("level=") {
            return part.dropFirst("level=".count).lowercased()
        }
        return nil
    }
}
