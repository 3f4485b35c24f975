import Base
import HTTP
import Upstream

/// Hosts with the detections on them, and the console's users with their roles.
final class CrowdStrikeDirectory {
    private let api: PlatformAPI
    private var openAlerts: [String: Int]?

    init(_ api: PlatformAPI) { self.api = api }

    /// The hosts of one page of ids.
    func devices(_ ids: [String]) throws -> [SyncRecord] {
        guard !ids.isEmpty else { return [] }
        let alerts = try allOpenAlerts()
        return try hosts(ids).compactMap { host in
            guard var device = CrowdStrikeRecords.device(host) else { return nil }
            device.openDetections = alerts[device.externalID] ?? 0
            return .device(device)
        }
    }

    /// Hosts by their ids, at most 5,000.
    func hosts(_ ids: [String]) throws -> [JSON] { try entities("/devices/entities/devices/v2", ids) }

    /// The console's users of one page of ids.
    func accounts(_ ids: [String]) throws -> [SyncRecord] {
        guard !ids.isEmpty else { return [] }
        let users = try entities("/user-management/entities/users/GET/v1", ids)
        let requests = users.map { user in
            api.request(
                .get, "/user-management/combined/user-roles/v2",
                query: [("user_uuid", user.text("uuid") ?? "")])
        }
        let roles: [[JSON]] = try api.sendAll(requests, atOnce: 8) { response in
            // A user who has gone meanwhile has none.
            response.status == 404 ? [] : response.isSuccess ? try response.list("resources") : nil
        }
        return zip(users, roles).compactMap(CrowdStrikeRecords.account)
    }

    private func entities(_ path: UpstreamPath, _ ids: [String]) throws -> [JSON] {
        // It asks, though by POST.
        try api.change(.post, path, ["ids": .array(ids.map(JSON.string))], isRepeatable: true).list("resources")
    }

    /// How many alerts that nobody has taken up each host has.
    private func allOpenAlerts() throws -> [String: Int] {
        if let openAlerts { return openAlerts }
        var counts: [String: Int] = [:]
        var after: String?
        repeat {
            var query: [String: JSON] = ["filter": "status:['new','reopened']", "limit": 1_000]
            query["after"] = after.map(JSON.string)
            let response = try api.change(.post, "/alerts/combined/alerts/v1", .object(query), isRepeatable: true)
            let alerts = try response.list("resources")
            for alert in alerts {
                guard let id = alert["device"]?.text("device_id") ?? alert.text("agent_id") else { continue }
                counts[id, default: 0] += 1
            }
            after = alerts.isEmpty ? nil : response.json["meta"]?["pagination"]?.text("after")
        } while after != nil
        openAlerts = counts
        return counts
    }
}

/// CrowdStrike's objects as records.
enum CrowdStrikeRecords {
    static func device(_ host: JSON) -> DeviceRecord? {
        guard let id = host.text("device_id") else { return nil }
        var device = DeviceRecord(externalID: id, hostname: host.text("hostname") ?? id)
        device.ownerEmail = host.email("email")
        device.serialNumber = host.text("serial_number")
        let system = host.text("platform_name")
        device.operatingSystem = system == "Mac" ? "macOS" : system
        // Windows tells its releases apart by their builds.
        let version = host.text("os_version")
        let build = system == "Windows" ? host.text("os_build") : nil
        device.osVersion = version.map { version in build.map { version + " " + $0 } ?? version }
        device.hasEDR = true
        device.isContained = ["contained", "lift_containment_pending"].contains(host.text("status"))
        device.lastSeenAt = host.date("last_seen")
        device.metadata["agent_version"] = host.text("agent_version").map(JSON.string)
        device.metadata["reduced_functionality"] = host.text("reduced_functionality_mode").map(JSON.string)
        return device
    }

    static func account(_ user: JSON, _ roles: [JSON]) -> SyncRecord? {
        guard let id = user.text("uuid") else { return nil }
        let names = [user.text("first_name"), user.text("last_name")].compactMap { $0 }.joined(separator: " ")
        let address = user.text("uid")
        var account = AccountRecord(
            externalID: id, displayName: names.isEmpty ? address ?? id : names,
            status: user.text("status").map { $0 == "active" } ?? true ? .active : .suspended)
        account.username = address
        // Administrators invite people by it, who confirm it.
        account.email = user.email("uid")
        account.adminRoles = roles.filter { role in
            role.text("role_id").map { $0.contains("admin") } ?? false
        }.compactMap { $0.text("role_name") ?? $0.text("role_id") }
        account.isAdmin = !account.adminRoles.isEmpty
        account.mfaEnabled = user["factors"]?.array.map { !$0.isEmpty }
        account.lastLoginAt = user.date("last_login_at")
        account.createdAt = user.date("created_at")
        return .account(account)
    }
}
