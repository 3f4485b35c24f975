import Base
import HTTP
import Integrations

/// Translates AWS's objects into records. A user's id is IAM's own, which does not change with the name; a role's is
/// IAM's own after `role/`; the root user's is its ARN.
enum AWSRecords {
    static let rolePrefix = "role/"
    static let rootPrefix = "arn:"
    // A limit on the columns of a line, far above the 22 of a credential report.
    private static let mostColumns = 100

    static func isAccountID(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    static func user(_ user: XMLElement) -> AccountRecord? {
        guard let name = user.text("UserName"), let id = user.text("UserId") else { return nil }
        var account = AccountRecord(externalID: id, displayName: name, status: .active)
        account.formerExternalID = name
        account.username = name
        // Administrators choose the names of users, so an address in a name can be trusted.
        account.email = Form.address(name)
        account.lastLoginAt = user.date("PasswordLastUsed")
        account.createdAt = user.date("CreateDate")
        account.metadata["kind"] = "user"
        return account
    }

    /// Sets the fields that customers keep in tags because IAM has no field for them. Tags are keyed in lower case.
    static func apply(tags: [String: String], to account: inout AccountRecord) {
        if let email = tags["email"].flatMap(Form.address) { account.email = email }
        account.department = tags["department"]
        account.title = tags["title"]
        account.managerEmail = tags["manager"].flatMap(Form.address)
    }

    /// Reads the root user's line of a credential report. Returns nil if there is none, or if it has no ARN.
    static func root(inReport report: String) -> AccountRecord? {
        var rest = report[...]
        // Reads line by line, since splitting a long report at once would take many times its memory.
        func nextLine() -> Substring? {
            rest = rest.drop(while: \.isNewline)
            let line = rest.prefix { !$0.isNewline }
            rest = rest.dropFirst(line.count)
            return line.isEmpty ? nil : line
        }
        func columns(_ line: Substring) -> [String] {
            line.split(separator: ",", maxSplits: mostColumns, omittingEmptySubsequences: false).map(String.init)
        }
        guard let header = nextLine() else { return nil }
        var line = nextLine()
        while let other = line, !other.hasPrefix("<root_account>,") { line = nextLine() }
        guard let line else { return nil }
        let fields = Dictionary(zip(columns(header), columns(line))) { first, _ in first }
        guard let arn = fields["arn"], !arn.isEmpty else { return nil }
        var account = AccountRecord(externalID: arn, displayName: "root", status: .active)
        account.username = "root"
        account.isAdmin = true
        account.adminRoles = ["root"]
        account.mfaEnabled = fields["mfa_active"].flatMap(Bool.init)
        if account.mfaEnabled == nil { account.unread.insert(.mfaEnabled) }
        func time(_ field: String) -> Timestamp? { fields[field].flatMap { Timestamp(inRecord: $0) } }
        let password = time("password_last_used")
        let uses = [password, time("access_key_1_last_used_date"), time("access_key_2_last_used_date")]
        account.lastLoginAt = uses.compactMap { $0 }.max()
        account.createdAt = time("user_creation_time")
        account.metadata = ["kind": "root", "console": "yes"]
        if let last = account.lastLoginAt { account.metadata["used"] = password == last ? "password" : "key" }
        return account
    }

    /// The roles by which AWS Organizations and Control Tower let the management account into a member account
    /// (docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html).
    private static let organizationRoles: Set = ["OrganizationAccountAccessRole", "AWSControlTowerExecution"]

    /// Reads a role, which people and programs assume, as a service account. It never counts as an administrator,
    /// whatever it may do; its metadata tell who may assume it, by its trust policy.
    static func role(_ role: XMLElement) -> EntryReading {
        guard let name = role.text("RoleName"), let arn = role.text("Arn"), let id = roleID(role) else {
            return .unreadable
        }
        guard role.text("Path")?.hasPrefix("/aws-service-role/") != true else {
            return .skipped("the role belongs to an AWS service and can't be changed")
        }
        var account = AccountRecord(externalID: id, displayName: name, status: .active)
        account.formerExternalID = rolePrefix + name
        account.kind = .serviceAccount
        account.username = name
        account.createdAt = role.date("CreateDate")
        account.lastLoginAt = role["RoleLastUsed"]?.date("LastUsedDate")
        account.metadata["kind"] = "role"
        // The document is percent-encoded JSON.
        if let text = role.text("AssumeRolePolicyDocument"), let decoded = PercentEncoding.decode(text.utf8),
            let policy = try? JSON(parsing: decoded.utf8, .lenient), policy["Statement"] != nil
        {
            let own = arn.split(separator: ":", omittingEmptySubsequences: false).dropFirst(4).first ?? ""
            if let trust = AWSTrust.widest(in: policy, ownAccount: String(own)) {
                account.metadata.merge(trust.metadata) { $1 }
                // AWS itself makes these roles, for the management account of the organization.
                if trust.width == .otherAccount, organizationRoles.contains(name) {
                    account.metadata["trusts"] = "organization"
                }
            }
        } else {
            account.unread.insert(.metadata)
        }
        return .read([.account(account)])
    }

    static func roleID(_ role: XMLElement) -> String? { role.text("RoleId").map { rolePrefix + $0 } }

    /// Reads an access key of the user with this id. Returns nil if the key has no id or no status.
    static func accessKey(_ key: XMLElement, of user: String, lastUsed: String?) -> SyncRecord? {
        guard let id = key.text("AccessKeyId"), let status = key.text("Status") else { return nil }
        var record = AccessKeyRecord(externalID: id, kind: .accessKey, canWrite: true)
        record.accountExternalID = user
        record.name = id
        record.isActive = status == "Active"
        record.createdAt = key.date("CreateDate")
        record.lastUsedAt = lastUsed.flatMap { Timestamp(inRecord: $0) }
        return .accessKey(record)
    }

    /// Reads an entry of the log; `userID` finds a user's id by name.
    static func event(
        _ entry: JSON, userID: (String) throws -> String? = { _ in nil }
    ) rethrows -> EntryReading {
        let time: Int?
        switch entry["EventTime"] {
        case .integer(let seconds): time = seconds
        case .number(let seconds): time = Int(exactly: seconds.rounded(.down))
        default: time = nil
        }
        // `CloudTrailEvent` is a text that contains JSON.
        guard let id = entry.text("EventId"), let name = entry.text("EventName"),
            let time = time.flatMap({ Timestamp(inRecord: $0) }),
            let event = entry.text("CloudTrailEvent").flatMap({ try? JSON(parsing: $0.utf8, .lenient) }),
            let outcome = outcome(name, event)
        else { return .unreadable }
        let identity = event["userIdentity"]
        var record = AuditEventRecord(
            externalID: id, eventType: type(name, event), outcome: outcome, occurredAt: time)
        record.actor = entry.text("Username") ?? identity?.text("userName") ?? identity?.text("invokedBy")
        switch identity?.text("type") {
        case "IAMUser":
            record.actorExternalID = try identity?.text("principalId") ?? identity?.text("userName").flatMap(userID)
        case "Root":
            record.actor = "root"
            record.actorExternalID = identity?.text("arn")
        case "AssumedRole":
            let issuer = identity?["sessionContext"]?["sessionIssuer"]
            let role = issuer?.text("userName")
            let session = identity?.text("principalId")?.split(separator: ":").last.map(String.init)
            // The caller who assumes a role chooses the session's name; only IAM Identity Center uses the person's user
            // name, which may be an address.
            if role?.hasPrefix("AWSReservedSSO_") == true, let address = session.flatMap(Form.address) {
                record.actorEmail = address
            } else {
                record.actorExternalID = issuer?.text("principalId").map { rolePrefix + $0 }
            }
        default: break
        }
        // An administrator may remove another user's device. The event is about the owner of the device.
        if record.eventType == EventType.factorRemoved {
            record.actorEmail = nil
            record.actorExternalID = try event["requestParameters"]?.text("userName").flatMap(userID)
        }
        record.target = entry["Resources"]?.array?.first?.text("ResourceName")
        // The source can also be the name of a service.
        record.ipAddress = event.text("sourceIPAddress").flatMap { IPAddress($0) == nil ? nil : $0 }
        if record.eventType == EventType.platformSignIn {
            record.details["method"] = identity?.text("type") == "AssumedRole" ? "sso" : "password"
        }
        return .read([.auditEvent(record)])
    }

    /// Returns the outcome: a failed call names an error, and a sign-in states its outcome. Returns nil if it can't be
    /// read.
    private static func outcome(_ name: String, _ event: JSON) -> AuditEventRecord.Outcome? {
        guard let members = event.object else { return nil }
        if event.text("errorCode") != nil || event.text("errorMessage") != nil { return .failure }
        guard members["errorCode"] == nil, members["errorMessage"] == nil else { return nil }
        guard name == "ConsoleLogin" else { return .success }
        switch event["responseElements"]?.text("ConsoleLogin") {
        case "Success": return .success
        case "Failure": return .failure
        default: return nil
        }
    }

    private static func type(_ name: String, _ event: JSON) -> String {
        switch name {
        case "ConsoleLogin": EventType.platformSignIn
        case "DeactivateMFADevice": EventType.factorRemoved
        case "AttachUserPolicy", "AttachGroupPolicy", "AttachRolePolicy":
            event["requestParameters"]?.text("policyArn")?.hasSuffix(":policy/" + AWSAccess.administratorPolicy) == true
                ? EventType.privilegeGranted : name
        case "PutUserPolicy", "PutGroupPolicy", "PutRolePolicy":
            event["requestParameters"]?.text("policyDocument").flatMap { try? JSON(parsing: $0.utf8, .lenient) }
                .flatMap(AWSPolicy.init)?.allowsEverything == true ? EventType.privilegeGranted : name
        default: name
        }
    }
}
