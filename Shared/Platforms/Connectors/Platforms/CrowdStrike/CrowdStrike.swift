import Base
import HTTP
import Integrations
import Upstream

/// A connector for CrowdStrike Falcon (falconpy.io and the API documentation in the Falcon console).
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
            retry: RetryPolicy(firstPause: scope.firstPause, decision: Self.decision), seconds: scope.seconds)
        let token: () throws -> Secret = {
            try secret.reveal { secret in
                try OAuthToken.bearer(
                    client, base.appending("/oauth2/token"), form: [("client_id", id), ("client_secret", secret)],
                    explain: Self.explainToken)
            }
        }
        api = PlatformAPI(
            client, base, headers: ["Accept": "application/json"], .token(token), explain: Self.explain)
        directory = CrowdStrikeDirectory(api)
    }

    func check() throws {
        _ = try Self.resources(api.get("/devices/queries/devices/v1", query: [("limit", "1")]))
    }

    var collections: [RecordCollection] {
        [
            // The scroll's pointers expire after two minutes.
            RecordCollection("hosts", of: .device) { cursor in
                let more = cursor?.string.map { [(name: "offset", value: $0)] } ?? []
                let response = try api.get(
                    "/devices/queries/devices-scroll/v1", query: [("limit", "1000")] + more)
                let ids = try Self.resources(response)
                let (total, place) = try Self.pagination(response)
                guard !ids.isEmpty || cursor != nil || total == 0 else { throw Self.hidden }
                let next = try place.nextToken("offset")
                return RecordPage(
                    try directory.devices(ids), next: ids.isEmpty ? nil : next.map(JSON.string))
            }.beginningAgain(),
            .numbered("users", of: .account, need: .optional, userIDs) { try directory.accounts($0) },
        ]
    }

    /// Returns the entries of an answer.
    ///
    /// - Throws: `ConnectorError` if the answer lists errors, which may come with a success status and an empty list,
    ///   or if it has no list.
    static func resources(_ response: UpstreamResponse) throws(ConnectorError) -> [JSON] {
        if let error = response.json["errors"]?.array?.first { throw explain(error["code"]?.integer) }
        return try response.list("resources")
    }

    /// Returns the number of entries in the whole list, and the object that holds the position of the next page.
    static func pagination(_ response: UpstreamResponse) throws(ConnectorError) -> (total: Int, place: JSON) {
        guard let pagination = response.json["meta"]?["pagination"], let total = pagination["total"]?.place else {
            throw .provider("CrowdStrike's answer is not the documented list.")
        }
        return (total, pagination)
    }

    private static let hidden = ConnectorError.provider("CrowdStrike shows fewer entries than it counts.")

    private var userIDs: NumberedList {
        NumberedList(id: { $0.string ?? "" }) { from in
            let response = try api.get(
                "/user-management/queries/users/v1",
                query: [("limit", "100"), ("offset", String(from)), ("sort", "uid|asc")])
            let ids = try Self.resources(response)
            let total = response.json["meta"]?["pagination"]?["total"]?.place
            guard !ids.isEmpty || from > 0 || total == 0 else { throw Self.hidden }
            return (
                ids, ids.isEmpty || total.map { from + NumberedList.count(ids.map { $0.string ?? "" }) >= $0 } == true
            )
        }
    }

    /// Returns the retry decision. With 429, CrowdStrike may give only an undocumented field: the end of the limit in
    /// seconds since 1970.
    @Sendable private static func decision(_ response: UpstreamResponse) -> RetryDecision {
        guard response.status == 429 else { return RetryPolicy.standardDecision(response) }
        return .throttled(
            seconds: response.retryAfter ?? response.seconds(untilEpochIn: "X-RateLimit-RetryAfter"))
    }

    private static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch response.status {
        case 400, 401, 403, 404, 409: explain(response.status)
        default: .unexplained(response, by: "CrowdStrike")
        }
    }

    /// Returns the meaning of an error's code. The code is the status, or comes in an answer with status 2xx.
    static func explain(_ code: Int?) -> ConnectorError {
        switch code {
        case 401: .credentials("CrowdStrike refuses the access token that it issued.")
        case 403:
            .configuration(
                """
                The CrowdStrike API client is not allowed to do this. Give it the scopes Hosts (read and write), Alerts \
                (read) and User management (read and write).
                """)
        case 404: .missing("CrowdStrike has no such host or user.")
        case 400, 409: .configuration("CrowdStrike does not allow this for that host or user now.")
        default: .provider("CrowdStrike failed\(code.map { " with code \($0)" } ?? ""). Try again later.")
        }
    }

    /// Returns the error of a token request. CrowdStrike answers 403 for an unknown client, 400 for a malformed one,
    /// and 308 if the account is in another cloud.
    private static func explainToken(_ response: UpstreamResponse) -> ConnectorError {
        switch response.status {
        case 300..<400: .configuration("The CrowdStrike account is in another cloud. Choose that one as the region.")
        case 400, 401, 403: .credentials("CrowdStrike refuses the client ID or the secret, or the region is wrong.")
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
        let hosts = try unlessGone { try directory.hosts([target.externalID]) }
        guard let status = hosts?.first?.text("status") else { return nil }
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

    /// Throws if the answer lists errors: a refusal for one id comes with a success status. If the answer can't be
    /// read, it is not known if CrowdStrike refused.
    private static func refuseErrors(_ response: UpstreamResponse) throws {
        guard let errors = response.json.object.map({ $0["errors"] ?? .null }), errors == .null || errors.array != nil
        else {
            throw ConnectorError.unknownOutcome(
                "CrowdStrike's answer can't be read; it may have carried the action out.")
        }
        guard errors.array?.isEmpty ?? true else {
            throw ConnectorError.configuration("CrowdStrike does not allow this for that host or user now.")
        }
    }
}
