import Base

/// Translates the entries of Entra's logs into records.
enum EntraEvents {
    /// The codes of a sign-in that continues: Entra asks for something more, and logs the result separately
    /// (learn.microsoft.com/entra/identity-platform/reference-error-codes).
    private static let interruptions: Set = [
        16_000, 50_058, 50_072, 50_074, 50_076, 50_079, 50_097, 50_125, 50_129, 50_140, 65_001,
    ]
    /// The code of a sign-in in which the second factor was requested and not given.
    private static let secondFactorFailed = 500_121
    /// The codes of a sign-in with a wrong or expired password, to a locked account, or by an unknown name. Other errors
    /// say that a policy or an assignment stopped the sign-in, whatever the password.
    private static let passwordFailed: Set = [50_034, 50_053, 50_055, 50_056, 50_126]

    static func signIn(_ signIn: JSON) -> EntryReading {
        guard let id = signIn.text("id"), let time = signIn.date("createdDateTime"),
            let code = signIn["status"]?["errorCode"]?.integer
        else { return .unreadable }
        let type =
            code == 0 || passwordFailed.contains(code)
            ? EventType.signIn
            : code == secondFactorFailed
                ? EventType.secondFactor : interruptions.contains(code) ? "sign_in.interrupted" : "sign_in.refused"
        var record = AuditEventRecord(
            externalID: id, eventType: type, outcome: code == 0 ? .success : .failure, occurredAt: time)
        record.actor = signIn.text("userDisplayName") ?? signIn.text("userPrincipalName")
        record.actorExternalID = signIn.text("userId")
        record.actorEmail = signIn.principalAddress()
        record.target = signIn.text("appDisplayName")
        record.ipAddress = signIn.text("ipAddress")
        record.details["country"] = signIn["location"]?.country("countryOrRegion")
        if code != 0 { record.details["error_code"] = .integer(code) }
        let risk = signIn.text("riskLevelDuringSignIn")
        guard let risk, ["low", "medium", "high"].contains(risk), type == EventType.signIn else {
            return .read([.auditEvent(record)])
        }
        // A second record holds Entra's assessment of the sign-in's risk.
        var judged = record
        judged.externalID += "/risk"
        judged.eventType = EventType.signInPolicy
        judged.details["risk"] = .string(risk)
        return .read([.auditEvent(record), .auditEvent(judged)])
    }

    static func audit(_ event: JSON) -> EntryReading {
        guard let id = event.text("id"), let time = event.date("activityDateTime"),
            let name = event.text("activityDisplayName"), let outcome = outcome(event.text("result"))
        else { return .unreadable }
        var record = AuditEventRecord(externalID: id, eventType: type(of: name), outcome: outcome, occurredAt: time)
        let user = event["initiatedBy"]?["user"]
        record.actor =
            user?.text("displayName") ?? user?.text("userPrincipalName")
            ?? event["initiatedBy"]?["app"]?.text("displayName")
        record.actorExternalID = user?.text("id")
        record.actorEmail = user?.principalAddress()
        record.ipAddress = user?.text("ipAddress")
        let target = event["targetResources"]?.array?.first
        record.target = target?.text("displayName") ?? target?.text("userPrincipalName")
        return .read([.auditEvent(record)])
    }

    /// Returns the outcome; nil for other results, such as a timeout.
    private static func outcome(_ result: String?) -> AuditEventRecord.Outcome? {
        switch result {
        case "success": .success
        case "failure": .failure
        default: nil
        }
    }

    /// Returns the event's type. An administrator's action on another user's second factor or password keeps Entra's
    /// name, since rules take the actor for the affected user.
    private static func type(of name: String) -> String {
        switch name {
        case "Add member to role", "Add eligible member to role": EventType.privilegeGranted
        case "User deleted security info": EventType.factorRemoved
        case "Reset password (self-service)": EventType.passwordReset
        case "Suspicious activity reported", "Fraud reported - user is blocked for MFA",
            "Fraud reported - no action taken":
            EventType.suspiciousActivity
        case "Delete conditional access policy": EventType.policyDeleted
        default: name
        }
    }
}
