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
    static let parameters: [ActionType: [ActionParameter]] = [
        .lockDevice: [pin], .containHost: [pin], .retireDevice: [pin],
    ]
    /// What unlocks a Mac afterwards. The caller chooses it: nothing would show a PIN that we chose.
    static let pin = ActionParameter.secret("pin", "a string of six digits") { pin in
        pin.utf8.count == 6 && pin.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

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
                "computers", of: .device, need: .required,
                list("id") { try computers(page: $0, size: $1, sections: Self.computerSections) }
            ) { PageEntries($0, of: .device, id: JamfRecords.computerID, read: JamfRecords.computer) },
            .numbered(
                "mobile devices", of: .device, need: .optional,
                list("mobileDeviceId") { page, size in
                    try api.get(
                        "/api/v2/mobile-devices/detail",
                        query: Self.query(page: page, size: size, sections: Self.mobileSections)
                            + [("sort", "mobileDeviceId:asc")])
                }
            ) { PageEntries($0, of: .device, id: JamfRecords.mobileID, read: JamfRecords.mobileDevice) },
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
            guard let total = response.json["totalCount"]?.place, !results.isEmpty || from > 0 || total == 0 else {
                throw ConnectorError.provider("Jamf Pro does not show as many devices as it counts.")
            }
            let isLast = results.isEmpty || (number + 1) * Self.pageSize >= total
            let isWhole = from % Self.pageSize == 0
            return (try isWhole ? results : page(from, 1).list("results") + results, isLast)
        }
    }

    /// One page of the inventory. Version 4 came with Jamf Pro 11.30; older servers have it in an older one.
    private func computers(page: Int, size: Int, sections: [String]) throws -> UpstreamResponse {
        let query = Self.query(page: page, size: size, sections: sections) + [("sort", "id:asc")]
        return try unlessGone { try api.get("/api/v4/computers-inventory", query: query) }
            ?? unlessGone { try api.get("/api/v3/computers-inventory", query: query) }
            ?? api.get("/api/v1/computers-inventory", query: query)
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
                    // RFC 6749 §5.2.
                    case 400, 401: .credentials("Jamf Pro refuses the client ID or the secret.")
                    default: .unexplained(response, by: "Jamf Pro")
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
        target.parameters.secret(Self.pin)?.reveal { command["pin"] = .string($0) }
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
    /// Returns nil if the section that tells if the computer is managed is missing.
    static func computerID(_ computer: JSON) -> String? {
        guard let general = computer["general"], general.object != nil else { return nil }
        return general.text("managementId") ?? computer.identifier("id").map { "computer/" + $0 }
    }

    static func computer(_ computer: JSON) -> EntryReading {
        guard let id = computerID(computer), let number = computer.identifier("id"), let general = computer["general"]
        else { return .unreadable }
        var device = DeviceRecord(externalID: id, hostname: general.text("name") ?? number)
        device.serialNumber = computer["hardware"]?.serialNumber("serialNumber")
        device.model = computer["hardware"]?.text("modelIdentifier") ?? computer["hardware"]?.text("model")
        device.operatingSystem = "macOS"
        device.osVersion = computer["operatingSystem"]?.text("version")
        device.isEncrypted =
            switch computer["operatingSystem"]?.text("fileVault2Status") {
            // FileVault protects the volume that a Mac starts from, which holds its users' data.
            case "ALL_ENCRYPTED", "BOOT_ENCRYPTED": true
            case "NOT_ENCRYPTED", "SOME_ENCRYPTED": false
            default: computer["diskEncryption"]?["fileVault2Enabled"]?.bool
            }
        device.ownerEmail = owner(computer["userAndLocation"])
        // Version 4 tells of any contact and of check-ins apart; before, there was one member for both.
        let contacts = ["lastContact", "lastCheckIn", "lastContactTime"].compactMap(general.date)
        device.lastSeenAt = contacts.max() ?? general.date("reportDate")
        device.metadata["managed"] = general["remoteManagement"]?["managed"]?.bool.map { .string($0 ? "yes" : "no") }
        return .read([.device(device)])
    }

    /// Returns nil if the section that tells if the device is managed is missing.
    static func mobileID(_ mobile: JSON) -> String? {
        guard let general = mobile["general"], general.object != nil else { return nil }
        return general.text("managementId") ?? mobile.identifier("mobileDeviceId").map { "mobile/" + $0 }
    }

    static func mobileDevice(_ mobile: JSON) -> EntryReading {
        guard let id = mobileID(mobile), let number = mobile.identifier("mobileDeviceId"),
            let general = mobile["general"]
        else { return .unreadable }
        var device = DeviceRecord(externalID: id, hostname: general.text("displayName") ?? number)
        device.serialNumber = mobile["hardware"]?.serialNumber("serialNumber")
        device.model = mobile["hardware"]?.text("modelIdentifier") ?? mobile["hardware"]?.text("model")
        device.operatingSystem = mobile.text("deviceType") ?? "iOS"
        device.osVersion = general.text("osVersion")
        device.isEncrypted = mobile["security"]?["dataProtected"]?.bool
        device.isJailbroken = mobile["security"]?["jailBreakDetected"]?.bool
        device.ownerEmail = owner(mobile["userAndLocation"])
        device.lastSeenAt = general.date("lastInventoryUpdateDate")
        return .read([.device(device)])
    }

    /// Computers and mobile devices write it differently.
    private static func owner(_ location: JSON?) -> String? {
        location?.email("email") ?? location?.email("emailAddress") ?? location?.email("username")
    }
}
