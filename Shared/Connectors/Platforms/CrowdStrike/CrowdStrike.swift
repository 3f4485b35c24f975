import Base
import Findings
import HTTP
import Upstream

/// CrowdStrike Falcon: falconpy.io and the API documentation of the Falcon console.
struct CrowdStrike: Connector {
    static let platform = Platform.crowdStrike
    static let fields: [CredentialField] = [
        .plain("region", "The cloud of the account: us-1, us-2, eu-1 or us-gov-1.") { hosts[$0] != nil },
        .plain("client_id", "The client ID of an API client."),
        .secret("client_secret", "The secret of that API client."),
    ]
    static let actions: Set<ActionType> = [
        .containHost, .liftContainment, .forcePasswordChange, .forceMFAEnroll,
    ]

    private static let hosts = [
        "us-1": "api.crowdstrike.com", "us-2": "api.us-2.crowdstrike.com", "eu-1": "api.eu-1.crowdstrike.com",
        "us-gov-1": "api.laggar.gcw.crowdstrike.com",
    ]

    let api: PlatformAPI
    private let directory: CrowdStrikeDirectory

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        guard let host = credentials["region"].flatMap({ Self.hosts[$0] }), let id = credentials["client_id"],
            let secret = credentials.secret("client_secret"), let base = UpstreamURL("https://" + host)
        else { throw ConnectorError.configuration("CrowdStrike takes region, client_id and client_secret.") }
        let client = try UpstreamClient(
            Self.platform.rawValue, scope.environment,
            retry: RetryPolicy(firstPause: scope.firstPause, verdict: Self.verdict), seconds: scope.seconds)
        let token: () throws -> Secret = {
            try secret.reveal { secret in
                try OAuthToken.bearer(
                    client, base.appending("/oauth2/token"), form: [("client_id", id), ("client_secret", secret)]
                ) { response in
                    // Unknown clients are 403, malformed ones 400.
                    response.status < 500
                        ? .credentials("CrowdStrike refuses the client ID or the secret, or the region is another.")
                        : .provider("CrowdStrike failed. Try again later.")
                }
            }
        }
        api = PlatformAPI(
            client, base, headers: ["Accept": "application/json"], .token(token), explain: Self.explain)
        directory = CrowdStrikeDirectory(api)
    }

    func check() throws {
        _ = try api.get("/devices/queries/devices/v1", query: [("limit", "1")]).list("resources")
        _ = try api.get("/alerts/queries/alerts/v2", query: [("limit", "1")]).list("resources")
    }

    var collections: [RecordCollection] {
        [
            // The scroll's pointers last for two minutes.
            RecordCollection("hosts") { cursor in
                let more = cursor?.string.map { [(name: "offset", value: $0)] } ?? []
                let response = try api.get(
                    "/devices/queries/devices-scroll/v1", query: [("limit", "1000")] + more)
                let ids = try response.list("resources").compactMap(\.string)
                let next = response.json["meta"]?["pagination"]?.text("offset")
                return RecordPage(
                    try directory.devices(ids), next: ids.isEmpty ? nil : next.map(JSON.string))
            }.beginningAgain(),
            .numbered("users", userIDs) { try directory.accounts($0.compactMap(\.string)) },
        ]
    }

    private var userIDs: NumberedList {
        NumberedList(id: { $0.string ?? "" }) { from in
            let response = try api.get(
                "/user-management/queries/users/v1",
                query: [("limit", "100"), ("offset", String(from)), ("sort", "uid|asc")])
            let ids = try response.list("resources")
            let total = response.json["meta"]?["pagination"]?["total"]?.integer ?? 0
            return (ids, ids.isEmpty || from + ids.count >= total)
        }
    }

    /// 429 names no time, but in a field that is not documented: the end of the limit in seconds since 1970.
    @Sendable private static func verdict(_ response: UpstreamResponse) -> Verdict {
        guard response.status == 429 else { return RetryPolicy.standardVerdict(response) }
        return .throttled(
            seconds: response.retryAfter ?? response.seconds(untilEpochIn: "X-RateLimit-RetryAfter"))
    }

    private static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch response.status {
        case 401: .credentials("CrowdStrike refuses the token that it has given.")
        case 403:
            .configuration("The CrowdStrike API client may not do this. Give it the scopes that the README lists.")
        case 404: .missing("CrowdStrike has no such host or user.")
        case 400, 409: .configuration("CrowdStrike does not allow this for that host or user now.")
        default: .unexplained(response, by: "CrowdStrike")
        }
    }
}

// MARK: Actions

extension CrowdStrike {
    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        let id = target.externalID
        switch action {
        case .containHost: try act(onHost: id, "contain")
        case .liftContainment: try act(onHost: id, "lift_containment")
        case .forcePasswordChange: try act(onUser: id, "reset_password")
        case .forceMFAEnroll: try act(onUser: id, "reset_2fa")
        default: throw ConnectorError.configuration("CrowdStrike can't do \(action.rawValue).")
        }
        return ["platform": "crowdstrike", "external_id": .string(id)]
    }

    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? {
        let wanted: Set<String>
        switch action {
        case .containHost: wanted = ["contained", "containment_pending"]
        case .liftContainment: wanted = ["normal", "lift_containment_pending"]
        default: return nil
        }
        guard let status = try directory.hosts([target.externalID]).first?.text("status") else { return nil }
        return wanted.contains(status)
            ? .done(["platform": "crowdstrike", "external_id": .string(target.externalID)]) : .notDone
    }

    private func act(onHost id: String, _ action: String) throws {
        let answer = try api.change(
            .post, "/devices/entities/devices-actions/v2", query: [("action_name", action)], ["ids": [.string(id)]])
        try Self.refuseErrors(answer)
    }

    private func act(onUser id: String, _ action: String) throws {
        let answer = try api.change(
            .post, "/user-management/entities/user-actions/v1",
            ["action": ["action_name": .string(action)], "ids": [.string(id)]])
        try Self.refuseErrors(answer)
    }

    /// What was refused for one id is in a list of errors beside a status of success.
    private static func refuseErrors(_ response: UpstreamResponse) throws {
        guard response.json["errors"]?.array?.isEmpty ?? true else {
            throw ConnectorError.configuration("CrowdStrike does not allow this for that host or user now.")
        }
    }
}
