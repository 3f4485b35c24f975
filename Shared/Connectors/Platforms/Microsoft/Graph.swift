import Base
import Upstream

/// Microsoft Graph (learn.microsoft.com/graph), as an app registration of the customer's tenant.
enum Graph {
    static let fields: [CredentialField] = [
        .plain("tenant_id", "The directory (tenant) ID, a GUID.", accepts: isGUID),
        .plain("client_id", "The application (client) ID of an app registration, a GUID.", accepts: isGUID),
        .secret("client_secret", "A client secret's value of that app registration."),
    ]

    /// What a tenant without Entra ID P1 answers for reports: `catch` it where the rest can do without.
    static let premiumNeeded = ConnectorError.configuration(
        "Microsoft keeps this from tenants without a Microsoft Entra ID P1 or P2 licence.")

    /// Graph's API with a customer's credentials.
    static func api(_ platform: Platform, _ credentials: Credentials, _ scope: ConnectorScope) throws -> PlatformAPI {
        guard let tenant = credentials["tenant_id"], let clientID = credentials["client_id"],
            let secret = credentials.secret("client_secret"),
            let base = UpstreamURL("https://graph.microsoft.com/v1.0"),
            let signIn = UpstreamURL("https://login.microsoftonline.com")
        else { throw ConnectorError.configuration("tenant_id, client_id and client_secret belong together.") }
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

    /// A list whose pages name the next one by an absolute URL.
    static func pages(
        _ name: String, _ api: PlatformAPI, _ path: UpstreamPath, _ query: [(name: String, value: String)],
        records: @escaping ([JSON]) throws -> [SyncRecord]
    ) -> RecordCollection {
        RecordCollection(name) { cursor in
            let (values, next) = try page(api, path, query, cursor)
            return RecordPage(try records(values), next: next)
        }
    }

    /// One page of a list, and where the next one begins.
    static func page(
        _ api: PlatformAPI, _ path: UpstreamPath, _ query: [(name: String, value: String)], _ cursor: JSON?
    ) throws -> (values: [JSON], next: JSON?) {
        let response = try cursor?.string.map { try api.get(next: $0) } ?? api.get(path, query: query)
        return (try response.list("value"), response.json.text("@odata.nextLink").map(JSON.string))
    }

    /// A whole list, for what pages of others need.
    static func all(
        _ api: PlatformAPI, _ path: UpstreamPath, _ query: [(name: String, value: String)] = []
    ) throws -> [JSON] {
        var found: [JSON] = []
        var cursor: JSON?
        repeat {
            let (values, next) = try page(api, path, query, cursor)
            found += values
            cursor = next
        } while cursor != nil
        return found
    }

    /// A moment; Graph writes the year 1 for never.
    static func moment(_ json: JSON?, _ name: String) -> Timestamp? {
        json?.date(name).flatMap { $0.seconds > 0 ? $0 : nil }
    }

    /// The codes of Entra's token endpoint (learn.microsoft.com/entra/identity-platform/reference-error-codes).
    private static func explainToken(_ response: UpstreamResponse) -> ConnectorError {
        let codes = response.json["error_codes"]?.array?.compactMap(\.integer) ?? []
        return switch codes.first {
        case 90_002, 90_023: .configuration("Microsoft knows no tenant of this ID.")
        case 700_016: .configuration("The tenant has no app registration of this client ID.")
        case 7_000_222:
            .credentials("The client secret has expired. Create another one in the app registration.")
        default:
            response.status < 500
                ? .credentials("Microsoft refuses the client ID or the client secret.")
                : .provider("Microsoft failed. Try again later.")
        }
    }

    private static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch (response.status, response.json["error"]?.text("code")) {
        case (401, _): .credentials("Microsoft Graph refuses the app's access token.")
        case (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant"): premiumNeeded
        case (403, _):
            .configuration(
                "The app registration lacks a permission. Grant it those that the README lists, with admin consent.")
        case (404, _): .missing("Microsoft Graph has no such user, application, grant or device.")
        default: .unexplained(response, by: "Microsoft Graph")
        }
    }

    @Sendable private static func isGUID(_ text: String) -> Bool { Identifier(text.lowercased()) != nil }
}
