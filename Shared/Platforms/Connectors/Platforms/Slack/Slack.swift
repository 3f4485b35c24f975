import Base
import HTTP
import Integrations
import Upstream

/// A connector for one Slack workspace (docs.slack.dev/reference/methods, …/admins/scim-api and
/// …/admins/audit-logs-api).
struct Slack: Connector {
    static let platform = Platform.slack
    static let fields: [CredentialField] = [
        .secret("token", "A token of an app that an owner has installed in the workspace: xoxp-… or xoxb-….") {
            Form.line($0) && ($0.hasPrefix("xoxp-") || $0.hasPrefix("xoxb-"))
        }
    ]
    static let actions: Set<ActionType> = [
        .suspendUser, .unsuspendUser, .deactivateUser, .revokeSessions, .blockApp, .createTicket, .notifyUser,
    ]
    static let parameters: [ActionType: [ActionParameter]] = [
        .createTicket: [channel] + Ticket.parameters, .notifyUser: [message],
    ]
    /// The parameter that names a ticket's channel. Channels are not stored, so the connector asks Slack for the
    /// channel.
    static let channel = ActionParameter.value(
        "channel", "the ID of a channel of the workspace, such as C012AB3CD", isRequired: true
    ) { id in
        (2...30).contains(id.utf8.count) && (id.hasPrefix("C") || id.hasPrefix("G"))
            && id.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber) }
    }
    static let message = ActionParameter.text("message", 4_000, hasLines: true)

    let methods: SlackMethods
    /// The client for SCIM and the audit log, which only some plans have.
    let plus: PlatformAPI
    private let eventsSince: Timestamp
    private let directory: SlackDirectory

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        guard let token = credentials.secret("token"), let base = UpstreamURL("https://slack.com/api"),
            let plusBase = UpstreamURL("https://api.slack.com")
        else { throw ConnectorError.configuration("Slack takes token.") }
        let client = try UpstreamClient(
            Self.platform.rawValue, scope.environment,
            retry: RetryPolicy(firstPause: scope.firstPause, decision: Self.decision), seconds: scope.seconds)
        let bearer = PlatformAPI.Authorization.fields([("Authorization", token.reveal { Secret("Bearer " + $0) })])
        methods = SlackMethods(PlatformAPI(client, base, bearer, explain: Self.explain))
        plus = PlatformAPI(client, plusBase, headers: ["Accept": "application/json"], bearer, explain: Self.explainPlus)
        eventsSince = scope.eventsSince(of: "events")
        directory = SlackDirectory(methods, plus)
    }

    func check() throws {
        _ = try methods.post("auth.test", [])
        _ = try methods.get("users.list", [("limit", "1")])
    }

    var collections: [RecordCollection] {
        [
            RecordCollection("users", of: .account) { cursor in
                let more = cursor?.string.map { [(name: "cursor", value: $0)] } ?? []
                let answer = try methods.get("users.list", [("limit", "200")] + more)
                guard let members = answer["members"]?.array else { throw SlackMethods.malformed }
                return RecordPage(try directory.accounts(members), next: try Self.next(answer))
            },
            RecordCollection("apps", of: .application, .oauthGrant, need: .optional) { _ in
                RecordPage(try directory.apps())
            },
            RecordCollection("events", of: .auditEvent, need: .optional) { cursor in
                let more = cursor?.string.map { [(name: "cursor", value: $0)] } ?? []
                let response = try plus.get(
                    "/audit/v1/logs",
                    query: [("oldest", String(eventsSince.seconds)), ("limit", "1000")] + more)
                return RecordPage(
                    try PageEntries(response.list("entries"), of: .auditEvent, read: SlackRecords.event),
                    next: try Self.next(response.json))
            },
        ]
    }

    /// Returns the cursor of the next page; nil if it is missing or empty, which marks the last page.
    static func next(_ answer: JSON) throws -> JSON? {
        try answer.nextToken("response_metadata", "next_cursor").map(JSON.string)
    }

    /// Returns the retry decision. An answer with the error `ratelimited` counts as throttling too.
    @Sendable private static func decision(_ response: UpstreamResponse) -> RetryDecision {
        if response.status == 200, response.json.text("error") == "ratelimited" {
            return .throttled(seconds: response.retryAfter ?? 30)
        }
        return RetryPolicy.standardDecision(response)
    }

    private static func explain(_ response: UpstreamResponse) -> ConnectorError {
        SlackMethods.error(response.json.text("error")) ?? .unexplained(response, by: "Slack")
    }

    /// Returns the error for SCIM and the audit log, which have many ways to say that a plan or a token does not
    /// include them. `SlackMethods` recognizes a bad token.
    private static func explainPlus(_ response: UpstreamResponse) -> ConnectorError {
        switch response.status {
        case 404: .missing("Slack has no such user, or its plan does not have this.")
        case 400..<500:
            .configuration("Slack does not allow this. It needs a plan with SCIM or audit logs and an owner's token.")
        default: .unexplained(response, by: "Slack")
        }
    }
}

/// Calls Slack's methods, which report failures as status 200 with `"ok":false`.
struct SlackMethods {
    static let malformed = ConnectorError.provider("Slack's answer does not have the documented form.")

    private let api: PlatformAPI

    init(_ api: PlatformAPI) { self.api = api }

    /// Calls a method that changes nothing.
    func get(_ method: String, _ parameters: [(name: String, value: String)]) throws -> JSON {
        try Self.answer(try api.get("/\(method)", query: parameters))
    }

    /// Calls a method. `isIdempotent` says that it does the same if called twice.
    func post(
        _ method: String, _ parameters: [(name: String, value: String)], isIdempotent: Bool = true
    ) throws -> JSON {
        var request = api.request(.post, "/\(method)")
        request.setForm(parameters)
        request.isIdempotent = isIdempotent
        let response = try api.send(request)
        do {
            return try Self.answer(response)
        } catch {
            guard case .provider(let sentence) = error, !isIdempotent else { throw error }
            throw ConnectorError.unknownOutcome(sentence + " It may have carried the action out.")
        }
    }

    private static func answer(_ response: UpstreamResponse) throws(ConnectorError) -> JSON {
        let answer = try response.object()
        guard answer["ok"]?.bool == true else { throw error(answer.text("error")) ?? malformed }
        return answer
    }

    /// Returns the meaning of an error's name; nil if there is no name.
    static func error(_ name: String?) -> ConnectorError? {
        switch name {
        case "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive":
            .credentials("Slack refuses the token. Install the app again and connect with its new token.")
        case "user_not_found", "users_not_found", "channel_not_found", "app_not_found", "cant_update_user":
            .missing("Slack has no such user, app or channel.")
        case "missing_scope", "not_allowed_token_type", "no_permission", "not_allowed", "access_denied",
            "accesslimited",
            "not_an_admin", "not_authorized", "feature_not_enabled", "paid_only", "paid_teams_only",
            "team_access_not_granted", "not_an_enterprise", "enterprise_is_restricted", "ekm_access_denied",
            "app_management_app_not_installed_on_org", "invalid_actor", "is_bot", "too_many_teams_provided",
            "missing_argument", "team_not_found", "org_login_required", "two_factor_setup_required", "not_in_channel",
            "restricted_action", "user_is_restricted", "unknown_method", "method_deprecated", "deprecated_endpoint":
            .configuration(
                """
                Slack does not allow this with that token or plan. The app needs the scopes users:read, \
                users:read.email, chat:write, channels:read and groups:read. An owner's token needs admin; on \
                Enterprise it also needs admin.apps:read, admin.apps:write, admin.users:write and auditlogs:read.
                """)
        case "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org":
            .provider("Slack failed.")
        case let name?: name.isEmpty ? nil : .refused("Slack refused the request for an unknown reason.")
        case nil: nil
        }
    }
}
