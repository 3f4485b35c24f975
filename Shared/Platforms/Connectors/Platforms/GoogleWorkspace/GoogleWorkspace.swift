import Base
import HTTP
import Integrations
import Upstream

/// A connector for Google Workspace. It uses the Directory API and the Reports API
/// (developers.google.com/workspace/admin) and Cloud Identity's Devices API
/// (cloud.google.com/identity/docs/reference/rest/v1/devices), as a service account with domain-wide delegation.
struct GoogleWorkspace: Connector {
    static let platform = Platform.googleWorkspace
    static let fields: [CredentialField] = [
        .secret(
            "service_account_json", "The JSON key of a service account with domain-wide delegation.",
            accepts: isServiceAccount),
        .plain("admin_email", "The administrator for whom the service account acts.", accepts: Form.email),
        .plain(
            "customer_id", "The customer ID, such as C01abc2de; your own when it is left out.", isRequired: false,
            accepts: isCustomerID),
    ]
    static let actions: Set<ActionType> = [
        .suspendUser, .unsuspendUser, .forcePasswordChange, .revokeSessions, .revokeOAuthToken, .revokeAllTokens,
        .containHost, .liftContainment, .retireDevice,
    ]
    static let parameters: [ActionType: [ActionParameter]] = [.revokeOAuthToken: [.grantedApplication("client_id")]]

    /// The scopes that domain-wide delegation must grant.
    static let scopes = [
        "admin.directory.customer.readonly", "admin.directory.user", "admin.directory.user.security",
        "admin.directory.rolemanagement.readonly", "admin.directory.group.member.readonly",
        "admin.directory.device.mobile", "admin.directory.device.mobile.action", "admin.directory.device.chromeos",
        "admin.reports.audit.readonly", "cloud-identity.devices",
    ].map { "https://www.googleapis.com/auth/" + $0 }

    let api: PlatformAPI
    let devices: PlatformAPI
    let customer: String
    let directory: GoogleDirectory
    private let scope: ConnectorScope

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        guard let account = credentials.secret("service_account_json").flatMap(GoogleServiceAccount.init),
            let admin = credentials["admin_email"],
            let base = UpstreamURL("https://admin.googleapis.com"),
            let devicesBase = UpstreamURL("https://cloudidentity.googleapis.com")
        else { throw ConnectorError.configuration("The JSON key is not a Google service account's key.") }
        let client = try UpstreamClient(
            Self.platform.rawValue, scope.environment,
            retry: RetryPolicy(firstPause: scope.firstPause, decision: Self.decision), seconds: scope.seconds)
        let authorization = PlatformAPI.Authorization.token { try account.token(client, admin: admin, Self.scopes) }
        api = PlatformAPI(
            client, base, headers: ["Accept": "application/json"], authorization, explain: Self.explain)
        devices = PlatformAPI(
            client, devicesBase, headers: ["Accept": "application/json"], authorization, explain: Self.explain)
        customer = credentials["customer_id"] ?? "my_customer"
        directory = GoogleDirectory(api, devices, customer: customer)
        self.scope = scope
    }

    func check() throws { _ = try api.get("/admin/directory/v1/customers/\(customer)").object() }

    var collections: [RecordCollection] {
        [
            users("users", of: .account, pageSize: 500, [("projection", "full")]) {
                try directory.accounts($0.items("users"))
            },
            users("deleted users", of: .account, need: .optional, pageSize: 500, [("showDeleted", "true")]) {
                try PageEntries($0.items("users"), of: .account, read: GoogleRecords.deletedAccount)
            },
            // Google has no list of all grants, so each user's grants are requested.
            users(
                "grants", of: .application, .oauthGrant, .accessKey, need: .optional, pageSize: 50,
                [("fields", "kind,nextPageToken,users(id)")]
            ) { try directory.access(of: $0.items("users")) },
            pages(
                "mobile devices", of: [.device], need: .optional, api,
                "/admin/directory/v1/customer/\(customer)/devices/mobile",
                [("maxResults", "100"), ("projection", "FULL")]
            ) {
                try PageEntries(
                    $0.items("mobiledevices"), of: .device, id: { $0.text("resourceId").map { "mobile/" + $0 } },
                    read: GoogleRecords.mobileDevice)
            }.withIDs(beginning: "mobile/"),
            pages(
                "ChromeOS devices", of: [.device], need: .optional, api,
                "/admin/directory/v1/customer/\(customer)/devices/chromeos",
                [("maxResults", "300"), ("projection", "FULL")]
            ) {
                try PageEntries(
                    $0.items("chromeosdevices"), of: .device, id: { $0.text("deviceId").map { "chromeos/" + $0 } },
                    read: GoogleRecords.chromeDevice)
            }.withIDs(beginning: "chromeos/"),
            pages(
                "computers", of: [.device], need: .optional, devices, "/v1/devices",
                [("customer", "customers/" + customer), ("pageSize", "100")]
            ) { try directory.computers($0.items("devices", ofKind: false)) }.withIDs(beginning: "devices/"),
            activities("sign-ins", of: "login"), activities("administration", of: "admin"),
            activities("grants given", of: "token", named: "authorize"),
            activities("downloads", of: "drive", named: "download"),
            activities("deletions", of: "drive", named: "delete"), activities("bin", of: "drive", named: "trash"),
        ]
    }

    private func users(
        _ name: String, of kinds: SyncRecord.Kind..., need: RecordCollection.Need = .required, pageSize: Int,
        _ query: [(name: String, value: String)], entries: @escaping (UpstreamResponse) throws -> PageEntries
    ) -> RecordCollection {
        pages(
            name, of: Set(kinds), need: need, api, "/admin/directory/v1/users",
            [("customer", customer), ("maxResults", String(pageSize))] + query, entries: entries)
    }

    private func activities(
        _ name: String, of application: String, named event: String? = nil
    ) -> RecordCollection {
        var query = [("startTime", scope.eventsSince(of: name).description), ("maxResults", "1000")]
        if customer != "my_customer" { query.append(("customerId", customer)) }
        if let event { query.append(("eventName", event)) }
        return pages(
            name, of: [.auditEvent], need: .optional, api,
            "/admin/reports/v1/activity/users/all/applications/\(application)", query
        ) {
            try PageEntries($0.items("items"), of: .auditEvent) { activity in
                GoogleActivity(activity, application: application).map { .read($0.records) } ?? .unreadable
            }
        }
    }

    private func pages(
        _ name: String, of kinds: Set<SyncRecord.Kind>, need: RecordCollection.Need, _ api: PlatformAPI,
        _ path: UpstreamPath, _ query: [(name: String, value: String)],
        entries: @escaping (UpstreamResponse) throws -> PageEntries
    ) -> RecordCollection {
        RecordCollection(name, of: kinds, need: need) { cursor in
            let more = cursor?.string.map { [(name: "pageToken", value: $0)] } ?? []
            let response = try api.get(path, query: query + more)
            return RecordPage(
                try entries(response), next: try response.json.nextToken("nextPageToken").map(JSON.string))
        }
    }

    /// Returns the retry decision. Throttling may have the status 403, like a missing permission; the reason tells them
    /// apart.
    @Sendable private static func decision(_ response: UpstreamResponse) -> RetryDecision {
        guard response.status == 403 else { return RetryPolicy.standardDecision(response) }
        let reasons = response.json["error"]?["errors"]?.array?.compactMap { $0.text("reason") } ?? []
        let limits: Set = ["userRateLimitExceeded", "rateLimitExceeded", "quotaExceeded"]
        return limits.isDisjoint(with: reasons) ? .final : .throttled(seconds: response.retryAfter)
    }

    private static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch response.status {
        case 401: .credentials("Google refuses the service account's access token.")
        case 403:
            .configuration("The administrator is not allowed to do this. Name a super administrator as admin_email.")
        case 404: .missing("Google Workspace has no such user, grant or device.")
        default: .unexplained(response, by: "Google")
        }
    }

    @Sendable private static func isServiceAccount(_ text: String) -> Bool {
        Form.document(text) && GoogleServiceAccount(Secret(text)) != nil
    }

    @Sendable private static func isCustomerID(_ text: String) -> Bool {
        text == "my_customer"
            || text.first == "C" && (2...32).contains(text.utf8.count) && !text.contains("-") && Form.label(text)
    }
}
