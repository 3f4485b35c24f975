import Base
import Findings
import Upstream

/// Google Workspace: the Directory API, the Reports API (developers.google.com/workspace/admin) and Cloud Identity's
/// Devices API (cloud.google.com/identity/docs/reference/rest/v1/devices), as a service account with domain-wide
/// delegation.
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

    /// What domain-wide delegation must grant.
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
    private let eventsSince: Timestamp

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        guard let account = credentials.secret("service_account_json").flatMap(GoogleServiceAccount.init),
            let admin = credentials["admin_email"],
            let base = UpstreamURL("https://admin.googleapis.com"),
            let devicesBase = UpstreamURL("https://cloudidentity.googleapis.com")
        else { throw ConnectorError.configuration("The JSON key is not one of a Google service account.") }
        let client = try UpstreamClient(
            Self.platform.rawValue, scope.environment,
            retry: RetryPolicy(firstPause: scope.firstPause, verdict: Self.verdict), seconds: scope.seconds)
        let authorization = PlatformAPI.Authorization.token { try account.token(client, admin: admin, Self.scopes) }
        api = PlatformAPI(
            client, base, headers: ["Accept": "application/json"], authorization, explain: Self.explain)
        devices = PlatformAPI(
            client, devicesBase, headers: ["Accept": "application/json"], authorization, explain: Self.explain)
        customer = credentials["customer_id"] ?? "my_customer"
        directory = GoogleDirectory(api, devices, customer: customer)
        eventsSince = scope.eventsSince
    }

    func check() throws { _ = try api.get("/admin/directory/v1/customers/\(customer)").object() }

    var collections: [RecordCollection] {
        [
            users("users", pageSize: 500, [("projection", "full")]) { try directory.accounts($0.items("users")) },
            users("deleted users", pageSize: 500, [("showDeleted", "true")]) {
                try $0.items("users").compactMap(GoogleRecords.deletedAccount)
            },
            // Google has no list of what people have let in: it is asked for user by user.
            users("grants", pageSize: 50, [("fields", "kind,nextPageToken,users(id)")]) {
                try directory.access(of: $0.items("users").compactMap { $0.text("id") })
            },
            pages(
                "mobile devices", api, "/admin/directory/v1/customer/\(customer)/devices/mobile",
                [("maxResults", "100"), ("projection", "FULL")]
            ) { try $0.items("mobiledevices").compactMap(GoogleRecords.mobileDevice) },
            pages(
                "ChromeOS devices", api, "/admin/directory/v1/customer/\(customer)/devices/chromeos",
                [("maxResults", "300"), ("projection", "FULL")]
            ) { try $0.items("chromeosdevices").compactMap(GoogleRecords.chromeDevice) },
            pages(
                "computers", devices, "/v1/devices",
                [("customer", "customers/" + customer), ("pageSize", "100")]
            ) { try directory.computers($0.items("devices")) },
            activities("sign-ins", of: "login"), activities("administration", of: "admin"),
            activities("grants given", of: "token", named: "authorize"),
            activities("downloads", of: "drive", named: "download"),
            activities("deletions", of: "drive", named: "delete"), activities("bin", of: "drive", named: "trash"),
        ]
    }

    private func users(
        _ name: String, pageSize: Int, _ query: [(name: String, value: String)],
        records: @escaping (UpstreamResponse) throws -> [SyncRecord]
    ) -> RecordCollection {
        pages(
            name, api, "/admin/directory/v1/users",
            [("customer", customer), ("maxResults", String(pageSize))] + query, records: records)
    }

    private func activities(
        _ name: String, of application: String, named event: String? = nil
    ) -> RecordCollection {
        var query = [("startTime", eventsSince.description), ("maxResults", "1000")]
        if customer != "my_customer" { query.append(("customerId", customer)) }
        if let event { query.append(("eventName", event)) }
        return pages(name, api, "/admin/reports/v1/activity/users/all/applications/\(application)", query) {
            try $0.items("items").flatMap { GoogleActivity($0, application: application)?.records ?? [] }
        }
    }

    private func pages(
        _ name: String, _ api: PlatformAPI, _ path: UpstreamPath, _ query: [(name: String, value: String)],
        records: @escaping (UpstreamResponse) throws -> [SyncRecord]
    ) -> RecordCollection {
        .tokened(
            name, api, path, query: query, parameter: "pageToken", token: { $0.json.text("nextPageToken") },
            records: records)
    }

    /// Throttling is a 403 like a missing permission; its reason tells them apart.
    @Sendable private static func verdict(_ response: UpstreamResponse) -> Verdict {
        guard response.status == 403 else { return RetryPolicy.standardVerdict(response) }
        let reasons = response.json["error"]?["errors"]?.array?.compactMap { $0.text("reason") } ?? []
        let limits: Set = ["userRateLimitExceeded", "rateLimitExceeded", "quotaExceeded"]
        return limits.isDisjoint(with: reasons) ? .final : .throttled(seconds: response.retryAfter)
    }

    private static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch response.status {
        case 401: .credentials("Google refuses the service account's access token.")
        case 403:
            .configuration("The administrator may not read or do this. Name a super administrator as admin_email.")
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
