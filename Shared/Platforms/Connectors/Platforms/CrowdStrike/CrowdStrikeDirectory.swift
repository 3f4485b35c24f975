import Base
import HTTP
import Upstream

/// Reads hosts with the number of their open alerts, and the console's users with their roles.
final class CrowdStrikeDirectory {
    private let api: PlatformAPI
    private var openAlerts: Result<[String: Int], ConnectorError>?
    private var roles = ObjectLists("roles")

    init(_ api: PlatformAPI) { self.api = api }

    /// Reads the hosts of one page of ids.
    func devices(_ ids: [JSON]) throws -> PageEntries {
        guard !ids.isEmpty else { return PageEntries() }
        let alerts = try allOpenAlerts()
        let hosts = try FalconObjects(answer(hosts: ids.compactMap(\.string)), id: "device_id")
        var entries = PageEntries(ids, of: .device, id: \.string) { id in
            hosts.read(id.string) { host in
                guard var device = CrowdStrikeRecords.device(host) else { return .unreadable }
                if case .success(let counts) = alerts {
                    device.openDetections = counts[device.externalID] ?? 0
                } else {
                    device.unread.insert(.openDetections)
                }
                return .read([.device(device)])
            }
        }
        hosts.nameErrors("hosts", in: &entries)
        if case .failure(let error) = alerts { entries.leaveOut("alerts", error) }
        return entries
    }

    /// Returns the hosts that have these ids, of which there may be at most 5,000.
    func hosts(_ ids: [String]) throws -> [JSON] { try CrowdStrike.resources(answer(hosts: ids)) }

    private func answer(hosts ids: [String]) throws -> UpstreamResponse {
        try answer("/devices/entities/devices/v2", ids)
    }

    /// Reads the console's users of one page of ids.
    func accounts(_ ids: [JSON]) throws -> PageEntries {
        guard !ids.isEmpty else { return PageEntries() }
        let users = try FalconObjects(
            answer("/user-management/entities/users/GET/v1", ids.compactMap(\.string)), id: "uuid")
        var missing = PageEntries()
        let roles = try self.roles.lists(of: users.byID.keys.sorted(), noting: &missing) { ids in
            let requests = ids.map {
                api.request(.get, "/user-management/combined/user-roles/v2", query: [("user_uuid", $0)])
            }
            return try api.results(of: requests, atOnce: 8) { try CrowdStrike.resources($0) }
        }
        var entries = PageEntries(ids, of: .account, id: \.string) { id in
            users.read(id.string) { CrowdStrikeRecords.account($0, roles: id.string.flatMap { roles[$0] }) }
        }
        users.nameErrors("users", in: &entries)
        entries.add(missing)
        return entries
    }

    private func answer(_ path: UpstreamPath, _ ids: [String]) throws -> UpstreamResponse {
        // The request only reads, although it is a POST.
        try api.change(.post, path, ["ids": .array(ids.map(JSON.string))], isIdempotent: true)
    }

    /// Returns the number of alerts with status `new` or `reopened` by host, without hosts that have none, or the
    /// reason why the alerts can't be read.
    private func allOpenAlerts() throws -> Result<[String: Int], ConnectorError> {
        if let openAlerts { return openAlerts }
        let found: Result<[String: Int], ConnectorError>
        do {
            found = .success(try countOpenAlerts())
        } catch let error as ConnectorError where error.isAboutOneRequest {
            found = .failure(error)
        }
        openAlerts = found
        return found
    }

    private func countOpenAlerts() throws -> [String: Int] {
        var counts: [String: Int] = [:]
        try WholeList.forEachPage(most: HeldValues.mostOfExtracts) { cursor in
            var query: [String: JSON] = ["filter": "status:['new','reopened']", "limit": 1_000]
            query["after"] = cursor
            let response = try api.change(.post, "/alerts/combined/alerts/v1", .object(query), isIdempotent: true)
            let alerts = try CrowdStrike.resources(response).map { alert -> JSON in
                guard alert.object != nil else {
                    throw ConnectorError.provider("CrowdStrike's list of alerts has an entry that can't be read.")
                }
                // Alerts about identities and clouds have no host.
                let host = alert["device"]?.text("device_id") ?? alert.text("agent_id")
                return ["id": alert["composite_id"] ?? alert["id"] ?? .null, "host": host.map(JSON.string) ?? .null]
            }
            let after = try CrowdStrike.pagination(response).place.nextToken("after")
            return (alerts, alerts.isEmpty ? nil : after.map(JSON.string))
        } _: { alerts in
            for case let host? in alerts.map({ $0.text("host") }) { counts[host, default: 0] += 1 }
        }
        return counts
    }
}

/// Objects that were requested by id. If the object of an id did not come, its stored data stay unchanged, unless an
/// error says that it does not exist.
private struct FalconObjects {
    /// The objects that came.
    let byID: [String: JSON]
    /// The ids whose objects do not exist (404).
    private let gone: Set<String>
    /// The first error other than a 404 that names an object; nil if there is none.
    private let error: ConnectorError?

    /// - Throws: `ConnectorError` if the answer has no objects and an error other than a 404 that names one, or if it
    ///   has no list.
    init(_ response: UpstreamResponse, id name: String) throws {
        let errors = response.json["errors"]?.array ?? []
        let gone = errors.filter { $0["code"] == 404 }.compactMap { $0.text("id") }
        let others = errors.filter { $0["code"] != 404 || $0.text("id") == nil }
        error = others.first.map { CrowdStrike.explain($0["code"]?.integer) }
        if let error, response.json["resources"]?.array?.isEmpty != false { throw error }
        let objects = try response.list("resources")
        byID = Dictionary(objects.compactMap { object in object.text(name).map { ($0, object) } }) { $1 }
        self.gone = Set(gone)
    }

    /// Reads the object with this id.
    func read(_ id: String?, _ read: (JSON) -> EntryReading) -> EntryReading {
        guard let id else { return .unreadable }
        guard let object = byID[id] else { return gone.contains(id) ? .skipped("it no longer exists") : .unreadable }
        return read(object)
    }

    /// Notes the list as incomplete if the answer had an error other than a 404 that names an object.
    func nameErrors(_ list: String, in entries: inout PageEntries) {
        if let error { entries.leaveOut(list, error) }
    }
}

/// Translates CrowdStrike's objects into records.
enum CrowdStrikeRecords {
    static func device(_ host: JSON) -> DeviceRecord? {
        guard let id = host.text("device_id") else { return nil }
        var device = DeviceRecord(externalID: id, hostname: host.text("hostname") ?? id)
        device.ownerEmail = host.email("email")
        device.serialNumber = host.serialNumber("serial_number")
        device.model = host.text("system_product_name")
        let system = host.text("platform_name")
        device.operatingSystem = system == "Mac" ? "macOS" : system
        // The releases of one version of Windows differ only in their builds.
        let version = host.text("os_version")
        let build = system == "Windows" ? host.text("os_build") : nil
        device.osVersion = version.map { version in build.map { version + " " + $0 } ?? version }
        device.hasEDR = true
        device.isContained = ["contained", "lift_containment_pending"].contains(host.text("status"))
        if host.text("status") == nil { device.unread.insert(.isContained) }
        device.lastSeenAt = host.date("last_seen")
        device.metadata["agent_version"] = host.text("agent_version").map(JSON.string)
        device.metadata["reduced_functionality"] = host.text("reduced_functionality_mode").map(JSON.string)
        // A server in a cloud that is silent has been terminated. Falcon lists it for another 45 days.
        if host.text("service_provider") != nil { device.noteEndOfUse() }
        return device
    }

    /// Reads a user; `roles` is nil if the roles are not known.
    static func account(_ user: JSON, roles: [JSON]?) -> EntryReading {
        guard let id = user.text("uuid") else { return .unreadable }
        let names = [user.text("first_name"), user.text("last_name")].compactMap { $0 }.joined(separator: " ")
        let address = user.text("uid")
        var account = AccountRecord(
            externalID: id, displayName: names.isEmpty ? address ?? id : names,
            status: user.accountStatus("status"))
        account.username = address
        // Administrators invite people by this address, and the people confirm it.
        account.email = user.email("uid")
        account.adminRoles = (roles ?? []).filter { role in
            role.text("role_id").map { $0.contains("admin") } ?? false
        }.compactMap { $0.text("role_name") ?? $0.text("role_id") }
        account.isAdmin = !account.adminRoles.isEmpty
        if roles?.allSatisfy({ $0.text("role_id") != nil }) != true {
            // A role that can't be read may be an administrator's.
            account.unread.insert(.adminRoles)
            if account.isAdmin == false { account.isAdmin = nil }
        }
        account.mfaEnabled = user["factors"]?.array.map { !$0.isEmpty }
        account.lastLoginAt = user.date("last_login_at")
        account.createdAt = user.date("created_at")
        return .read([.account(account)])
    }
}
