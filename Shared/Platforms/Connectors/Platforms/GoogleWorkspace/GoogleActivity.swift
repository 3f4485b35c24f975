import Base

/// One activity of the Reports API: an actor's action, which may consist of several events.
struct GoogleActivity {
    private let id: String
    private let time: Timestamp
    private let application: String
    private let actor: JSON?
    private let ipAddress: String?
    private let country: JSON?
    private let events: [JSON]

    init?(_ activity: JSON, application: String) {
        guard let id = activity["id"], let text = id.text("time"), let time = id.date("time"),
            let qualifier = id.identifier("uniqueQualifier"), let events = activity["events"]?.array,
            events.allSatisfy({ $0.text("name") != nil })
        else { return nil }
        self.id = [application, text, qualifier].joined(separator: "/")
        self.time = time
        self.application = application
        actor = activity["actor"]
        ipAddress = activity.text("ipAddress")
        country = activity["networkInfo"]?.country("regionCode")
        self.events = events
    }

    var records: [SyncRecord] {
        events.enumerated().flatMap { index, event -> [SyncRecord] in
            let parameters = Parameters(event)
            guard let name = event.text("name"), let outcome = outcome(name, parameters) else { return [] }
            var record = AuditEventRecord(
                externalID: id + "/" + String(index), eventType: type(of: name), outcome: outcome, occurredAt: time)
            record.actor = actor?.text("email")
            record.actorExternalID = actor?.text("profileId")
            record.actorEmail = actor?.email("email")
            record.ipAddress = ipAddress
            record.target = target(parameters)
            record.details["country"] = country
            record.details["title"] = parameters.text("doc_title").map(JSON.string)
            guard name == "login_success", parameters.flag("is_suspicious") else { return [.auditEvent(record)] }
            // A second record holds Google's assessment of the sign-in.
            var judged = record
            judged.externalID += "/risk"
            judged.eventType = EventType.signInPolicy
            judged.details["risk"] = "high"
            return [.auditEvent(record), .auditEvent(judged)]
        }
    }

    /// Returns the event's type. An administrator's action on another user's second factor or password keeps Google's
    /// name, since rules take the actor for the affected user.
    private func type(of name: String) -> String {
        switch (application, name) {
        case ("login", "login_success"), ("login", "login_failure"): EventType.signIn
        case ("login", "login_challenge"): EventType.secondFactor
        case ("login", "2sv_disable"): EventType.factorRemoved
        case ("login", "password_edit"): EventType.passwordReset
        case ("admin", "ASSIGN_ROLE"), ("admin", "GRANT_ADMIN_PRIVILEGE"),
            ("admin", "GRANT_DELEGATED_ADMIN_PRIVILEGES"):
            EventType.privilegeGranted
        case ("drive", "download"): EventType.download
        case ("drive", "delete"): EventType.deletion
        case ("drive", "trash"): EventType.trash
        default: name
        }
    }

    /// Returns the outcome; nil if Google does not know it. An event's name tells it, except for challenges, whose
    /// status is `Challenge Passed.`, `Challenge Failed.` or empty.
    private func outcome(_ name: String, _ parameters: Parameters) -> AuditEventRecord.Outcome? {
        guard name == "login_challenge" else { return name == "login_failure" ? .failure : .success }
        let status = parameters.text("login_challenge_status")?.lowercased() ?? ""
        return status.contains("fail") ? .failure : status.contains("pass") ? .success : nil
    }

    /// Returns the target. A document is named by its id, since several documents may have the same title.
    private func target(_ parameters: Parameters) -> String? {
        ["doc_id", "USER_EMAIL", "GROUP_EMAIL", "app_name", "ROLE_NAME", "affected_email_address"]
            .lazy.compactMap(parameters.text).first
    }

    private struct Parameters {
        let values: [String: JSON]

        init(_ event: JSON) {
            let list = event["parameters"]?.array ?? []
            values = list.reduce(into: [:]) { values, parameter in
                guard let name = parameter.text("name") else { return }
                values[name] = parameter["value"] ?? parameter["boolValue"]
            }
        }

        func text(_ name: String) -> String? { values[name]?.string }
        func flag(_ name: String) -> Bool { values[name] == true || values[name] == "true" }
    }
}
