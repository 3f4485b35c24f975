import Base
import HTTP
import Integrations
import Upstream

/// A connector for one group on gitlab.com or on a customer's own server (docs.gitlab.com/api).
struct GitLab: Connector {
    static let platform = Platform.gitlab
    static let fields: [CredentialField] = [
        .plain("group_id", "The ID or the full path of the top-level group.", accepts: isGroup),
        .secret("token", "An access token of an owner of the group, or of an administrator of the server."),
        .plain(
            "base_url", "The server, https://gitlab.com if left out.", isRequired: false, accepts: Form.server),
    ]
    static let actions: Set<ActionType> = [
        .suspendUser, .unsuspendUser, .deactivateUser, .removeFromGroup, .removeAdminRole, .revokeAllTokens,
        .rotateCredentials, .createTicket,
    ]
    static let parameters: [ActionType: [ActionParameter]] = [
        .rotateCredentials: [.key("token_id", prefix: "token/", isRequired: true)],
        .createTicket: [project] + Ticket.parameters,
    ]
    /// The parameter that names a ticket's project. Projects are not stored, so the connector looks the project up at
    /// GitLab, and checks that it belongs to the group and is not public.
    static let project = ActionParameter.value(
        "project", "the ID or the full path of a project of the group", isRequired: true, accepts: isGroup)

    let api: PlatformAPI
    let group: String
    /// True on gitlab.com, which customers share with others and therefore don't administer.
    let isShared: Bool
    private let directory: GitLabDirectory
    private let eventsSince: Timestamp

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        guard let group = credentials["group_id"], let token = credentials.secret("token"),
            let server = UpstreamURL(credentials["base_url"] ?? "https://gitlab.com")
        else { throw ConnectorError.configuration("GitLab takes group_id, token and base_url.") }
        let client = try UpstreamClient(
            Self.platform.rawValue, scope.environment, isSelfHosted: true,
            retry: RetryPolicy(firstPause: scope.firstPause, decision: Self.decision), seconds: scope.seconds)
        api = PlatformAPI(
            client, server.appending("/api/v4"), headers: ["Accept": "application/json"],
            .fields([("PRIVATE-TOKEN", token)]), explain: Self.explain)
        self.group = group
        isShared = server.host == "gitlab.com"
        directory = GitLabDirectory(api, group, isShared: isShared)
        eventsSince = scope.eventsSince(of: "events")
    }

    func check() throws {
        _ = try api.get("/user").object()
        do {
            _ = try api.get("/groups/\(group)").object()
        } catch ConnectorError.missing {
            throw ConnectorError.configuration("GitLab has no such group, or the token may not see it.")
        }
    }

    var collections: [RecordCollection] {
        [
            // The group's list does not contain people who are only in a project or subgroup. The group's list comes
            // last because it says more about people who are in several lists.
            .numbered("project members", of: .account, need: .optional, projects) {
                try directory.members(ofProjects: $0)
            },
            .numbered(
                "subgroup members", of: .account, need: .optional,
                list("/groups/\(group)/descendant_groups", query: Self.byID)
            ) { try directory.members(ofSubgroups: $0) },
            .numbered("members", of: .account, need: .required, list("/groups/\(group)/members/all")) {
                try directory.accounts($0)
            },
            // An administrator's token lists the tokens of all users; any other token lists those of its own user.
            RecordCollection.numbered(
                "tokens", of: .accessKey, need: .optional,
                list("/personal_access_tokens", query: [("state", "active")])
            ) {
                PageEntries($0, of: .accessKey, id: GitLabRecords.tokenID, read: GitLabRecords.token)
            }.withIDs(beginning: GitLabRecords.tokenPrefix),
            RecordCollection.numbered("deploy keys", of: .accessKey, need: .optional, projects) {
                try directory.deployKeys(of: $0)
            }.withIDs(beginning: GitLabRecords.projectPrefix),
            RecordCollection("events", of: .auditEvent, need: .optional) { try events($0) },
        ]
    }

    private static let byID = [(name: "order_by", value: "id"), (name: "sort", value: "asc")]

    private var projects: NumberedList {
        list("/groups/\(group)/projects", query: [("include_subgroups", "true"), ("archived", "false")] + Self.byID)
    }

    private func list(_ path: UpstreamPath, query: [(name: String, value: String)] = []) -> NumberedList {
        .ofNumberedPages(api, path, query: query) { $0.identifier("id") ?? "" }
    }

    /// The longest period that one query may span, in seconds.
    private static let window = Int.days(30)

    /// Reads the log in periods of the length `window`, each page by page. A cursor holds the start of its period and
    /// the next page in it.
    private func events(_ cursor: JSON?) throws -> RecordPage {
        let from = cursor?["from"]?.integer.map { Timestamp(seconds: $0) } ?? eventsSince
        let end = from + Self.window
        let response =
            try cursor?.text("page").map { try api.get(next: $0) }
            ?? api.get(
                "/groups/\(group)/audit_events",
                query: [
                    ("created_after", from.description), ("created_before", end.description),
                    ("pagination", "keyset"), ("per_page", "100"),
                ])
        let entries = PageEntries(try response.list(), of: .auditEvent, read: GitLabRecords.event)
        if let page = try response.nextLink() {
            return RecordPage(entries, next: ["from": .integer(from.seconds), "page": page])
        }
        return RecordPage(entries, next: end < .now ? ["from": .integer(end.seconds)] : nil)
    }

    /// Returns the retry decision. The body of a 429 is plain text; the wait is in Retry-After, or its end in
    /// RateLimit-Reset.
    @Sendable private static func decision(_ response: UpstreamResponse) -> RetryDecision {
        guard response.status == 429 else { return RetryPolicy.standardDecision(response) }
        return .throttled(seconds: response.retryAfter ?? response.seconds(untilEpochIn: "RateLimit-Reset"))
    }

    private static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch response.status {
        case 401: .credentials("GitLab refuses the token. Make a new one and connect again.")
        case 403: .configuration("The GitLab token lacks a permission. Give its user a role that includes it.")
        case 404: .missing("GitLab has no such user, token or project, or the token may not see it.")
        case 405: .configuration("GitLab does not offer this, or not for that user or project.")
        case 400, 409, 422: .configuration("GitLab does not allow this for that user or project.")
        default: .unexplained(response, by: "GitLab")
        }
    }

    // MARK: Forms

    @Sendable private static func isGroup(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 1_000 && text.first != "/" && text.last != "/"
            && text.utf8.allSatisfy { byte in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                    || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "-_./".utf8.contains(byte)
            }
    }
}
