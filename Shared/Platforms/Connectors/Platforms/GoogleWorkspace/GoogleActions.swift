import Base
import HTTP
import Integrations
import Upstream

extension GoogleWorkspace {
    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        let id = target.externalID
        switch action {
        case .suspendUser: try set(id, ["suspended": true])
        case .unsuspendUser: try set(id, ["suspended": false])
        case .forcePasswordChange: try set(id, ["changePasswordAtNextLogin": true])
        case .revokeSessions: try api.change(.post, "/admin/directory/v1/users/\(id)/signOut", isIdempotent: true)
        case .revokeOAuthToken:
            let (user, client) = grant(target)
            try revoke(try client.map { [$0] } ?? directory.clients(of: user), of: user)
        case .revokeAllTokens: try revoke(try directory.clients(of: id), of: id)
        case .containHost, .liftContainment, .retireDevice: try change(try Device(id), action)
        default: throw ConnectorError.configuration("Google Workspace can't do \(action.rawValue).")
        }
        return result(target)
    }

    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? {
        func user(_ member: String, is value: Bool) throws -> ActionOutcome {
            let user = try api.get("/admin/directory/v1/users/\(target.externalID)").object()
            return user[member] == .bool(value) ? .done(result(target)) : .notDone
        }
        switch action {
        case .suspendUser: return try user("suspended", is: true)
        case .unsuspendUser: return try user("suspended", is: false)
        case .forcePasswordChange: return try user("changePasswordAtNextLogin", is: true)
        // Repeating any of these actions does no harm.
        case .revokeSessions, .revokeOAuthToken, .revokeAllTokens, .containHost, .liftContainment: return .notDone
        default: return nil
        }
    }

    private func result(_ target: ActionTarget) -> JSON {
        ["platform": "google_workspace", "external_id": .string(target.externalID)]
    }

    private func set(_ user: String, _ properties: JSON) throws {
        try api.change(.patch, "/admin/directory/v1/users/\(user)", properties, isIdempotent: true)
    }

    /// Returns the user's id, and the client's id if the target is a single grant.
    private func grant(_ target: ActionTarget) -> (user: String, client: String?) {
        let parts = target.externalID.split(separator: "/", maxSplits: 1).map(String.init)
        return target.kind == .grant && parts.count == 2 ? (parts[0], parts[1]) : (target.externalID, nil)
    }

    private func revoke(_ clients: [String], of user: String) throws {
        for client in clients {
            do {
                try api.change(.delete, "/admin/directory/v1/users/\(user)/tokens/\(client)", isIdempotent: true)
            } catch ConnectorError.missing {
                // The grant is already revoked.
            }
        }
    }

    private func change(_ device: Device, _ action: ActionType) throws {
        switch (device.kind, action) {
        case (.mobile, .containHost): try act(onMobile: device.id, "block")
        case (.mobile, .liftContainment): try act(onMobile: device.id, "approve")
        case (.mobile, _): try act(onMobile: device.id, "admin_account_wipe")
        case (.chromeOS, .containHost): try changeStatus(device.id, "DISABLE")
        case (.chromeOS, .liftContainment): try changeStatus(device.id, "REENABLE")
        case (.chromeOS, _):
            throw ConnectorError.configuration("Chromebooks are retired in the Google Admin console.")
        case (.computer, _):
            var hasWiped = false
            for user in try users(ofDevice: device.id) {
                let path: UpstreamPath =
                    switch action {
                    case .containHost: "/v1/devices/\(device.id)/deviceUsers/\(user):block"
                    case .liftContainment: "/v1/devices/\(device.id)/deviceUsers/\(user):approve"
                    default: "/v1/devices/\(device.id)/deviceUsers/\(user):wipe"
                    }
                do {
                    try devices.change(
                        .post, path, ["customer": .string("customers/" + customer)],
                        isIdempotent: action != .retireDevice)
                } catch is ConnectorError where hasWiped {
                    // A retry would begin with the users who are already wiped.
                    throw ConnectorError.unknownOutcome("Some of the device's users are wiped, but not all of them.")
                }
                hasWiped = action == .retireDevice
            }
        }
    }

    /// Returns the ids of the users of a computer. Actions that contain or wipe the computer are calls about its users.
    ///
    /// - Throws: `ConnectorError` if the list can't be read, or if the computer has no users, so that Google could do
    ///   nothing.
    private func users(ofDevice id: String) throws -> [String] {
        let names = try WholeList.items { cursor in
            let page = cursor?.string.map { [(name: "pageToken", value: $0)] } ?? []
            let query = [(name: "customer", value: "customers/" + customer)] + page
            let response = try devices.get("/v1/devices/\(id)/deviceUsers", query: query)
            return (
                try response.items("deviceUsers", ofKind: false),
                try response.json.nextToken("nextPageToken").map(JSON.string)
            )
        }.all("name")
        guard !names.isEmpty else {
            throw ConnectorError.configuration("Google knows no user of this computer, so it can't do this to it.")
        }
        return names.compactMap { $0.split(separator: "/").last.map(String.init) }
    }

    private func act(onMobile id: String, _ action: String) throws {
        try api.change(
            .post, "/admin/directory/v1/customer/\(customer)/devices/mobile/\(id)/action",
            ["action": .string(action)], isIdempotent: action != "admin_account_wipe")
    }

    /// Changes a ChromeOS device's status. Status 200 says only that the batch was read; each device has a result of
    /// its own. Repeating the change does no harm.
    private func changeStatus(_ id: String, _ action: String) throws {
        let results = try api.change(
            .post, "/admin/directory/v1/customer/\(customer)/devices/chromeos:batchChangeStatus",
            [
                "deviceIds": [.string(id)],
                "changeChromeOsDeviceStatusAction": .string("CHANGE_CHROME_OS_DEVICE_STATUS_ACTION_" + action),
            ], isIdempotent: true
        ).list("changeChromeOsDeviceStatusResults")
        guard let result = results.first(where: { $0.text("deviceId") == id }) else {
            throw ConnectorError.provider("Google's answer does not say if the device was changed.")
        }
        guard let error = result["error"], error != .null else { return }
        switch error["code"]?.integer {
        // Codes of google.rpc.Code: 5 is NOT_FOUND; the second group is UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED,
        // ABORTED, INTERNAL and UNAVAILABLE.
        case 5: throw ConnectorError.missing("Google Workspace has no such device.")
        case 2, 4, 8, 10, 13, 14: throw ConnectorError.provider("Google failed. Try again later.")
        default: throw ConnectorError.configuration("Google does not allow this for that device in its present status.")
        }
    }

    /// A device, identified by our `external_id`, which says in which of Google's lists it is.
    private struct Device {
        enum Kind: String { case mobile, chromeOS = "chromeos", computer = "devices" }

        let kind: Kind
        let id: String

        init(_ externalID: String) throws(ConnectorError) {
            let parts = externalID.split(separator: "/", maxSplits: 1).map(String.init)
            guard parts.count == 2, let kind = Kind(rawValue: parts[0]) else {
                throw .missing("Google Workspace has no such device.")
            }
            self.kind = kind
            id = parts[1]
        }
    }
}
