import Base
import TestSupport

/// The company's Okta org. Two people are suspended or not yet active; the people who left are deactivated.
extension CompanyTenant {
    /// Answers a request to Okta.
    @Sendable func okta(_ request: Request) -> Reply? {
        guard request.method == "GET", request.headers["Authorization"] == "SSWS 00oktaToken" else { return nil }
        let parts = request.path.split(separator: "/").map(String.init)
        switch (parts.dropFirst(2).first, parts.count) {
        case ("org", 3): return .json(["id": "00o1", "companyName": "Company"])
        case ("users", 3):
            let hasLeft = request.parameter("filter") == #"status eq "DEPROVISIONED""#
            return oktaPage(
                request, clock.list("okta users \(hasLeft)") { now in oktaUsers(at: now, whoLeft: hasLeft) })
        case ("users", 5) where parts[4] == "factors":
            // The token's administrator may not see the factors of one group.
            if parts[3] == "p19", company.situation == nil {
                return .json(
                    [
                        "errorCode": "E0000006",
                        "errorSummary": "You do not have permission to perform the requested action",
                    ], status: 403)
            }
            let isNew = parts[3] == "p7" && company.situation == nil
            return .json(
                .array(
                    changed("okta factors \(parts[3])", isNew ? [] : [["status": "ACTIVE", "factorType": "webauthn"]])))
        case ("users", 5) where parts[4] == "roles":
            return .json(.array(oktaRoles(parts[3]).map { ["type": .string($0)] }))
        case ("iam", 5):
            let admins = ["p1", "p2", "p3", "p4", "p5", "breakglass"]
            return .json(["value": .array(admins.map { ["id": .string($0)] })])
        case ("apps", 3): return oktaPage(request, changed("okta applications", Self.oktaApplications))
        case ("apps", 5) where parts[4] == "users":
            return oktaPage(
                request,
                people.filter { !$0.isEnded(at: clock.now) || $0.has(.onLeave) }.map {
                    ["id": .string($0.id), "scope": "USER", "created": .string($0.created.description)]
                })
        case ("apps", 5) where parts[4] == "tokens": return .json([])
        case ("devices", 3): return oktaPage(request, changed("okta devices", []))
        case ("logs", 3):
            let since = request.parameter("since").flatMap { Timestamp($0) } ?? Company.now
            let log = clock.list("okta log \(since)") { _ in
                self.log("okta log", events(since: since).compactMap(oktaEvent), since: since)
            }
            let from = request.parameter("after").flatMap { Int($0) } ?? 0
            let page = Self.part(log, from: from, most: 1_000)
            let next = "<https://company.okta.com/api/v1/logs?after=\(from + 1_000)&limit=1000>; rel=\"next\""
            return .json(page.items, headers: ["Link": next])
        default: return nil
        }
    }

    private func oktaPage(_ request: Request, _ items: [JSON]) -> Reply {
        let from = request.parameter("after").flatMap { Int($0) } ?? 0
        let page = Self.part(items, from: from, most: 200)
        var reply = Reply.json(page.items)
        if let next = page.next {
            reply.headers["Link"] = "<https://company.okta.com\(request.path)?after=\(next)&limit=200>; rel=\"next\""
        }
        return reply
    }

    private func oktaRoles(_ id: String) -> [String] {
        switch id {
        case "p1", "p2", "breakglass": ["SUPER_ADMIN"]
        case "p3": ["READ_ONLY_ADMIN"]
        default: ["HELP_DESK_ADMIN"]
        }
    }

    private func oktaUsers(at now: Timestamp, whoLeft: Bool) -> [JSON] {
        let last = lastSignIns()
        func status(_ person: CompanyPerson) -> String {
            if person.has(.starterBeforeDayOne) { return "STAGED" }
            if person.has(.starterOnDayOne) { return "PROVISIONED" }
            guard person.isEnded(at: now) else { return "ACTIVE" }
            return person.has(.onLeave) ? "SUSPENDED" : "DEPROVISIONED"
        }
        let users: [JSON] = people.map { person in
            [
                "id": .string(person.id), "status": .string(status(person)),
                "created": .string(person.created.description),
                "statusChanged": .string((person.ended ?? person.created).description),
                "lastLogin": last[person.number].map { .string($0.description) } ?? .null,
                "profile": [
                    "email": .string(person.email), "login": .string(person.email),
                    "displayName": .string(person.name), "department": .string(person.department),
                    "title": .string(person.title), "manager": .string(company.people[0].email),
                ],
            ]
        }
        let emergency: JSON = [
            "id": "breakglass", "status": "ACTIVE", "created": .string((Company.now - .days(600)).description),
            "statusChanged": .string((Company.now - .days(600)).description),
            "lastLogin": .string((Company.now - .days(120)).description),
            "profile": [
                "email": "breakglass@company.example", "login": "breakglass@company.example",
                "displayName": "Break Glass",
            ],
        ]
        return changed("okta users", users + [emergency]).filter {
            ($0["status"]?.string == "DEPROVISIONED") == whoLeft
        }
    }

    private static let oktaApplications: [JSON] = [
        ("Slack", "SAML_2_0"), ("GitHub", "SAML_2_0"), ("Zoom", "SAML_2_0"), ("Figma", "SAML_2_0"),
        ("Google Workspace", "SAML_2_0"), ("AWS IAM Identity Center", "SAML_2_0"), ("Lunch menu", "BOOKMARK"),
    ].enumerated().map { index, app in
        [
            "id": .string("app\(index)"), "label": .string(app.0), "status": "ACTIVE",
            "signOnMode": .string(app.1),
        ]
    }

    private func oktaEvent(_ event: CompanyEvent) -> JSON? {
        let person = company.people[event.person]
        let user: JSON = [
            "id": .string(person.id), "type": "User", "displayName": .string(person.name),
            "alternateId": .string(person.email),
        ]
        let type: String
        var result = "SUCCESS"
        switch event.kind {
        case .signIn: type = "user.session.start"
        case .wrongPassword:
            type = "user.session.start"
            result = "FAILURE"
        case .factorRemoved: type = "user.mfa.factor.deactivate"
        case .factorAdded: type = "user.mfa.factor.activate"
        // Only Entra has such entries.
        case .blockedByPolicy: return nil
        }
        return [
            "uuid": .string("e\(event.number)"), "published": .string(event.at.description), "eventType": .string(type),
            "outcome": [
                "result": .string(result),
                "reason": event.kind == .factorRemoved ? "User reset OKTA_VERIFY factor" : nil,
            ],
            "actor": user, "target": [user],
            "client": [
                "ipAddress": .string(event.address),
                "geographicalContext": ["country": .string(event.country.name)],
            ],
        ]
    }
}
