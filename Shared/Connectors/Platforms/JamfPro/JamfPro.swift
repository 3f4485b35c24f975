import Base
import Findings
import HTTP
import Upstream

/// Jamf Pro: developer.jamf.com/jamf-pro/reference.
struct JamfPro: Connector {
    static let platform = Platform.jamfPro
    static let fields: [CredentialField] = [
        .plain("url", "The server, such as https://example.jamfcloud.com.", accepts: Form.server),
        .plain("client_id", "The client ID of an API client."),
        .secret("client_secret", "The secret of that API client."),
    ]
    static let actions: Set<ActionType> = [.lockDevice, .containHost, .retireDevice]

    private let api: PlatformAPI

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        guard let base = credentials["url"].flatMap(UpstreamURL.init), let id = credentials["client_id"],
            let secret = credentials.secret("client_secret")
        else { throw ConnectorError.configuration("Jamf Pro takes url, client_id and client_secret.") }
        let client = try UpstreamClient(
            Self.platform.rawValue, scope.environment, retry: RetryPolicy(firstPause: scope.firstPause),
            seconds: scope.seconds)
        api = PlatformAPI(
            client, base, headers: ["Accept": "application/json"],
            .token { try Self.token(client, base, id, secret) }, explain: Self.explain)
    }

    func check() throws { _ = try computers(page: 0, size: 1, sections: ["GENERAL"]) }

    var collections: [RecordCollection] {
        [
            .numbered(
                "computers",
                list("id") { try computers(page: $0, size: $1, sections: Self.computerSections) }
            ) { $0.compactMap(JamfRecords.computer) },
            .numbered(
                "mobile devices",
                list("mobileDeviceId") { page, size in
                    try api.get(
                        "/api/v2/mobile-devices/detail",
                        query: Self.query(page: page, size: size, sections: Self.mobileSections)
                            + [("sort", "mobileDeviceId:asc")])
                }
            ) { $0.compactMap(JamfRecords.mobileDevice) },
        ]
    }

    private static let pageSize = 100
    private static let computerSections = [
        "GENERAL", "HARDWARE", "OPERATING_SYSTEM", "SECURITY", "DISK_ENCRYPTION", "USER_AND_LOCATION",
    ]
    private static let mobileSections = ["GENERAL", "HARDWARE", "SECURITY", "USER_AND_LOCATION"]

    /// A list whose pages have numbers, which can't overlap: the item before a page is asked for by itself, after the page,
    /// so that whatever moves the page moves it too. The list is over when all have come, or a page is empty.
    private func list(
        _ id: String, page: @escaping (_ number: Int, _ size: Int) throws -> UpstreamResponse
    ) -> NumberedList {
        NumberedList(id: { $0.identifier(id) ?? "" }) { from in
            let number = (from + 1) / Self.pageSize
            let response = try page(number, Self.pageSize)
            let results = try response.list("results")
            let total = response.json["totalCount"]?.integer ?? 0
            let isLast = results.isEmpty || (number + 1) * Self.pageSize >= total
            return (try from == 0 ? results : page(from, 1).list("results") + results, isLast)
        }
    }

    /// One page of the inventory; older servers have it in an older version, with the same members.
    private func computers(page: Int, size: Int, sections: [String]) throws -> UpstreamResponse {
        let query = Self.query(page: page, size: size, sections: sections) + [("sort", "id:asc")]
        do {
            return try api.get("/api/v3/computers-inventory", query: query)
        } catch ConnectorError.missing {
            return try api.get("/api/v1/computers-inventory", query: query)
        }
    }

    private static func query(page: Int, size: Int, sections: [String]) -> [(name: String, value: String)] {
        sections.map { ("section", $0) } + [("page", String(page)), ("page-size", String(size))]
    }

    /// A token; older servers give it at an older address.
    private static func token(
        _ client: UpstreamClient, _ base: UpstreamURL, _ id: String, _ secret: Secret
    ) throws -> Secret {
        func token(_ path: UpstreamPath) throws -> Secret {
            try secret.reveal { secret in
                try OAuthToken.bearer(
                    client, base.appending(path),
                    form: [("client_id", id), ("client_secret", secret), ("grant_type", "client_credentials")]
                ) { response in
                    switch response.status {
                    case 404: .missing("The server is no Jamf Pro server.")
                    case 400..<500: .credentials("Jamf Pro refuses the client ID or the secret.")
                    default: .provider("Jamf Pro failed. Try again later.")
                    }
                }
            }
        }
        do {
            return try token("/api/v1/oauth/token")
        } catch ConnectorError.missing {
            return try token("/api/oauth/token")
        }
    }

    private static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch response.status {
        case 401: .credentials("Jamf Pro refuses the token that it has given.")
        case 403:
            .configuration("The Jamf Pro API client may not do this. Give it the privileges that the README lists.")
        case 404: .missing("Jamf Pro has no such device.")
        case 400, 409, 422: .configuration("Jamf Pro does not allow this for that device now.")
        default: .unexplained(response, by: "Jamf Pro")
        }
    }
}

// MARK: Actions

extension JamfPro {
    /// Devices can be locked and erased. A Mac takes a PIN of six digits, in the parameter `pin`, that unlocks it.
    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        guard !target.externalID.contains("/") else {
            throw ConnectorError.configuration("Jamf Pro does not manage that device.")
        }
        var command: [String: JSON] = [:]
        switch action {
        case .lockDevice, .containHost: command["commandType"] = "DEVICE_LOCK"
        case .retireDevice: command["commandType"] = "ERASE_DEVICE"
        default: throw ConnectorError.configuration("Jamf Pro can't do \(action.rawValue).")
        }
        if let pin = target.parameters["pin"]?.string {
            guard pin.utf8.count == 6, pin.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw ConnectorError.configuration("extraParams.pin must be six digits.")
            }
            command["pin"] = .string(pin)
        }
        let queued = try api.change(
            .post, "/api/v2/mdm/commands",
            ["clientData": [["managementId": .string(target.externalID)]], "commandData": .object(command)])
        var result: [String: JSON] = ["platform": "jamf_pro", "external_id": .string(target.externalID)]
        result["command"] = queued.json.array?.first?.identifier("id").map(JSON.string)
        return .object(result)
    }
}

/// Jamf Pro's objects as records. A device's id is its management id, which commands take; of one that is not managed it is
/// its number.
enum JamfRecords {
    static func computer(_ computer: JSON) -> SyncRecord? {
        guard let number = computer.identifier("id"), let general = computer["general"] else { return nil }
        var device = DeviceRecord(
            externalID: general.text("managementId") ?? "computer/" + number,
            hostname: general.text("name") ?? number)
        device.serialNumber = computer["hardware"]?.text("serialNumber")
        device.operatingSystem = "macOS"
        device.osVersion = computer["operatingSystem"]?.text("version")
        device.isEncrypted =
            switch computer["operatingSystem"]?.text("fileVault2Status") {
            case "ALL_ENCRYPTED", "BOOT_ENCRYPTED": true
            case "NOT_ENCRYPTED", "SOME_ENCRYPTED": false
            default: computer["diskEncryption"]?["fileVault2Enabled"]?.bool
            }
        device.ownerEmail = owner(computer["userAndLocation"])
        device.lastSeenAt = general.date("lastContactTime") ?? general.date("reportDate")
        device.metadata["managed"] = general["remoteManagement"]?["managed"]?.bool.map { .string($0 ? "yes" : "no") }
        return .device(device)
    }

    static func mobileDevice(_ mobile: JSON) -> SyncRecord? {
        guard let number = mobile.identifier("mobileDeviceId"), let general = mobile["general"] else { return nil }
        var device = DeviceRecord(
            externalID: general.text("managementId") ?? "mobile/" + number,
            hostname: general.text("displayName") ?? number)
        device.serialNumber = mobile["hardware"]?.text("serialNumber")
        device.operatingSystem = mobile.text("deviceType") ?? "iOS"
        device.osVersion = general.text("osVersion")
        device.isEncrypted = mobile["security"]?["dataProtected"]?.bool
        device.isJailbroken = mobile["security"]?["jailBreakDetected"]?.bool
        device.ownerEmail = owner(mobile["userAndLocation"])
        device.lastSeenAt = general.date("lastInventoryUpdateDate")
        return .device(device)
    }

    /// Computers and mobile devices write it differently.
    private static func owner(_ location: JSON?) -> String? {
        location?.email("email") ?? location?.email("emailAddress") ?? location?.email("username")
    }
}
