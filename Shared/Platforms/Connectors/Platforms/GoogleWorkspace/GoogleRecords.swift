import Base

/// Translates Google Workspace's objects into records.
enum GoogleRecords {
    static func account(_ user: JSON) -> AccountRecord? {
        guard let id = user.text("id"), let email = user.email("primaryEmail") else { return nil }
        let states = ["suspended", "archived"].filter { $0 == "suspended" || user[$0] != nil }
            .map { user.suspended(if: $0) }
        var account = AccountRecord(
            externalID: id, displayName: user["name"]?.text("fullName") ?? email,
            status: states.contains(.suspended) ? .suspended : states.contains(nil) ? nil : .active)
        account.username = email
        // Administrators set addresses and aliases, so these can be trusted.
        account.email = email
        account.linkedEmails = (user["aliases"]?.emails ?? []) + (user["nonEditableAliases"]?.emails ?? [])
        for aliases in ["aliases", "nonEditableAliases"] where user[aliases] != nil && user.texts(aliases) == nil {
            account.unread.insert(.email)
        }
        account.mfaEnabled = user["isEnrolledIn2Sv"]?.bool
        account.lastLoginAt = user.date("lastLoginTime")
        account.createdAt = user.date("creationTime")
        let organizations = user["organizations"]?.array ?? []
        let organization = organizations.first { $0["primary"]?.bool == true } ?? organizations.first
        account.department = organization?.text("department")
        account.title = organization?.text("title")
        account.managerEmail = user["relations"]?.array?.first { $0.text("type") == "manager" }?.email("value")
        return account
    }

    /// Reads an entry of the list of deleted users, which Google keeps for 20 days after a deletion.
    static func deletedAccount(_ user: JSON) -> EntryReading {
        guard var account = account(user) else { return .unreadable }
        account.end(at: user.date("deletionTime"))
        account.mfaEnabled = nil
        return .read([.account(account)])
    }

    static func grant(_ token: JSON, of user: String) -> (ApplicationRecord, OAuthGrantRecord)? {
        guard let client = token.text("clientId"), let scopes = token.texts("scopes") else { return nil }
        let application = ApplicationRecord(
            externalID: client, name: token.text("displayText") ?? client, isManaged: false)
        return (
            application,
            OAuthGrantRecord(
                externalID: user + "/" + client, accountExternalID: user, applicationExternalID: client,
                scopes: scopes)
        )
    }

    /// Reads an application password, with which an application signs in without a second factor. Returns nil if it has
    /// no id.
    static func applicationPassword(_ password: JSON, of user: String) -> SyncRecord? {
        guard let id = password.identifier("codeId") else { return nil }
        var key = AccessKeyRecord(externalID: user + "/" + id, kind: .accessToken, canWrite: true)
        key.accountExternalID = user
        key.name = password.text("name")
        key.createdAt = milliseconds(password, "creationTime")
        key.lastUsedAt = milliseconds(password, "lastTimeUsed")
        return .accessKey(key)
    }

    static func mobileDevice(_ device: JSON) -> EntryReading {
        guard let id = device.text("resourceId") else { return .unreadable }
        switch device.text("status") {
        case "WIPED", "ACCOUNT_WIPED", "ACCOUNT_UNREGISTERED", "UNPROVISIONED":
            return .skipped("the company's data is no longer on the device")
        default: break
        }
        var record = DeviceRecord(externalID: "mobile/" + id, hostname: device.text("model") ?? id)
        record.model = device.text("model")
        record.ownerEmail = device["email"]?.emails.first
        record.serialNumber = device.serialNumber("serialNumber")
        let system = device.text("os")?.split(separator: " ").map(String.init) ?? []
        record.operatingSystem =
            switch device.text("type") {
            case "ANDROID": "Android"
            case "IOS_SYNC": "iOS"
            default: system.first
            }
        record.osVersion = system.last.flatMap { $0.first?.isNumber == true ? $0 : nil }
        record.isEncrypted = encryption(device.text("encryptionStatus"))
        switch device.text("deviceCompromisedStatus")?.lowercased() {
        case "compromised": record.isJailbroken = true
        case let text? where text.hasPrefix("no compromise"): record.isJailbroken = false
        default: break
        }
        record.isContained = device.text("status") == "BLOCKED"
        record.lastSeenAt = device.date("lastSync")
        return .read([.device(record)])
    }

    static func chromeDevice(_ device: JSON) -> EntryReading {
        guard let id = device.text("deviceId") else { return .unreadable }
        guard device.text("status") != "DEPROVISIONED" else { return .skipped("the device is deprovisioned") }
        let serial = device.text("serialNumber")
        var record = DeviceRecord(
            externalID: "chromeos/" + id,
            hostname: device.text("annotatedAssetId")
                ?? [device.text("model"), serial].compactMap { $0 }
                .joined(separator: " "))
        record.ownerEmail = device.email("annotatedUser") ?? device["recentUsers"]?.array?.first?.email("email")
        record.serialNumber = device.serialNumber("serialNumber")
        record.model = device.text("model")
        record.operatingSystem = "ChromeOS"
        // ChromeOS always encrypts its users' data (support.google.com/chrome/a/answer/1290515).
        record.isEncrypted = true
        record.osVersion = device.text("osVersion")
        switch device.text("osVersionCompliance") {
        case "compliant": record.isCompliant = true
        case "notCompliant": record.isCompliant = false
        default: break
        }
        record.isContained = device.text("status") == "DISABLED"
        if device.text("deviceLicenseType") == "kioskUpgrade" { record.noteSharedUse() }
        record.lastSeenAt = device.date("lastSync")
        return .read([.device(record)])
    }

    /// Returns the ID in a Cloud Identity device's name, `devices/ID`. Returns nil if the name has another form.
    static func deviceID(_ device: JSON) -> String? {
        let parts = device.text("name")?.split(separator: "/") ?? []
        return parts.count == 2 ? String(parts[1]) : nil
    }

    /// Returns true for a laptop or desktop, false for a device that the Directory API lists, nil if the type is
    /// missing or unknown.
    static func isComputer(_ device: JSON) -> Bool? {
        switch device.text("deviceType") {
        case "WINDOWS", "MAC_OS", "LINUX": true
        case "ANDROID", "IOS", "GOOGLE_SYNC", "CHROME_OS": false
        default: nil
        }
    }

    /// The users of a computer.
    struct DeviceUsers {
        let ownerEmail: String?
        let areBlocked: Bool
        /// True if all users could be read.
        let isWhole: Bool

        init(_ users: [JSON], isLast: Bool) {
            let states = users.compactMap { $0.text("managementState") }
            ownerEmail = users.compactMap { $0.email("userEmail") }.first
            areBlocked = !states.isEmpty && states.allSatisfy { $0 == "BLOCKED" }
            isWhole = isLast && states.count == users.count
        }
    }

    /// Reads a computer; `users` is nil if its users could not be read.
    static func computer(_ device: JSON, id: String, users: DeviceUsers?) -> SyncRecord {
        var record = DeviceRecord(
            externalID: "devices/" + id, hostname: device.text("hostname") ?? device.text("model") ?? id)
        record.ownerEmail = users?.ownerEmail
        record.isContained = users?.areBlocked == true
        if users?.isWhole != true { record.unread = [.ownerEmail, .isContained] }
        record.serialNumber = device.serialNumber("serialNumber")
        record.model = device.text("model")
        record.operatingSystem = device.text("deviceType").flatMap {
            ["WINDOWS": "Windows", "MAC_OS": "macOS", "LINUX": "Linux"][$0]
        }
        // The value is a text such as `MacOS 14.4`, whose last word is the version.
        record.osVersion = device.text("osVersion")?.split(separator: " ").last.map(String.init)
        record.isEncrypted = encryption(device.text("encryptionState"))
        switch device.text("compromisedState") {
        case "COMPROMISED": record.isJailbroken = true
        case "UNCOMPROMISED": record.isJailbroken = false
        default: break
        }
        record.lastSeenAt = device.date("lastSyncTime")
        return .device(record)
    }

    private static func encryption(_ text: String?) -> Bool? {
        switch text?.lowercased().replacing("_", with: " ") {
        case "encrypted": true
        case "not encrypted": false
        default: nil
        }
    }

    private static func milliseconds(_ json: JSON, _ name: String) -> Timestamp? {
        json.identifier(name).flatMap { Int($0) }.flatMap { Timestamp(inRecord: $0 / 1_000) }
    }
}
