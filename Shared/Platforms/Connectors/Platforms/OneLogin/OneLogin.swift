import Base
import HTTP
import Integrations
import Upstream

/// A connector for OneLogin (developers.onelogin.com/api-docs, versions 1 and 2).
struct OneLogin: Connector {
    static let platform = Platform.oneLogin
    static let fields: [CredentialField] = [
        .plain("subdomain", "The part of your OneLogin address before .onelogin.com.", accepts: Form.label),
        .plain("client_id", "The client ID of an API credential of scope Manage All."),
        .secret("client_secret", "The client secret of that API credential."),
    ]
    static let actions: Set<ActionType> = [.suspendUser, .unsuspendUser, .revokeSessions]

    let api: PlatformAPI
    private let eventsSince: Timestamp
    private let directory: OneLoginDirectory

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        guard let subdomain = credentials["subdomain"], let clientID = credentials["client_id"],
            let secret = credentials.secret("client_secret"),
            let base = UpstreamURL("https://\(subdomain).onelogin.com")
        else { throw ConnectorError.configuration("OneLogin takes subdomain, client_id and client_secret.") }
        let client = try UpstreamClient(
            Self.platform.rawValue, scope.environment,
            retry: RetryPolicy(firstPause: scope.firstPause, decision: Self.decision), seconds: scope.seconds)
        api = PlatformAPI(
            client, base, headers: ["Accept": "application/json"],
            .token {
                var request = UpstreamRequest(.post, base.appending("/auth/oauth2/v2/token"))
                request.setJSON(["grant_type": "client_credentials"])
                secret.reveal {
                    request.headers["Authorization"] = "client_id:\(clientID), client_secret:\($0)"
                }
                return try OAuthToken.bearer(client, request, explain: Self.explainToken)
            }, explain: Self.explain)
        eventsSince = scope.eventsSince(of: "events")
        directory = OneLoginDirectory(api)
    }

    func check() throws { _ = try api.get("/api/2/users", query: [("limit", "1"), ("fields", "id")]).list() }

    var collections: [RecordCollection] {
        [
            pages(
                "users", of: .account, "/api/2/users", [("limit", "100"), ("fields", OneLoginRecords.userFields)]
            ) { try directory.accounts($0) },
            pages("applications", of: .application, "/api/2/apps", [("limit", "100")]) {
                PageEntries($0, of: .application, read: OneLoginRecords.application)
            },
            .each(
                "assignments", of: .entitlement, parents: directory.applicationIDs,
                areAllKnown: { directory.knowsAllApplications },
                keeping: { [.ofApplication(.entitlement, application: $0)] }
            ) { application, cursor in
                let (users, next) = try OneLoginDirectory.page(
                    api, "/api/2/apps/\(application)/users", [("limit", "100")], cursor)
                let entries = PageEntries(
                    users, of: .entitlement, keeping: .ofApplication(.entitlement, application: application)
                ) { OneLoginRecords.entitlement($0, application: application) }
                return RecordPage(entries, next: next)
            },
            .tokened(
                "events", of: .auditEvent, need: .optional, api, "/api/1/events",
                query: [("since", eventsSince.description), ("limit", "50")], parameter: "after_cursor",
                token: Self.nextEvents
            ) { response in
                let events = try response.list("data")
                let names = try events.isEmpty ? [:] : directory.eventTypes()
                return PageEntries(events, of: .auditEvent) { OneLoginRecords.event($0, names: names) }
            },
        ]
    }

    private static func nextEvents(_ response: UpstreamResponse) throws -> String? {
        guard let pagination = response.json["pagination"], pagination.object != nil else {
            throw ConnectorError.provider("OneLogin's list of events does not say if there are more.")
        }
        return try pagination.nextToken("after_cursor")
    }

    private func pages(
        _ name: String, of kind: SyncRecord.Kind, _ path: UpstreamPath, _ query: [(name: String, value: String)],
        entries: @escaping ([JSON]) throws -> PageEntries
    ) -> RecordCollection {
        RecordCollection(name, of: kind) { cursor in
            let (values, next) = try OneLoginDirectory.page(api, path, query, cursor)
            return RecordPage(try entries(values), next: next)
        }
    }

    /// Returns the retry decision. Without Retry-After, a 429 gives the wait in the reset field: the seconds that are
    /// left of the hour.
    @Sendable private static func decision(_ response: UpstreamResponse) -> RetryDecision {
        guard response.status == 429 else { return RetryPolicy.standardDecision(response) }
        let reset = response.headers["X-RateLimit-Reset"].flatMap { Double($0) }
        return .throttled(seconds: response.retryAfter ?? reset.flatMap { (0...3_600).contains($0) ? $0 : nil })
    }

    private static func explainToken(_ response: UpstreamResponse) -> ConnectorError {
        switch response.status {
        case 400, 401, 403: .credentials("OneLogin refuses the client ID or the client secret.")
        // OneLogin also answers with such a status if the owner of the credential has been deleted.
        case 500...:
            .provider(
                """
                OneLogin failed to issue an access token. If this continues, the administrator who created the API credential \
                may have been deleted: create another one.
                """)
        default: .unexplained(response, by: "OneLogin")
        }
    }

    private static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch response.status {
        case 401: .credentials("OneLogin refuses the access token.")
        case 403: .configuration("The API credential is not allowed to do this. Create one with the scope Manage All.")
        case 404: .missing("OneLogin has no such user or application, or does not offer this.")
        default: .unexplained(response, by: "OneLogin")
        }
    }
}

// MARK: Actions

extension OneLogin {
    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        let id = target.externalID
        switch action {
        case .suspendUser: try set(id, .suspended)
        case .unsuspendUser: try set(id, .active)
        case .revokeSessions: try api.change(.put, "/api/1/users/\(id)/logout", isIdempotent: true)
        default: throw ConnectorError.configuration("OneLogin can't do \(action.rawValue).")
        }
        return Self.result(target)
    }

    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? {
        func status(is status: OneLoginRecords.UserStatus) throws -> ActionOutcome {
            let user = try api.get("/api/2/users/\(target.externalID)").object()
            return user["status"]?.integer == status.rawValue ? .done(Self.result(target)) : .notDone
        }
        switch action {
        case .suspendUser: return try status(is: .suspended)
        case .unsuspendUser: return try status(is: .active)
        // Ending sessions again does no harm.
        case .revokeSessions: return .notDone
        default: return nil
        }
    }

    private static func result(_ target: ActionTarget) -> JSON {
        ["platform": "onelogin", "external_id": .string(target.externalID)]
    }

    private func set(_ user: String, _ status: OneLoginRecords.UserStatus) throws {
        try api.change(.put, "/api/2/users/\(user)", ["status": .integer(status.rawValue)], isIdempotent: true)
    }
}
