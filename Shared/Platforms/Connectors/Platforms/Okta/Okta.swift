import Base
import HTTP
import Integrations
import Upstream

/// A connector for Okta (developer.okta.com/docs/api).
struct Okta: Connector {
    static let platform = Platform.okta
    static let fields: [CredentialField] = [
        .plain("domain", "The org's domain, such as example.okta.com.", accepts: Form.host),
        .secret("api_token", "An API token of a read-only or higher administrator.", isRequired: false),
        .plain("client_id", "The client ID of an API services app, in place of the API token.", isRequired: false),
        .secret(
            "private_key", "The RSA private key of that app, in PEM.", isRequired: false, accepts: Form.document),
    ]
    static let actions: Set<ActionType> = [
        .suspendUser, .unsuspendUser, .deactivateUser, .forcePasswordChange, .revokeSessions, .revokeOAuthToken,
        .revokeAllTokens, .blockApp, .containHost, .liftContainment, .createAccessReview,
    ]
    static let parameters: [ActionType: [ActionParameter]] = [
        .revokeOAuthToken: [.grantedApplication("client_id")],
        .createAccessReview: [OktaAccessReviews.group, OktaAccessReviews.reviewer],
    ]

    /// The scopes of an access token, without those for access reviews.
    static let scopes = """
        okta.orgs.read okta.users.read okta.users.manage okta.roles.read okta.apps.read okta.apps.manage \
        okta.devices.read okta.devices.manage okta.logs.read okta.factors.read okta.sessions.manage
        """

    let api: PlatformAPI
    let accessReviews: OktaAccessReviews
    private let eventsSince: Timestamp
    private let directory: OktaDirectory

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        guard let domain = credentials["domain"], let base = UpstreamURL("https://" + domain) else {
            throw ConnectorError.configuration("The domain is not a valid host name.")
        }
        let client = try UpstreamClient(
            Self.platform.rawValue, scope.environment,
            retry: RetryPolicy(firstPause: scope.firstPause, decision: Self.decision), seconds: scope.seconds)
        let authorization: (_ scopes: String) -> PlatformAPI.Authorization
        switch (credentials.secret("api_token"), credentials["client_id"], credentials.secret("private_key")) {
        case (let token?, nil, nil):
            authorization = { _ in .fields([("Authorization", token.reveal { Secret("SSWS " + $0) })]) }
        case (nil, let clientID?, let key?):
            authorization = { scopes in
                .token { try Self.token(client, base, clientID: clientID, key: key, scopes: scopes) }
            }
        default:
            throw ConnectorError.configuration("Okta takes either api_token, or client_id with private_key.")
        }
        api = PlatformAPI(
            client, base, headers: ["Accept": "application/json"], authorization(Self.scopes), explain: Self.explain)
        accessReviews = OktaAccessReviews(
            PlatformAPI(
                client, base, headers: ["Accept": "application/json"], authorization(OktaAccessReviews.scopes),
                explain: OktaAccessReviews.explain))
        eventsSince = scope.eventsSince(of: "events")
        directory = OktaDirectory(api)
    }

    func check() throws { _ = try api.get("/api/v1/org").object() }

    var collections: [RecordCollection] {
        [
            users("users"),
            // Without a filter, Okta leaves out deprovisioned users.
            users("deprovisioned users", query: [("filter", #"status eq "DEPROVISIONED""#)]),
            pages("applications", of: .application, "/api/v1/apps", query: [("limit", "200")]) {
                try PageEntries($0.list(), of: .application, read: OktaRecords.application)
            },
            .each(
                "assignments", of: .entitlement, parents: directory.applicationIDs,
                areAllKnown: { directory.areAllApplicationsKnown },
                keeping: { [.ofApplication(.entitlement, application: $0)] }
            ) { application, cursor in
                try page("/api/v1/apps/\(application)/users", query: [("limit", "500")], cursor) {
                    try PageEntries(
                        $0.list(), of: .entitlement, id: { $0.text("id").map { application + "/" + $0 } },
                        read: { OktaRecords.entitlement($0, application: application) })
                }
            },
            // Grants are requested by application, since asking by user would take a request for each user.
            .each(
                "grants", of: .oauthGrant, need: .optional, parents: directory.clientApplicationIDs,
                areAllKnown: { directory.areAllApplicationsKnown },
                keeping: { [.ofApplication(.oauthGrant, application: $0)] }
            ) { application, cursor in
                try page("/api/v1/apps/\(application)/tokens", query: [("limit", "200")], cursor) {
                    OktaRecords.grants(try $0.list(), application: application)
                }
            }.keeping {
                try directory.applicationIDsOfUnknownUse().map { .ofApplication(.oauthGrant, application: $0) }
            },
            pages(
                "devices", of: .device, need: .optional, "/api/v1/devices",
                query: [("limit", "200"), ("expand", "user")]
            ) {
                try PageEntries($0.list(), of: .device, read: OktaRecords.device)
            },
            RecordCollection("events", of: .auditEvent, need: .optional) { cursor in
                var page = try page(
                    "/api/v1/logs", query: [("since", eventsSince.description), ("limit", "1000")], cursor
                ) {
                    try PageEntries($0.list(), of: .auditEvent, id: { $0.text("uuid") }, read: OktaRecords.event)
                }
                // The log always names a next page, since it never ends. An empty page means that all events were read.
                if page.entries.count == 0 { page.next = nil }
                return page
            },
        ]
    }

    private func users(_ name: String, query: [(name: String, value: String)] = []) -> RecordCollection {
        pages(name, of: .account, "/api/v1/users", query: [("limit", "200")] + query) {
            try directory.accounts($0.list())
        }
    }

    private func pages(
        _ name: String, of kind: SyncRecord.Kind, need: RecordCollection.Need = .required, _ path: UpstreamPath,
        query: [(name: String, value: String)], entries: @escaping (UpstreamResponse) throws -> PageEntries
    ) -> RecordCollection {
        RecordCollection(name, of: kind, need: need) { try page(path, query: query, $0, entries) }
    }

    private func page(
        _ path: UpstreamPath, query: [(name: String, value: String)], _ cursor: JSON?,
        _ entries: (UpstreamResponse) throws -> PageEntries
    ) throws -> RecordPage {
        let response = try api.get(path, query: query + Self.after(cursor))
        return RecordPage(try entries(response), next: try response.nextCursor("after"))
    }

    /// Returns the query parameter for the position of a page; none for the first page.
    static func after(_ cursor: JSON?) -> [(name: String, value: String)] {
        cursor?.string.map { [(name: "after", value: $0)] } ?? []
    }

    /// Returns the value of `Authorization` with a service app's access token, which the app obtains with its own
    /// assertion (RFC 7523).
    private static func token(
        _ client: UpstreamClient, _ base: UpstreamURL, clientID: String, key: Secret, scopes: String
    ) throws -> Secret {
        let url = base.appending("/oauth2/v1/token")
        let now = Timestamp.now.seconds
        let assertion = try OAuthToken.assertion(
            [
                "iss": .string(clientID), "sub": .string(clientID), "aud": .string(url.description),
                "iat": .integer(now), "exp": .integer(now + 300), "jti": .string(Identifier.random().description),
            ], key: key)
        let form = [
            ("grant_type", "client_credentials"), ("scope", scopes),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion),
        ]
        return try OAuthToken.bearer(client, url, form: form) { response in
            switch response.json.text("error") {
            case "invalid_dpop_proof", "use_dpop_nonce":
                .configuration("The Okta app requires DPoP. Turn it off in the app's general settings.")
            case "invalid_scope":
                .configuration("The Okta app lacks a scope. Grant it these scopes: \(scopes).")
            default:
                response.status < 500
                    ? .credentials("Okta refuses the client ID or the private key.")
                    : .provider("Okta failed. Try again later.")
            }
        }
    }

    /// Returns the retry decision. A 429 gives the end of the limit in `x-rate-limit-reset`, often without Retry-After.
    @Sendable private static func decision(_ response: UpstreamResponse) -> RetryDecision {
        guard response.status == 429 else { return RetryPolicy.standardDecision(response) }
        return .throttled(seconds: response.retryAfter ?? response.seconds(untilEpochIn: "x-rate-limit-reset"))
    }

    /// Returns the meaning of Okta's error codes. A 401 means a bad token only with E0000011, E0000004 or no code; with
    /// another code, a feature or a permission is missing.
    static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch (response.status, response.json.text("errorCode")) {
        case (401, "E0000011"), (401, "E0000004"), (401, nil): .credentials("Okta refuses the API token.")
        case (401, _), (403, "E0000006"), (403, "E0000022"):
            .configuration("The Okta token lacks a permission. Give its administrator a role that includes it.")
        case (403, _): .configuration("Okta does not allow this in the user's current status.")
        case (404, _): .missing("Okta has no such user, application or device.")
        default: .unexplained(response, by: "Okta")
        }
    }
}
