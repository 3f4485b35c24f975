import Base
import HTTP
import Integrations
import Upstream

/// A connector for Jamf Pro (developer.jamf.com/jamf-pro/reference).
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
    /// The parameter with the PIN that unlocks a Mac after it was locked or erased. The caller chooses it, since a PIN
    /// that we chose would not be shown anywhere.
    static let pin = ActionParameter.secret("pin", "a string of six digits") { pin in
        pin.utf8.count == 6 && pin.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private let api: PlatformAPI

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        guard let base = credentials["url"].flatMap(UpstreamURL.init), let id = credentials["client_id"],
            let secret = credentials.secret("client_secret")
        else { throw ConnectorError.configuration("Jamf Pro takes url, client_id and client_secret.") }
        let client = try UpstreamClient(
            Self.platform.rawValue, scope.environment, isSelfHosted: true,
            retry: RetryPolicy(firstPause: scope.firstPause), seconds: scope.seconds)
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

    /// Creates a list whose pages are numbered and so can't overlap. The last item of the page before is requested
    /// separately, and only after the page: a change that moved the page has then moved that item too, which is
    /// noticed. The list ends with the page that reaches the number of items that Jamf Pro counts, or with an empty
    /// page.
    private func list(
        _ id: String, page: @escaping (_ number: Int, _ size: Int) throws -> UpstreamResponse
    ) -> NumberedList {
        NumberedList(id: { $0.identifier(id) ?? "" }) { from in
            let number = (from + 1) / Self.pageSize
            let response = try page(number, Self.pageSize)
            let results = try response.list("results")
            guard let total = response.json["totalCount"]?.place, !results.isEmpty || from > 0 || total == 0 else {
                throw ConnectorError.provider("Jamf Pro shows fewer devices than it counts.")
            }
            let isLast = results.isEmpty || (number + 1) * Self.pageSize >= total
            if from % Self.pageSize == 0 { return (results, isLast) }
            let last = try page(from, 1).list("results")
            // The list is sorted by id. If the page does not continue the items before, an item without an id makes
            // NumberedList read the list again.
            let ids = (last + results).compactMap { $0.identifier(id).flatMap(Int.init) }
            let continues = zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 }
            return (continues ? last + results : [.null], isLast)
        }
    }

    /// Returns one page of the inventory. Version 4 of this API came with Jamf Pro 11.30; a server without it is asked
    /// for version 3, then 1.
    private func computers(page: Int, size: Int, sections: [String]) throws -> UpstreamResponse {
        let query = Self.query(page: page, size: size, sections: sections) + [("sort", "id:asc")]
        return try unlessGone { try api.get("/api/v4/computers-inventory", query: query) }
            ?? unlessGone { try api.get("/api/v3/computers-inventory", query: query) }
            ?? api.get("/api/v1/computers-inventory", query: query)
    }

    private static func query(page: Int, size: Int, sections: [String]) -> [(name: String, value: String)] {
        sections.map { ("section", $0) } + [("page", String(page)), ("page-size", String(size))]
    }

    /// Returns the value of `Authorization` with an access token. Older servers issue tokens at an older address.
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
                    case 404: .missing("The server is not a Jamf Pro server.")
                    // The statuses for these errors are in RFC 6749 §5.2.
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
        case 401: .credentials("Jamf Pro refuses the access token that it issued.")
        case 403:
            .configuration(
                """
                The Jamf Pro API client is not allowed to do this. Give it the privileges Read Computers, Read Mobile \
                Devices, View MDM command information, Send Computer Remote Lock Command, Send Computer Remote Wipe \
                Command, Send Mobile Device Remote Lock Command and Send Mobile Device Remote Wipe Command.
                """)
        case 404: .missing("Jamf Pro has no such device.")
        case 400, 409, 422: .configuration("Jamf Pro does not allow this for that device now.")
        default: .unexplained(response, by: "Jamf Pro")
        }
    }
}

// MARK: Actions

extension JamfPro {
    /// Locks or erases a device. The parameter `pin` sets the PIN of six digits that unlocks a Mac.
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
        guard let id = queued.json.array?.first?.identifier("id") else {
            throw ConnectorError.unknownOutcome("Jamf Pro's answer can't be read; it may have queued the command.")
        }
        return ["platform": "jamf_pro", "external_id": .string(target.externalID), "command": .string(id)]
    }
}

/// Translates Jamf Pro's objects into records. A device's id is its management id, which commands take. The id of a
/// device that is not managed is its number after `computer/` or `mobile/`.
enum JamfRecords {
    /// Returns a computer's id. Returns nil if it has none, or if the section that says if the computer is managed is
    /// missing.
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
            // FileVault protects the startup volume, which holds the users' data.
            case "ALL_ENCRYPTED", "BOOT_ENCRYPTED": true
            case "NOT_ENCRYPTED", "SOME_ENCRYPTED": false
            default: computer["diskEncryption"]?["fileVault2Enabled"]?.bool
            }
        device.ownerEmail = owner(computer["userAndLocation"])
        // Version 4 reports contacts and check-ins separately; older versions have one member for both.
        let contacts = ["lastContact", "lastCheckIn", "lastContactTime"].compactMap(general.date)
        device.lastSeenAt = contacts.max() ?? general.date("reportDate")
        let isManaged = general["remoteManagement"]?["managed"]?.bool
        device.metadata["managed"] = isManaged.map { .string($0 ? "yes" : "no") }
        if isManaged == false { device.noteEndOfUse() }
        return .read([.device(device)])
    }

    /// Returns a mobile device's id. Returns nil if it has none, or if the section that says if the device is managed
    /// is missing.
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
        // Data protection needs a passcode, which an Apple TV can't have. Its storage is always encrypted
        // (support.apple.com/guide/security/data-protection-overview-secf013e0caa/web).
        device.isEncrypted =
            device.operatingSystem == "tvOS" ? true : mobile["security"]?["dataProtected"]?.bool
        if device.operatingSystem == "tvOS" || general["sharedIpad"]?.bool == true { device.noteSharedUse() }
        device.isJailbroken = mobile["security"]?["jailBreakDetected"]?.bool
        device.ownerEmail = owner(mobile["userAndLocation"])
        device.lastSeenAt = general.date("lastInventoryUpdateDate")
        return .read([.device(device)])
    }

    /// Returns the owner's address, which computers and mobile devices name differently.
    private static func owner(_ location: JSON?) -> String? {
        location?.email("email") ?? location?.email("emailAddress") ?? location?.email("username")
    }
}
