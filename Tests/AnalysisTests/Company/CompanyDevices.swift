import Base
import TestSupport

/// A computer of the company.
struct CompanyComputer: Sendable {
    let name: String
    let serial: String
    var owner: CompanyPerson?
    var isEncrypted = true
    var hasAgent = true
    let seen: Timestamp
}

/// The company's computers, as Jamf Pro and CrowdStrike show them.
extension CompanyTenant {
    /// Returns the computers that device management knows. Leavers have given theirs back.
    func computers(at now: Timestamp) -> [CompanyComputer] {
        var computers: [CompanyComputer] = []
        for person in people {
            if person.has(.starterBeforeDayOne) || person.isEnded(at: now) && !person.has(.onLeave) { continue }
            // Behind Entra, Intune knows no Chromebooks.
            if person.has(.chromebook), company.stack == .okta { continue }
            let isNew = person.has(.starterOnDayOne)
            computers.append(
                CompanyComputer(
                    name: "laptop-\(person.number)", serial: "C02X\(10_000 + person.number)", owner: person,
                    hasAgent: !isNew,
                    seen: isNew ? now - 60 : person.isEnded(at: now) ? now - .days(6) : now - .hours(4)))
            if person.has(.deviceInDrawer) {
                computers.append(
                    CompanyComputer(
                        name: "old-laptop-\(person.number)", serial: "C02D\(10_000 + person.number)", owner: person,
                        isEncrypted: false, hasAgent: false, seen: Company.now - .days(400)))
            }
        }
        return computers
    }

    /// Answers a request to Jamf Pro.
    @Sendable func jamf(_ request: Request) -> Reply? {
        if request.path == "/api/v1/oauth/token" {
            return .json(["access_token": "t1", "expires_in": 1_200, "token_type": "Bearer"])
        }
        guard request.headers["Authorization"] == "Bearer t1", request.method == "GET",
            let page = request.parameter("page").flatMap({ Int($0) }),
            let size = request.parameter("page-size").flatMap({ Int($0) })
        else { return nil }
        let items: [JSON]
        switch request.path {
        case "/api/v4/computers-inventory":
            items = clock.list("jamf computers") { now in
                let computers: [JSON] = computers(at: now).enumerated().map { index, computer in
                    [
                        "id": .string("\(index)"),
                        "general": [
                            "name": .string(computer.name), "lastCheckIn": .string(computer.seen.description),
                            "managementId": .string("m-\(computer.name)"), "remoteManagement": ["managed": true],
                        ],
                        "hardware": ["serialNumber": .string(computer.serial)],
                        "operatingSystem": [
                            "version": "15.4",
                            "fileVault2Status": computer.isEncrypted ? "ALL_ENCRYPTED" : "NOT_ENCRYPTED",
                        ],
                        "userAndLocation": ["email": .string(computer.owner?.email ?? "")],
                    ]
                }
                return changed("jamf computers", computers)
            }
        case "/api/v2/mobile-devices/detail": items = changed("jamf mobile devices", [])
        default: return nil
        }
        return .json([
            "totalCount": .integer(items.count),
            "results": Self.part(items, from: page * size, most: size).items,
        ])
    }

    /// Answers a request to CrowdStrike, which does not know the computers' owners. Three of its hosts are servers.
    @Sendable func falcon(_ request: Request) -> Reply? {
        if request.path == "/oauth2/token" {
            return .json(["access_token": "t1", "token_type": "bearer", "expires_in": 1_799], status: 201)
        }
        guard request.headers["Authorization"] == "Bearer t1" else { return nil }
        func page(_ items: [JSON], _ next: [String: JSON] = [:]) -> Reply {
            .json([
                "resources": .array(items), "errors": [],
                "meta": ["pagination": .object(next.merging(["total": .integer(items.count)]) { $1 })],
            ])
        }
        let hosts = clock.list("falcon hosts", falconHosts)
        switch request.method + " " + request.path {
        case "GET /devices/queries/devices/v1", "GET /alerts/queries/alerts/v2": return .json(["resources": []])
        case "GET /devices/queries/devices-scroll/v1":
            let from = request.parameter("offset").flatMap { Int($0.dropFirst(3)) } ?? 0
            let part = Self.part(hosts.map { $0["device_id"] ?? .null }, from: from, most: 1_000)
            return .json([
                "resources": part.items, "errors": [],
                "meta": [
                    "pagination": [
                        "offset": .string(part.next.map { "ptr\($0)" } ?? ""), "total": .integer(hosts.count),
                    ]
                ],
            ])
        case "POST /devices/entities/devices/v2":
            let ids = Set((request.json["ids"]?.array ?? []).compactMap(\.string))
            return page(hosts.filter { ids.contains($0["device_id"]?.string ?? "") })
        case "POST /alerts/combined/alerts/v1": return page([])
        case "GET /user-management/queries/users/v1": return page([])
        case "POST /user-management/entities/users/GET/v1": return page([])
        default: return nil
        }
    }

    private func falconHosts(_ now: Timestamp) -> [JSON] {
        let laptops = computers(at: now).filter(\.hasAgent)
        let servers = (1...3).map {
            CompanyComputer(name: "server-\($0)", serial: "SRV\(10_000 + $0)", seen: now - 600)
        }
        let hosts: [JSON] = (laptops + servers).map { computer in
            let system = computer.owner == nil ? "Linux" : company.stack == .entra ? "Windows" : "Mac"
            return [
                "device_id": .string("h-\(computer.name)"), "hostname": .string(computer.name),
                "platform_name": .string(system),
                "os_version": .string(["Linux": "Ubuntu 24.04", "Mac": "Sequoia (15)"][system] ?? "Windows 11"),
                "os_build": "26100", "serial_number": .string(computer.serial), "status": "normal",
                "last_seen": .string(computer.seen.description), "agent_version": "7.20",
            ]
        }
        return changed("falcon hosts", hosts)
    }
}
