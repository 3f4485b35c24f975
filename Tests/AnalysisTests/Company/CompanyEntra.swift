import Base
import TestSupport

/// The company's Entra tenant and its Intune.
extension CompanyTenant {
    private static let tenant = "11111111-2222-4333-8444-555555555555"
    static let graphConfig: [String: JSON] = [
        "tenant_id": .string(tenant), "client_id": "66666666-7777-4888-9999-aaaaaaaaaaaa",
        "client_secret": "graph~secret~value",
    ]

    /// An account that belongs to no person.
    private struct Nobody: Sendable {
        let id: String
        let name: String
        let trait: CompanyTrait
        let role: String?
        let isRegistered: Bool
        let lastSignIn: Timestamp?
    }

    private static let nobodies: [Nobody] = [
        Nobody(
            id: "n1", name: "Support mailbox", trait: .sharedMailbox, role: nil, isRegistered: false, lastSignIn: nil),
        Nobody(
            id: "n2", name: "Room Amsterdam 1", trait: .sharedMailbox, role: nil, isRegistered: false,
            lastSignIn: nil),
        Nobody(
            id: "n3", name: "Projector", trait: .sharedMailbox, role: nil, isRegistered: false, lastSignIn: nil),
        Nobody(
            id: "n4", name: "Emergency Access 1", trait: .emergencyAccount, role: "Global Administrator",
            isRegistered: true, lastSignIn: Company.now - .days(85)),
        Nobody(
            id: "n5", name: "Emergency Access 2", trait: .emergencyAccount, role: "Global Administrator",
            isRegistered: true, lastSignIn: Company.now - .days(85)),
        Nobody(
            id: "n6", name: "On-Premises Directory Synchronization Service Account", trait: .syncAccount,
            role: "Directory Synchronization Accounts", isRegistered: false, lastSignIn: Company.now - .hours(1)),
    ]

    private static let roles: [(trait: CompanyTrait, name: String)] = [
        (.superAdmin, "Global Administrator"), (.helpDesk, "Helpdesk Administrator"),
        (.readOnlyAdmin, "Reports Reader"), (.syncAccount, "Directory Synchronization Accounts"),
    ]

    /// Answers a request to Entra.
    @Sendable func entra(_ request: Request) -> Reply? {
        graph(request) { path in
            switch path {
            case "/organization": return .json(["value": [["id": .string(Self.tenant)]]])
            case "/users": return graphPage(request, clock.list("entra users", entraUsers))
            case "/directory/deletedItems/microsoft.graph.user":
                return graphPage(request, changed("entra deleted users", []))
            case "/reports/authenticationMethods/userRegistrationDetails":
                return graphPage(request, clock.list("entra factors", entraFactors))
            case "/roleManagement/directory/roleDefinitions":
                return graphPage(
                    request,
                    Self.roles.map { ["id": .string("role \($0.name)"), "displayName": .string($0.name)] })
            case "/roleManagement/directory/roleAssignments": return graphPage(request, entraAssignments())
            case "/servicePrincipals": return graphPage(request, Self.principals)
            case "/oauth2PermissionGrants":
                return graphPage(
                    request, request.parameter("$filter") == "consentType eq 'Principal'" ? entraGrants() : [])
            case "/auditLogs/signIns": return graphPage(request, entraSignIns(request))
            case "/auditLogs/directoryAudits": return graphPage(request, entraAudits(request))
            default:
                return path.hasSuffix("/appRoleAssignedTo")
                    ? graphPage(request, entraHolders(String(path.split(separator: "/")[1]))) : nil
            }
        }
    }

    /// Answers a request to Intune.
    @Sendable func intune(_ request: Request) -> Reply? {
        graph(request) { path in
            path == "/deviceManagement/managedDevices"
                ? graphPage(request, clock.list("intune devices", intuneDevices)) : nil
        }
    }

    private func graph(_ request: Request, _ script: (String) -> Reply?) -> Reply? {
        if request.headers["Host"] == "login.microsoftonline.com" {
            return .json(["token_type": "Bearer", "expires_in": 3_599, "access_token": "eyJ.graph"])
        }
        guard request.headers["Host"] == "graph.microsoft.com", request.path.hasPrefix("/v1.0/"),
            request.headers["Authorization"] == "Bearer eyJ.graph", request.method == "GET"
        else { return nil }
        return script(String(request.path.dropFirst("/v1.0".count)))
    }

    private func graphPage(_ request: Request, _ items: [JSON]) -> Reply {
        let from = request.parameter("$skiptoken").flatMap { Int($0) } ?? 0
        let most = request.parameter("$top").flatMap { Int($0) } ?? 100
        let page = Self.part(items, from: from, most: most)
        var body: [String: JSON] = ["value": page.items]
        if let next = page.next {
            let target = request.target.split(separator: "&$skiptoken=")[0]
            body["@odata.nextLink"] = .string("https://graph.microsoft.com\(target)&$skiptoken=\(next)")
        }
        return .json(.object(body))
    }

    private func entraUsers(_ now: Timestamp) -> [JSON] {
        let last = lastSignIns()
        let users: [JSON] = people.map { person in
            [
                "id": .string(person.id), "displayName": .string(person.name), "mail": .string(person.email),
                "userPrincipalName": .string(person.email),
                "accountEnabled": .bool(!person.isEnded(at: now) && !person.has(.starterBeforeDayOne)),
                "department": .string(person.department), "jobTitle": .string(person.title), "userType": "Member",
                "createdDateTime": .string(person.created.description),
                "signInActivity": last[person.number].map {
                    ["lastSuccessfulSignInDateTime": .string($0.description)]
                } ?? .null,
                "manager": [
                    "id": .string(company.people[0].id), "mail": .string(company.people[0].email),
                ],
            ]
        }
        let nobodies: [JSON] = Self.nobodies.map { account in
            let name = account.name.lowercased().split(separator: " ").joined(separator: "-")
            return [
                "id": .string(account.id), "displayName": .string(account.name),
                "mail": account.trait == .sharedMailbox ? .string(name + "@company.example") : .null,
                "userPrincipalName": .string(name + "@company.onmicrosoft.com"), "accountEnabled": true,
                "userType": "Member", "createdDateTime": .string((Company.now - .days(600)).description),
                "signInActivity": account.lastSignIn.map {
                    ["lastSuccessfulSignInDateTime": .string($0.description)]
                } ?? .null,
            ]
        }
        let guests: [JSON] = (1...2).map { number in
            [
                "id": .string("g\(number)"), "displayName": .string("Guest \(number)"),
                "mail": .string("guest\(number)@partner.example"),
                "userPrincipalName": .string("guest\(number)_partner.example#EXT#@company.onmicrosoft.com"),
                "accountEnabled": true, "userType": "Guest",
                "createdDateTime": .string((Company.now - .days(200)).description),
                "signInActivity": [
                    "lastSuccessfulSignInDateTime": .string((Company.now - .days(12)).description)
                ],
            ]
        }
        return changed("entra users", users + nobodies + guests)
    }

    /// Returns who has registered for multi-factor authentication. A person who began today has not done so yet.
    private func entraFactors(_ now: Timestamp) -> [JSON] {
        let people: [JSON] = people.filter { !$0.isEnded(at: now) }.map {
            [
                "id": .string($0.id),
                "isMfaRegistered": .bool(
                    !$0.has(.starterOnDayOne) && !$0.has(.starterBeforeDayOne) && !$0.has(.readOnlyAdmin)),
            ]
        }
        let nobodies: [JSON] = Self.nobodies.map { account in
            ["id": .string(account.id), "isMfaRegistered": .bool(account.isRegistered)]
        }
        return changed("entra factors", people + nobodies)
    }

    private func entraAssignments() -> [JSON] {
        let holders =
            people.compactMap { person in
                Self.roles.first { person.has($0.trait) }.map { (person.id, $0.name) }
            } + Self.nobodies.compactMap { account in account.role.map { (account.id, $0) } }
        return holders.map { id, role in
            [
                "id": .string(id + role), "roleDefinitionId": .string("role \(role)"), "principalId": .string(id),
                "principal": ["@odata.type": "#microsoft.graph.user", "id": .string(id)],
            ]
        }
    }

    private static let sites = ["Calendly", "Miro", "Canva", "Loom", "Typeform", "Doodle"]

    private static let principals: [JSON] =
        ["Figma", "Slack", "ServiceNow"].enumerated().map { index, name in
            [
                "id": .string("sp\(index)"), "displayName": .string(name), "accountEnabled": true,
                "servicePrincipalType": "Application", "appOwnerOrganizationId": "vendor",
                "preferredSingleSignOnMode": "saml", "appRoleAssignmentRequired": true,
                "verifiedPublisher": ["displayName": .string(name)],
                "appRoles": [["id": "user", "value": "User", "displayName": "User"]],
            ]
        }
        + sites.enumerated().map { index, name in
            [
                "id": .string("site\(index)"), "displayName": .string(name), "accountEnabled": true,
                "servicePrincipalType": "Application", "appOwnerOrganizationId": "vendor",
                "appRoleAssignmentRequired": false, "verifiedPublisher": ["displayName": .string(name)],
                "appRoles": [],
            ]
        }

    /// Returns the people who may use an application. All people may use Figma and Slack, also those who are disabled.
    private func entraHolders(_ application: String) -> [JSON] {
        guard ["sp0", "sp1"].contains(application) else { return [] }
        return people.map { person in
            [
                "id": .string("\(application) \(person.id)"), "principalType": "User",
                "principalId": .string(person.id),
                "appRoleId": "user", "createdDateTime": .string(person.created.description),
            ]
        }
    }

    /// Returns the web sites to which people sign in with their accounts.
    private func entraGrants() -> [JSON] {
        people.flatMap { person -> [JSON] in
            let count =
                company.situation != nil ? 0 : person.number == 1 ? 6 : (10..<36).contains(person.number) ? 1 : 0
            return (0..<count).map { site in
                [
                    "id": .string("grant \(person.id) \(site)"), "clientId": .string("site\(site)"),
                    "consentType": "Principal", "principalId": .string(person.id),
                    "scope": "openid profile email User.Read",
                ]
            }
        }
    }

    private func start(_ request: Request) -> Timestamp {
        let text = request.parameter("$filter")?.split(separator: " ").last.map(String.init) ?? ""
        return Timestamp(text) ?? Company.now
    }

    private func entraSignIns(_ request: Request) -> [JSON] {
        let start = start(request)
        return clock.list("entra sign-ins \(start)") { _ in
            let signIns: [JSON] = events(since: start).compactMap { event in
                let code: Int
                switch event.kind {
                case .signIn: code = 0
                case .wrongPassword: code = 50_126
                case .blockedByPolicy: code = 53_003
                default: return nil
                }
                let person = company.people[event.person]
                return [
                    "id": .string("s\(event.number)"), "createdDateTime": .string(event.at.description),
                    "userId": .string(person.id), "userPrincipalName": .string(person.email),
                    "userDisplayName": .string(person.name), "appDisplayName": "Office 365",
                    "ipAddress": .string(event.address), "status": ["errorCode": .integer(code)],
                    "location": ["countryOrRegion": .string(event.country.code)], "riskLevelDuringSignIn": "none",
                ]
            }
            return log("entra sign-ins", signIns, since: start)
        }
    }

    private func entraAudits(_ request: Request) -> [JSON] {
        let start = start(request)
        let entries: [JSON] = events(since: start).compactMap { event in
            guard event.kind == .factorRemoved || event.kind == .factorAdded else { return nil }
            let person = company.people[event.person]
            let name = event.kind == .factorRemoved ? "User deleted security info" : "User registered security info"
            return [
                "id": .string("a\(event.number)"), "activityDateTime": .string(event.at.description),
                "activityDisplayName": .string(name), "result": "success",
                "initiatedBy": [
                    "user": [
                        "id": .string(person.id), "userPrincipalName": .string(person.email),
                        "displayName": .string(person.name), "ipAddress": .string(event.address),
                    ]
                ],
                "targetResources": [["displayName": .string(person.name)]],
            ]
        }
        return log("entra audits", entries, since: start)
    }

    private func intuneDevices(_ now: Timestamp) -> [JSON] {
        let devices: [JSON] = computers(at: now).map { computer in
            [
                "id": .string("d-\(computer.name)"), "deviceName": .string(computer.name),
                "operatingSystem": "Windows", "osVersion": "10.0.26100.3775",
                "isEncrypted": .bool(computer.isEncrypted), "complianceState": "compliant", "jailBroken": "Unknown",
                "userPrincipalName": .string(computer.owner?.email ?? ""),
                "serialNumber": .string(computer.serial), "lastSyncDateTime": .string(computer.seen.description),
            ]
        }
        return changed("intune devices", devices)
    }
}
