import Base
import HTTP

/// AWS's objects as records. A user's id is its name, which IAM's API takes; a role's is its name after `role/`; the root
/// user's is its ARN.
enum AWSRecords {
    static let administratorPolicy = "AdministratorAccess"

    static func isAccountID(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    static func user(_ user: XMLElement) -> AccountRecord? {
        guard let name = user.text("UserName") else { return nil }
        var account = AccountRecord(externalID: name, displayName: name, status: .active)
        account.username = name
        // Administrators name users.
        account.email = Form.email(name) ? name.lowercased() : nil
        account.lastLoginAt = user.text("PasswordLastUsed").flatMap { Timestamp(provider: $0) }
        account.createdAt = user.text("CreateDate").flatMap { Timestamp(provider: $0) }
        account.metadata["kind"] = "user"
        return account
    }

    /// Tags, by their names in lower case, are where accounts keep what IAM has no field for.
    static func apply(tags: [String: String], to account: inout AccountRecord) {
        if let email = tags["email"], Form.email(email) { account.email = email.lowercased() }
        account.department = tags["department"]
        account.title = tags["title"]
        if let manager = tags["manager"], Form.email(manager) { account.managerEmail = manager.lowercased() }
    }

    /// The line of the root user in a credential report; nil when there is none.
    static func root(inReport report: String) -> AccountRecord? {
        let lines = report.split(whereSeparator: \.isNewline)
        guard let header = lines.first, let line = lines.first(where: { $0.hasPrefix("<root_account>,") }) else {
            return nil
        }
        let values = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let names = header.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let fields = Dictionary(zip(names, values)) { first, _ in first }
        guard let arn = fields["arn"] else { return nil }
        var account = AccountRecord(externalID: arn, displayName: "root", status: .active)
        account.username = "root"
        account.isAdmin = true
        account.adminRoles = ["root"]
        account.mfaEnabled = fields["mfa_active"].flatMap(Bool.init)
        let uses = ["password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date"]
        account.lastLoginAt = uses.compactMap { fields[$0].flatMap { Timestamp(provider: $0) } }.max()
        account.createdAt = fields["user_creation_time"].flatMap { Timestamp(provider: $0) }
        account.metadata = ["kind": "root", "console": "yes"]
        return account
    }

    /// Roles that people and programs take on. That one may do everything makes nobody an admin: its trust says who is.
    static func role(_ role: XMLElement) -> SyncRecord? {
        // AWS's own services use those, and nobody can change them.
        guard let name = role.text("RoleName"), let arn = role.text("Arn"),
            role.text("Path")?.hasPrefix("/aws-service-role/") != true
        else { return nil }
        var account = AccountRecord(externalID: "role/" + name, displayName: name, status: .active)
        account.kind = .serviceAccount
        account.username = name
        account.createdAt = role.text("CreateDate").flatMap { Timestamp(provider: $0) }
        account.lastLoginAt = role["RoleLastUsed"]?.text("LastUsedDate").flatMap { Timestamp(provider: $0) }
        account.metadata["kind"] = "role"
        // Percent-encoded JSON.
        if let text = role.text("AssumeRolePolicyDocument"), let decoded = PercentEncoding.decode(text.utf8),
            let policy = try? JSON(parsing: decoded.utf8)
        {
            let own = arn.split(separator: ":", omittingEmptySubsequences: false).dropFirst(4).first ?? ""
            if let trust = AWSTrust.widest(in: policy, ownAccount: String(own)) {
                account.metadata.merge(trust.metadata) { $1 }
            }
        }
        return .account(account)
    }

    /// Whether a user or group has the policy that allows everything.
    static func isAdministrator(_ details: XMLElement) -> Bool {
        details.members("AttachedManagedPolicies").contains {
            $0.text("PolicyArn") == "arn:aws:iam::aws:policy/" + administratorPolicy
        }
    }

    static func accessKey(_ key: XMLElement, lastUsed: String?) -> SyncRecord? {
        guard let id = key.text("AccessKeyId") else { return nil }
        var record = AccessKeyRecord(externalID: id, kind: .accessKey, canWrite: true)
        record.accountExternalID = key.text("UserName")
        record.name = id
        record.isActive = key.text("Status") == "Active"
        record.createdAt = key.text("CreateDate").flatMap { Timestamp(provider: $0) }
        record.lastUsedAt = lastUsed.flatMap { Timestamp(provider: $0) }
        return .accessKey(record)
    }

    static func event(_ entry: JSON) -> SyncRecord? {
        let time: Int?
        switch entry["EventTime"] {
        case .integer(let seconds): time = seconds
        case .number(let seconds): time = Int(exactly: seconds.rounded(.down))
        default: time = nil
        }
        guard let id = entry.text("EventId"), let name = entry.text("EventName"), let time else { return nil }
        let event = entry.text("CloudTrailEvent").flatMap { try? JSON(parsing: $0.utf8) } ?? .null
        let identity = event["userIdentity"]
        let hasFailed = event.text("errorCode") != nil || event["responseElements"]?.text("ConsoleLogin") == "Failure"
        var record = AuditEventRecord(
            externalID: id, eventType: type(name, event), outcome: hasFailed ? .failure : .success,
            occurredAt: Timestamp(seconds: time))
        record.actor = entry.text("Username") ?? identity?.text("userName") ?? identity?.text("invokedBy")
        switch identity?.text("type") {
        case "IAMUser": record.actorExternalID = identity?.text("userName")
        case "Root":
            record.actor = "root"
            record.actorExternalID = identity?.text("arn")
        case "AssumedRole":
            let role = identity?["sessionContext"]?["sessionIssuer"]?.text("userName")
            let session = identity?.text("principalId")?.split(separator: ":").last.map(String.init)
            // Whoever assumes a role names the session; only IAM Identity Center names it after the person.
            if role?.hasPrefix("AWSReservedSSO_") == true, let session, Form.email(session) {
                record.actorEmail = session.lowercased()
            } else {
                record.actorExternalID = role.map { "role/" + $0 }
            }
        default: break
        }
        // Administrators do this to others: it is about whose device it is.
        if record.eventType == EventType.factorRemoved {
            record.actorEmail = nil
            record.actorExternalID = event["requestParameters"]?.text("userName")
        }
        record.target = entry["Resources"]?.array?.first?.text("ResourceName")
        // It can be the name of a service.
        record.ipAddress = event.text("sourceIPAddress").flatMap { IPAddress($0) == nil ? nil : $0 }
        if record.eventType == EventType.platformSignIn {
            record.details["method"] = identity?.text("type") == "AssumedRole" ? "sso" : "password"
        }
        return .auditEvent(record)
    }

    private static func type(_ name: String, _ event: JSON) -> String {
        switch name {
        case "ConsoleLogin": EventType.platformSignIn
        case "DeactivateMFADevice": EventType.factorRemoved
        case "AttachUserPolicy", "AttachGroupPolicy", "AttachRolePolicy":
            event["requestParameters"]?.text("policyArn")?.hasSuffix(":policy/" + administratorPolicy) == true
                ? EventType.privilegeGranted : name
        default: name
        }
    }
}
