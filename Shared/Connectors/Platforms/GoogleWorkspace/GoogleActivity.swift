import Base

/// One activity of the Reports API: who did what, which may be several events.
struct GoogleActivity {
    private let id: String
    private let time: Timestamp
    private let application: String
    private let actor: JSON?
    private let ipAddress: String?
    private let country: String?
    private let events: [JSON]

    init?(_ activity: JSON, application: String) {
        guard let id = activity["id"], let text = id.text("time"), let time = id.date("time"),
            let qualifier = id.identifier("uniqueQualifier")
        else { return nil }
        self.id = [application, text, qualifier].joined(separator: "/")
        self.time = time
        self.application = application
        actor = activity["actor"]
        ipAddress = activity.text("ipAddress")
        country = activity["networkInfo"]?.text("regionCode")
        events = activity["events"]?.array ?? []
    }

    var records: [SyncRecord] {
        events.enumerated().flatMap { index, event -> [SyncRecord] in
            guard let name = event.text("name") else { return [] }
            let parameters = Parameters(event)
            var record = AuditEventRecord(
                externalID: id + "/" + String(index), eventType: type(of: name), outcome: outcome(name, parameters),
                occurredAt: time)
            record.actor = actor?.text("email")
            record.actorExternalID = actor?.text("profileId")
            record.actorEmail = actor?.email("email")
            record.ipAddress = ipAddress
            record.target = target(parameters)
            record.details["country"] = country.map(JSON.string)
            record.details["title"] = parameters.text("doc_title").map(JSON.string)
            guard name == "login_success", parameters.flag("is_suspicious") else { return [.auditEvent(record)] }
            // Google's judgement of the sign-in, beside the sign-in itself.
            var judged = record
            judged.externalID += "/risk"
            judged.eventType = EventType.signInPolicy
            judged.details["risk"] = "high"
            return [.auditEvent(record), .auditEvent(judged)]
        }
    }

    /// What an administrator does to others keeps Google's name: rules take the actor for the one whose account it is.
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

    private func outcome(_ name: String, _ parameters: Parameters) -> AuditEventRecord.Outcome {
        let isFailure =
            name == "login_failure"
            || name == "login_challenge"
                && parameters.text("login_challenge_status")?.lowercased().contains("fail") == true
        return isFailure ? .failure : .success
    }

    /// Documents by their id, which tells those of one title apart.
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
