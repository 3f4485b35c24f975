import Base
import HTTP
import Integrations
import Upstream

/// Calls Microsoft Graph (learn.microsoft.com/graph) as an app registration in the customer's tenant.
enum Graph {
    static let fields: [CredentialField] = [
        .plain("tenant_id", "The directory (tenant) ID, a GUID.", accepts: isGUID),
        .plain("client_id", "The application (client) ID of an app registration, a GUID.", accepts: isGUID),
        .secret("client_secret", "A client secret's value of that app registration."),
    ]

    /// The error for a tenant that asks for reports without Entra ID P1.
    static let premiumNeeded = ConnectorError.configuration(
        "Microsoft provides this only to tenants with a Microsoft Entra ID P1 or P2 license.")

    /// Returns a client for Graph with a customer's credentials.
    static func api(_ platform: Platform, _ credentials: Credentials, _ scope: ConnectorScope) throws -> PlatformAPI {
        guard let tenant = credentials["tenant_id"], let clientID = credentials["client_id"],
            let secret = credentials.secret("client_secret"),
            let base = UpstreamURL("https://graph.microsoft.com/v1.0"),
            let signIn = UpstreamURL("https://login.microsoftonline.com")
        else { throw ConnectorError.configuration("Microsoft takes tenant_id, client_id and client_secret.") }
        let client = try UpstreamClient(
            platform.rawValue, scope.environment, retry: RetryPolicy(firstPause: scope.firstPause),
            seconds: scope.seconds)
        return PlatformAPI(
            client, base, headers: ["Accept": "application/json"],
            .token {
                let form = secret.reveal { secret in
                    [
                        (name: "client_id", value: clientID), (name: "client_secret", value: secret),
                        (name: "grant_type", value: "client_credentials"),
                        (name: "scope", value: "https://graph.microsoft.com/.default"),
                    ]
                }
                let url = signIn.appending("/\(tenant)/oauth2/v2.0/token")
                return try OAuthToken.bearer(client, url, form: form, explain: explainToken)
            }, explain: explain)
    }

    /// Creates a list whose pages name the next page by an absolute URL.
    static func pages(
        _ name: String, of kind: SyncRecord.Kind, need: RecordCollection.Need = .required, _ api: PlatformAPI,
        _ path: UpstreamPath, _ query: [(name: String, value: String)],
        entries: @escaping ([JSON]) throws -> PageEntries
    ) -> RecordCollection {
        RecordCollection(name, of: kind, need: need) { cursor in
            let (values, next) = try page(api, path, query, cursor)
            return RecordPage(try entries(values), next: next)
        }
    }

    /// Returns one page of a list, and the cursor of the next page.
    static func page(
        _ api: PlatformAPI, _ path: UpstreamPath, _ query: [(name: String, value: String)], headers: Headers = [:],
        _ cursor: JSON?
    ) throws -> WholeList.Page {
        let response =
            try cursor?.string.map { try api.get(next: $0, headers: headers) }
            ?? api.get(path, query: query, headers: headers)
        return (try response.list("value"), try response.json.nextToken("@odata.nextLink").map(JSON.string))
    }

    /// Returns a whole list, for work that needs all items at once.
    static func all(
        _ api: PlatformAPI, _ path: UpstreamPath, _ query: [(name: String, value: String)] = [], headers: Headers = [:]
    ) throws -> [JSON] {
        try WholeList.items { try page(api, path, query, headers: headers, $0) }
    }

    /// Returns the error of a token request, by the codes of Entra's token endpoint
    /// (learn.microsoft.com/entra/identity-platform/reference-error-codes).
    private static func explainToken(_ response: UpstreamResponse) -> ConnectorError {
        let codes = response.json["error_codes"]?.array?.compactMap(\.integer) ?? []
        return switch codes.first {
        case 90_002, 900_023: .configuration("Microsoft has no tenant with this ID.")
        case 700_016: .configuration("The tenant has no app registration with this client ID.")
        case 7_000_222:
            .credentials("The client secret has expired. Create another one in the app registration.")
        case 7_000_112: .configuration("The app registration is disabled in the tenant.")
        default:
            switch response.json.text("error") {
            case "invalid_client": .credentials("Microsoft refuses the client ID or the client secret.")
            case "unauthorized_client", "invalid_scope", "access_denied":
                .configuration("The tenant does not admit the app registration. Give it admin consent.")
            case "temporarily_unavailable", "server_error": .provider("Microsoft failed. Try again later.")
            default: .unexplained(response, by: "Microsoft")
            }
        }
    }

    private static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch (response.status, response.json["error"]?.text("code")?.lowercased()) {
        case (401, nil), (401, "invalidauthenticationtoken"), (401, "unauthenticated"), (401, "authenticationerror"):
            .credentials("Microsoft Graph refuses the app's access token.")
        case (403, "authentication_requestfromnonpremiumtenantorb2ctenant"): premiumNeeded
        // Services behind Graph, such as Intune, report a missing permission as 401 too.
        case (401, _), (403, _):
            .configuration(
                """
                The app registration lacks an application permission. Grant these with admin consent: for Microsoft \
                Entra ID Organization.Read.All, User.ReadWrite.All, User-PasswordProfile.ReadWrite.All, \
                User.RevokeSessions.All, GroupMember.Read.All, Application.ReadWrite.All, \
                DelegatedPermissionGrant.ReadWrite.All, RoleManagement.Read.Directory, AuditLog.Read.All, \
                AccessReview.ReadWrite.All and LicenseAssignment.ReadWrite.All; for Microsoft Intune \
                DeviceManagementManagedDevices.Read.All and \
                DeviceManagementManagedDevices.PrivilegedOperations.All.
                """)
        case (404, _): .missing("Microsoft Graph has no such user, application, grant or device.")
        default: .unexplained(response, by: "Microsoft Graph")
        }
    }

    @Sendable private static func isGUID(_ text: String) -> Bool { Identifier(text.lowercased()) != nil }
}
