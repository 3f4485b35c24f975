import Base
import TestSupport

/// The company's Google Workspace. Behind Okta, people sign in there through Okta, so Google knows no second factor of
/// theirs.
extension CompanyTenant {
    /// The key of the service account that reads the directory.
    static let googleKey = String(
        decoding: JSONWriter.bytes(
            [
                "type": "service_account", "client_email": "thalian@project.iam.gserviceaccount.com",
                "private_key_id": "k1", "private_key": .string(TestKey.rsa),
            ] as JSON), as: UTF8.self)

    private var isFederated: Bool { company.stack == .okta }

    /// Answers a request to one of Google's APIs.
    @Sendable func google(_ request: Request) -> Reply? {
        if request.path == "/token" {
            return .json(["access_token": "ya29.token", "expires_in": 3_599, "token_type": "Bearer"])
        }
        guard request.method == "GET", request.headers["Authorization"] == "Bearer ya29.token" else { return nil }
        let parts = request.path.split(separator: "/").map(String.init)
        if request.headers["Host"] == "cloudidentity.googleapis.com" { return googleComputers(request, parts) }
        guard parts.first == "admin" else { return nil }
        if parts[1] == "reports" { return googleActivities(request, parts) }
        let rest = Array(parts.dropFirst(3))
        switch (rest[0], rest.count) {
        case ("customers", 2): return .json(["id": "C01company"])
        case ("users", 1):
            if request.parameter("showDeleted") == "true" { return googlePage(request, "users", []) }
            return googlePage(request, "users", clock.list("google users", googleUsers))
        case ("users", 3) where rest[2] == "tokens":
            return .json(["kind": "admin#directory#tokenList", "items": .array(googleTokens(rest[1]))])
        case ("users", 3) where rest[2] == "asps": return .json(["kind": "admin#directory#aspList"])
        case ("customer", 3) where rest[2] == "roles":
            return googlePage(
                request, "items",
                [
                    ["roleId": "1", "roleName": "_SEED_ADMIN_ROLE", "isSuperAdminRole": true],
                    ["roleId": "2", "roleName": "_HELP_DESK_ADMIN_ROLE"],
                ])
        case ("customer", 3) where rest[2] == "roleassignments":
            return googlePage(
                request, "items",
                people.filter { $0.has(.superAdmin) }.map {
                    ["roleId": "1", "assignedTo": .string($0.id), "assigneeType": "user"]
                })
        case ("customer", 4) where rest[3] == "mobile":
            return googlePage(request, "mobiledevices", changed("google phones", googlePhones()))
        case ("customer", 4) where rest[3] == "chromeos":
            return googlePage(request, "chromeosdevices", changed("google Chromebooks", googleChromebooks()))
        default: return nil
        }
    }

    private func googlePage(_ request: Request, _ member: String, _ items: [JSON], kind: JSON? = "admin#directory")
        -> Reply
    {
        let from = request.parameter("pageToken").flatMap { Int($0.dropFirst()) } ?? 0
        let page = Self.part(items, from: from, most: 200)
        var body: [String: JSON] = [:]
        body["kind"] = kind
        if !items.isEmpty { body[member] = page.items }
        body["nextPageToken"] = page.next.map { .string("p\($0)") }
        return .json(.object(body))
    }

    private func googleUsers(_ now: Timestamp) -> [JSON] {
        let last = lastSignIns()
        // Accounts are made when people begin.
        let users: [JSON] = people.filter { !$0.has(.starterBeforeDayOne) }.map { person in
            [
                "id": .string(person.id), "primaryEmail": .string(person.email),
                "name": ["fullName": .string(person.name)], "suspended": .bool(person.isEnded(at: now)),
                "archived": false,
                "isEnrolledIn2Sv": .bool(
                    isFederated ? person.has(.superAdmin) : !person.has(.starterOnDayOne)),
                "isAdmin": .bool(person.has(.superAdmin)), "isDelegatedAdmin": false,
                "creationTime": .string(person.created.description),
                "lastLoginTime": .string(last[person.number]?.description ?? "1970-01-01T00:00:00.000Z"),
                "organizations": [
                    ["department": .string(person.department), "title": .string(person.title), "primary": true]
                ],
            ]
        }
        return changed("google users", users)
    }

    /// Returns the web sites to which a person signs in with Google. They learn the person's name and address.
    private func googleTokens(_ id: String) -> [JSON] {
        if company.situation != nil { return changed("google tokens \(id)", []) }
        guard let number = Int(id.dropFirst()) else { return [] }
        let sites = ["Calendly", "Miro", "Canva", "Loom", "Typeform", "Doodle"]
        let count = isFederated ? number == 1 ? 6 : (10..<36).contains(number) ? 1 : 0 : number == 0 ? 6 : 1
        return sites.prefix(count).map { name in
            [
                "clientId": .string(name.lowercased() + ".apps.googleusercontent.com"), "displayText": .string(name),
                "scopes": [
                    "openid", "https://www.googleapis.com/auth/userinfo.email",
                    "https://www.googleapis.com/auth/userinfo.profile",
                ],
            ]
        }
    }

    private func googlePhones() -> [JSON] {
        people.filter { [2, 11].contains($0.number) || !isFederated && $0.number < 2 }.map { person in
            [
                "resourceId": .string("m\(person.number)"), "email": [.string(person.email)], "model": "Pixel 9",
                "os": "Android 15", "type": "ANDROID", "status": "APPROVED", "encryptionStatus": "Encrypted",
                "deviceCompromisedStatus": "No compromise detected",
                "lastSync": .string((clock.now - .hours(5)).description),
            ]
        }
    }

    /// Returns the Chromebooks. One of the company of three waits for an update.
    private func googleChromebooks() -> [JSON] {
        people.filter { $0.has(.chromebook) }.map { person in
            [
                "deviceId": .string("c\(person.number)"), "serialNumber": .string("5CD4\(1_000 + person.number)"),
                "model": "HP Chromebook x360", "osVersion": "149.0", "status": "ACTIVE",
                "osVersionCompliance": isFederated ? "compliant" : "notCompliant",
                "annotatedUser": .string(person.email), "lastSync": .string((clock.now - .hours(2)).description),
            ]
        }
    }

    /// Answers as Cloud Identity. The company of three has its laptops there.
    private func googleComputers(_ request: Request, _ parts: [String]) -> Reply? {
        let owners = isFederated ? [] : people.filter { !$0.has(.chromebook) }
        switch (parts.count, parts.last) {
        case (2, "devices"):
            return googlePage(
                request, "devices",
                owners.map { person in
                    [
                        "name": .string("devices/d\(person.number)"), "deviceType": "MAC_OS", "osVersion": "MacOS 15.4",
                        "encryptionState": "ENCRYPTED", "compromisedState": "UNCOMPROMISED",
                        "serialNumber": .string("C02G\(1_000 + person.number)"),
                        "hostname": .string("mac-\(person.number)"),
                        "lastSyncTime": .string((clock.now - .hours(2)).description),
                    ]
                }, kind: nil)
        case (4, "deviceUsers"):
            let owner = owners.first { parts[2] == "d\($0.number)" }
            let user = clock.list("google users", googleUsers).first { $0["id"]?.string == owner?.id }
            return .json([
                "deviceUsers": [
                    [
                        "name": .string("devices/\(parts[2])/deviceUsers/u"),
                        "userEmail": user?["primaryEmail"] ?? "", "managementState": "APPROVED",
                    ]
                ]
            ])
        default: return nil
        }
    }

    private func googleActivities(_ request: Request, _ parts: [String]) -> Reply? {
        guard parts.count == 8, let start = request.parameter("startTime").flatMap({ Timestamp($0) }) else {
            return nil
        }
        var items: [JSON] = []
        let named = request.parameter("eventName")
        if parts[7] == "login" {
            items = clock.list("google log \(start)") { _ in
                events(since: start).filter { $0.kind == .signIn }.map { event in
                    let person = company.people[event.person]
                    // Behind Okta, people get to Google three minutes after their sign-in at Okta.
                    let moment = isFederated ? event.at + 180 : event.at
                    return [
                        "id": [
                            "time": .string(moment.description), "uniqueQualifier": .string("\(event.number)"),
                            "applicationName": "login",
                        ],
                        "actor": ["email": .string(person.email), "profileId": .string(person.id)],
                        "ipAddress": .string(event.address),
                        "networkInfo": ["regionCode": .string(event.country.code)],
                        "events": [["type": "login", "name": "login_success", "parameters": []]],
                    ]
                }
            }
        }
        items = log("google \(parts[7])", items, since: start).filter { item in
            named == nil || item["events"]?.array?.first?["name"]?.string == named
        }
        return googlePage(request, "items", items, kind: "admin#reports#activities")
    }
}
