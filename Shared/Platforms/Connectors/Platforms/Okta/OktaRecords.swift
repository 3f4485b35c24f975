import Base

/// Translates Okta's objects into records.
enum OktaRecords {
    /// Reads a user. Returns nil if it has no id, profile or status, which all users have.
    static func account(_ user: JSON) -> AccountRecord? {
        guard let id = user.text("id"), let profile = user["profile"], profile.object != nil,
            user.text("status") != nil
        else { return nil }
        let names = [profile.text("firstName"), profile.text("lastName")].compactMap { $0 }.joined(separator: " ")
        let login = profile.text("login") ?? id
        var account = AccountRecord(
            externalID: id, displayName: profile.text("displayName") ?? (names.isEmpty ? login : names),
            status: user.accountStatus("status"))
        account.username = login
        // Administrators and the org's own directory set the address; users can't change it without verification.
        account.email = profile.email("email")
        // The sign-in name is often the person's address at another platform.
        account.linkedEmails = [profile.email("login")].compactMap { $0 }.filter { $0 != account.email }
        account.lastLoginAt = user.date("lastLogin")
        account.department = profile.text("department")
        account.title = profile.text("title")
        account.managerEmail = profile.email("manager") ?? profile.email("managerId")
        account.createdAt = user.date("created")
        if account.status == .deprovisioned { account.deprovisionedAt = user.date("statusChanged") }
        return account
    }

    /// Returns an administrator's role: its type, or the label of a role that the org created.
    static func role(_ role: JSON) -> String? {
        role.text("type") == "CUSTOM" ? role.text("label") ?? "CUSTOM" : role.text("type")
    }

    static func application(_ app: JSON) -> EntryReading {
        guard let id = app.text("id"), let status = app.text("status") else { return .unreadable }
        guard status == "ACTIVE" else { return .skipped("the application is not active") }
        var application = ApplicationRecord(
            externalID: id, name: app.text("label") ?? app.text("name") ?? id, isManaged: true)
        // A bookmark is a link, which needs no sign-in.
        application.ssoEnabled = app.text("signOnMode").flatMap {
            $0 == "BOOKMARK" ? nil : ["SAML_2_0", "SAML_1_1", "OPENID_CONNECT", "WS_FEDERATION"].contains($0)
        }
        return .read([.application(application)])
    }

    static func entitlement(_ assignment: JSON, application: String) -> EntryReading {
        guard let user = assignment.text("id") else { return .unreadable }
        var entitlement = EntitlementRecord(
            externalID: entitlementID(user, application), accountExternalID: user, applicationExternalID: application,
            role: assignment["profile"]?.text("role") ?? "user")
        entitlement.grantedAt = assignment.date("created")
        return .read([.entitlement(entitlement)])
    }

    private static func entitlementID(_ user: String, _ application: String) -> String { application + "/" + user }

    /// Reads the active refresh tokens of an application as grants: one grant of all scopes for each person and client.
    static func grants(_ tokens: [JSON], application: String) -> PageEntries {
        var grants: [String: OAuthGrantRecord] = [:]
        var entries = PageEntries(tokens, of: .oauthGrant, id: grantID) { token in
            guard let status = token.text("status"), let id = grantID(token), let user = token.text("userId") else {
                return .unreadable
            }
            guard status == "ACTIVE" else { return .skipped("the token is not active") }
            var grant =
                grants[id]
                ?? OAuthGrantRecord(
                    externalID: id, accountExternalID: user, applicationExternalID: application, scopes: [])
            let scopes = (token["scopes"]?.array ?? []).compactMap(\.string)
            grant.scopes = Set(grant.scopes + scopes).sorted()
            grant.grantedAt = [grant.grantedAt, token.date("created")].compactMap { $0 }.min()
            grants[id] = grant
            return .read([])
        }
        entries.add(
            PageEntries(known: grants.values.sorted { $0.externalID < $1.externalID }.map(SyncRecord.oauthGrant)))
        return entries
    }

    private static func grantID(_ token: JSON) -> String? {
        token.text("userId").flatMap { user in token.text("clientId").map { user + "/" + $0 } }
    }

    static func device(_ device: JSON) -> EntryReading {
        guard let id = device.text("id"), let profile = device["profile"], profile.object != nil else {
            return .unreadable
        }
        // A deactivated device has no users and waits for its deletion.
        guard device.text("status") != "DEACTIVATED" else { return .skipped("the device is deactivated") }
        var record = DeviceRecord(externalID: id, hostname: profile.text("displayName") ?? id)
        record.serialNumber = profile.serialNumber("serialNumber")
        record.model = profile.text("model")
        record.operatingSystem = profile.text("platform").map { platform in
            ["MACOS": "macOS", "WINDOWS": "Windows", "IOS": "iOS", "ANDROID": "Android"][platform] ?? platform
        }
        record.osVersion = profile.text("osVersion")
        switch profile.text("diskEncryptionType") {
        case "FULL", "USER", "ALL_INTERNAL_VOLUMES": record.isEncrypted = true
        // With SYSTEM_VOLUME, the data on other volumes is not encrypted.
        case "NONE", "SYSTEM_VOLUME": record.isEncrypted = false
        default: break
        }
        record.isJailbroken = profile["integrityJailbreak"]?.bool
        record.isContained = device.text("status") == "SUSPENDED"
        record.ownerExternalID = device["_embedded"]?["users"]?.array?.first?["user"]?.text("id")
        return .read([.device(record)])
    }

    static func event(_ event: JSON) -> EntryReading {
        guard let id = event.text("uuid"), let type = event.text("eventType"), let time = event.date("published"),
            let outcome = outcome(event["outcome"]?.text("result"))
        else { return .unreadable }
        var record = AuditEventRecord(externalID: id, eventType: type, outcome: outcome, occurredAt: time)
        let actor = event["actor"]
        record.actor = actor?.text("displayName") ?? actor?.text("alternateId")
        let targets = event["target"]?.array ?? []
        // An administrator may reset another user's factor or password. The event is about that user's account.
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
        // The value is a name, such as "United States".
        record.details["country"] = client?["geographicalContext"]?.country("country")
        record.details["risk"] = event["debugContext"]?["debugData"]?.text("risk").flatMap(riskLevel).map(JSON.string)
        // The person continues only with another factor, whose check is an event of its own.
        if event["outcome"]?.text("result") == "CHALLENGE" { record.details["challenge"] = "yes" }
        return .read([.auditEvent(record)])
    }

    /// Returns the outcome; nil for other results, such as those of skipped events.
    private static func outcome(_ result: String?) -> AuditEventRecord.Outcome? {
        switch result {
        // CHALLENGE: a policy asks for another factor. The event's details say so.
        case "SUCCESS", "ALLOW", "CHALLENGE": .success
        case "FAILURE", "DENY": .failure
        default: nil
        }
    }

    /// Returns the factor in `User reset SMS_FACTOR factor`.
    private static func removedFactor(_ reason: String) -> String? {
        let words = reason.split(separator: " ")
        return words.count == 4 && reason.hasPrefix("User reset ") && words[3] == "factor" ? String(words[2]) : nil
    }

    /// Returns the level in `{reasons=…, level=HIGH}`, in lower case.
    private static func riskLevel(_ text: String) -> String? {
        for part in text.split(whereSeparator: { "{}, ".contains($0) }) where part.hasPrefix("level=") {
            return part.dropFirst("level=".count).lowercased()
        }
        return nil
    }
}
