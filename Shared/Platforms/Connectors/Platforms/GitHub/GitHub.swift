import Base
import HTTP
import Integrations
import Upstream

/// A connector for an organization on github.com (docs.github.com/rest and docs.github.com/graphql).
struct GitHub: Connector {
    static let platform = Platform.github
    static let fields: [CredentialField] = [
        .plain("organization", "The organization's name, as in github.com/NAME.") {
            Form.label($0) && $0.utf8.count <= 39
        },
        .secret("token", "A personal access token of an owner of the organization."),
    ]
    static let actions: Set<ActionType> = [
        .suspendUser, .deactivateUser, .removeFromGroup, .removeAdminRole, .revokeOAuthToken, .revokeAllTokens,
        .rotateCredentials, .createTicket,
    ]
    static let parameters: [ActionType: [ActionParameter]] = [
        .rotateCredentials: [.key("credential_id", prefix: "credential/", isRequired: true)],
        .revokeOAuthToken: [.key("credential_id", prefix: "credential/")],
        .createTicket: [repository] + Ticket.parameters,
    ]
    /// The parameter that names a ticket's repository. Repositories are not stored, so the connector asks GitHub
    /// whether it belongs to the organization.
    static let repository = ActionParameter.value(
        "repository", "the name of a repository of the organization, without its owner", isRequired: true
    ) { name in
        (1...100).contains(name.utf8.count) && name != "." && name != ".."
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }

    /// The scopes that a token needs, as error sentences name them.
    static let scopes = "admin:org, read:audit_log and repo"

    let api: PlatformAPI
    let organization: String
    let directory: GitHubDirectory
    private let eventsSince: Timestamp

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        guard let organization = credentials["organization"], let token = credentials.secret("token"),
            let base = UpstreamURL("https://api.github.com")
        else { throw ConnectorError.configuration("GitHub takes organization and token.") }
        let client = try UpstreamClient(
            Self.platform.rawValue, scope.environment,
            retry: RetryPolicy(firstPause: scope.firstPause, decision: Self.decision), seconds: scope.seconds)
        api = PlatformAPI(
            client, base,
            headers: ["Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"],
            .fields([("Authorization", token.reveal { Secret("Bearer " + $0) })]), explain: Self.explain)
        self.organization = organization
        directory = GitHubDirectory(api, organization)
        eventsSince = scope.eventsSince(of: "events")
    }

    func check() throws {
        guard try directory.graph.organization("viewerCanAdminister")["viewerCanAdminister"]?.bool == true else {
            throw ConnectorError.configuration(
                "The token's user is not an owner of the GitHub organization. Use an owner's token.")
        }
    }

    var collections: [RecordCollection] {
        [
            RecordCollection("members", of: .account) { try directory.members($0) },
            .numbered(
                "outside collaborators", of: .account, need: .required,
                directory.users("/orgs/\(organization)/outside_collaborators")
            ) { try directory.outsideCollaborators($0) },
            .numbered(
                "joining members", of: .account, need: .required, directory.users("/orgs/\(organization)/members")
            ) { directory.joiningMembers($0) },
            .numbered(
                "installations", of: .application, need: .optional,
                .ofNumberedPages(api, "/orgs/\(organization)/installations", in: "installations") {
                    $0.identifier("id") ?? ""
                }
            ) { PageEntries($0, of: .application, read: GitHubRecords.application) },
            RecordCollection("deploy keys", of: .accessKey, need: .optional) { try directory.deployKeys($0) },
            // Only organizations with SAML single sign-on have authorized credentials.
            RecordCollection.numbered(
                "authorized credentials", of: .accessKey, need: .optional,
                .ofNumberedPages(api, "/orgs/\(organization)/credential-authorizations") {
                    $0.identifier("credential_id") ?? ""
                }
            ) { try directory.authorizedCredentials($0) }.withIDs(beginning: GitHubRecords.credentialPrefix),
            // Only organizations of GitHub Enterprise Cloud show their audit log to programs. Its search takes whole
            // days.
            .linked(
                "events", of: .auditEvent, need: .optional, api, "/orgs/\(organization)/audit-log",
                query: [
                    ("phrase", "created:>=" + eventsSince.description.prefix(10)), ("include", "web"),
                    ("order", "asc"), ("per_page", "100"),
                ]
            ) { response in
                try PageEntries(response.list(), of: .auditEvent, id: { $0.text("_document_id") }) {
                    try GitHubRecords.event($0, userID: directory.logins.id)
                }
            },
        ]
    }

    /// Returns the retry decision. GitHub reports throttling as 403 or 429, or as status 200 with a GraphQL error. The
    /// waiting time is `retry-after`, or else `x-ratelimit-reset` if no requests are left, or else a minute. A 403 is
    /// final if it has neither and does not name the secondary limit.
    @Sendable private static func decision(_ response: UpstreamResponse) -> RetryDecision {
        switch response.status {
        case 200: guard isLimit(response) else { return .final }
        case 403, 429: break
        default: return RetryPolicy.standardDecision(response)
        }
        if let seconds = response.retryAfter { return .throttled(seconds: seconds) }
        if response.headers["x-ratelimit-remaining"] == "0" {
            return .throttled(seconds: response.seconds(untilEpochIn: "x-ratelimit-reset"))
        }
        let isSecondary = response.json.text("message")?.contains("secondary rate limit") == true
        return response.status != 403 || isSecondary ? .throttled(seconds: 60) : .final
    }

    /// Returns true if a GraphQL answer says that the rate limit is reached. GitHub uses two names for this error.
    private static func isLimit(_ response: UpstreamResponse) -> Bool {
        // Error answers are short. Longer bodies are pages of data, which need not be parsed twice.
        guard response.body.count < 65_536, response.body.firstRange(of: Array("RATE_LIMIT".utf8)) != nil else {
            return false
        }
        let types = (response.json["errors"]?.array ?? []).map { $0.text("type") }
        return types.contains("RATE_LIMIT") || types.contains("RATE_LIMITED")
    }

    private static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch response.status {
        case 401: .credentials("GitHub refuses the token. Make a new one and connect again.")
        case 403:
            .configuration("The GitHub token is not allowed to do this. Give it the scopes \(scopes).")
        case 404: .missing("GitHub has no such user, credential or repository, or the token may not see it.")
        case 410, 422: .configuration("GitHub does not allow this for that user or repository.")
        default: .unexplained(response, by: "GitHub")
        }
    }
}
