import Base
import HTTP
import Integrations
import Upstream

/// A connector for one Jira Cloud site (developer.atlassian.com/cloud/jira/platform/rest/v3).
struct Jira: Connector {
    static let platform = Platform.jira
    static let fields: [CredentialField] = [
        .plain("site", "The site's name: NAME of NAME.atlassian.net.", accepts: Form.label),
        .plain("email", "The e-mail address of a site administrator.", accepts: Form.email),
        .secret("api_token", "An API token of that administrator."),
        .plain(
            "project_key", "The key of the project that tickets go into.", isRequired: false, accepts: isProjectKey),
    ]
    static let actions: Set<ActionType> = [.removeFromGroup, .removeAdminRole, .createTicket]
    static let parameters: [ActionType: [ActionParameter]] = [
        .removeFromGroup: [group], .createTicket: [project, issueType, priority] + Ticket.parameters,
    ]
    /// The parameter that names the group from which an account is removed. Groups are not stored, so the connector
    /// asks Jira if the account is a member.
    static let group = ActionParameter.value(
        "group", "the name of a group that the target is a member of", isRequired: true
    ) { name in
        (1...255).contains(name.unicodeScalars.count)
            && name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
    /// The parameter that names the project for a ticket; the connection's own project if left out. Projects are not
    /// stored. The connection is to one site, so the key can't name a project outside it.
    static let project = ActionParameter.value(
        "project_key", "the key of a project of the site, in capital letters", accepts: isProjectKey)
    static let issueType = ActionParameter.text("issue_type", 60)
    static let priority = ActionParameter.text("priority", 60)

    let api: PlatformAPI
    let projectKey: String?
    let administrators: JiraAdministrators
    private let eventsSince: Timestamp

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        guard let site = credentials["site"], let email = credentials["email"],
            let token = credentials.secret("api_token"), let base = UpstreamURL("https://\(site).atlassian.net")
        else { throw ConnectorError.configuration("Jira takes site, email and api_token.") }
        let client = try UpstreamClient(
            Self.platform.rawValue, scope.environment,
            retry: RetryPolicy(firstPause: scope.firstPause, decision: Self.decision), seconds: scope.seconds)
        let basic = token.reveal { Secret("Basic " + Base64.standard.encode(Array("\(email):\($0)".utf8))) }
        api = PlatformAPI(
            client, base, headers: ["Accept": "application/json"], .fields([("Authorization", basic)]),
            explain: Self.explain)
        projectKey = credentials["project_key"]
        administrators = JiraAdministrators(api, site: site)
        eventsSince = scope.eventsSince(of: "events")
    }

    /// Checks the credentials with `myself`, since much of Jira also answers anonymous requests, and the permission to
    /// list users.
    func check() throws {
        _ = try api.get("/rest/api/3/myself").object()
        _ = try api.get("/rest/api/3/users/search", query: [("startAt", "0"), ("maxResults", "1")]).list()
    }

    var collections: [RecordCollection] {
        [
            // Pages may be shorter than requested, so the list ends with an empty page.
            .numbered(
                "users", of: .account, need: .required,
                NumberedList(id: { $0.text("accountId") ?? "" }) { from in
                    let users = try api.get(
                        "/rest/api/3/users/search", query: [("startAt", String(from)), ("maxResults", "200")]
                    ).list()
                    return (users, users.isEmpty)
                }
            ) { try accounts($0) },
            RecordCollection("events", of: .auditEvent, need: .optional) { cursor in
                let from = cursor?.place ?? 0
                let events = try api.get(
                    "/rest/api/3/auditing/record",
                    query: [("from", eventsSince.description), ("offset", String(from)), ("limit", "200")]
                ).list("records")
                return RecordPage(
                    PageEntries(events, of: .auditEvent) { JiraRecords.event($0, administrators) },
                    next: events.isEmpty ? nil : .integer(from + events.count))
            },
        ]
    }

    private func accounts(_ users: [JSON]) throws -> PageEntries {
        guard !users.isEmpty else { return PageEntries() }
        let roles = try administrators.roles()
        var entries = PageEntries(users, of: .account, id: { $0.text("accountId") }) { user in
            guard user.text("accountType") != "customer" else { return .skipped("a customer of a service desk") }
            guard var account = JiraRecords.account(user) else { return .unreadable }
            roles.describe(&account)
            return .read([.account(account)])
        }
        entries.name(roles)
        return entries
    }

    /// Returns the retry decision. A 429 gives the wait in Retry-After, or else its end in X-RateLimit-Reset. Some 503
    /// responses have Retry-After too, but do not say that nothing was changed.
    @Sendable private static func decision(_ response: UpstreamResponse) -> RetryDecision {
        guard response.status == 429 else { return RetryPolicy.standardDecision(response) }
        let reset = response.headers["X-RateLimit-Reset"].flatMap { Timestamp(provider: $0) }
        return .throttled(seconds: response.retryAfter ?? reset.map { response.seconds(until: $0) })
    }

    private static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch response.status {
        case 401: .credentials("Jira refuses the e-mail address or the API token.")
        case 403: .configuration("The Jira user is not allowed to do this. It must be a site administrator.")
        case 404: .missing("Jira has no such site, project, group or user.")
        default: .unexplained(response, by: "Jira")
        }
    }

    @Sendable static func isProjectKey(_ text: String) -> Bool {
        (2...255).contains(text.utf8.count) && text.first?.isLetter == true
            && text.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") }
    }
}
