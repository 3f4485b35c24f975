import Base
import Findings
import HTTP
import Upstream

/// GitHub, an organization of github.com: docs.github.com/rest and docs.github.com/graphql.
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
            retry: RetryPolicy(firstPause: scope.firstPause, verdict: Self.verdict), seconds: scope.seconds)
        api = PlatformAPI(
            client, base,
            headers: ["Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"],
            .fields([("Authorization", token.reveal { Secret("Bearer " + $0) })]), explain: Self.explain)
        self.organization = organization
        directory = GitHubDirectory(api, organization)
        eventsSince = scope.eventsSince
    }

    func check() throws {
        guard try directory.graph.organization("viewerCanAdminister")["viewerCanAdminister"]?.bool == true else {
            throw ConnectorError.configuration(
                "The token's user is no owner of the GitHub organization. Use a token of an owner.")
        }
    }

    var collections: [RecordCollection] {
        [
            RecordCollection("members") { try directory.members($0) },
            .numbered("outside collaborators", directory.users("/orgs/\(organization)/outside_collaborators")) {
                try directory.outsideCollaborators($0)
            },
            .numbered(
                "installations",
                .ofNumberedPages(api, "/orgs/\(organization)/installations", in: "installations") {
                    $0.identifier("id") ?? ""
                }
            ) { $0.compactMap(GitHubRecords.application) },
            RecordCollection("deploy keys") { try directory.deployKeys($0) },
            // Organizations with SAML single sign-on have these.
            RecordCollection.numbered(
                "authorized credentials",
                .ofNumberedPages(api, "/orgs/\(organization)/credential-authorizations") {
                    $0.identifier("credential_id") ?? ""
                }
            ) { $0.compactMap(GitHubRecords.accessKey) }.ifOffered(),
            // Organizations of GitHub Enterprise Cloud have this. Dates are whole days.
            RecordCollection.linked(
                "events", api, "/orgs/\(organization)/audit-log",
                query: [
                    ("phrase", "created:>=" + eventsSince.description.prefix(10)), ("include", "web"),
                    ("order", "asc"), ("per_page", "100"),
                ]
            ) { try $0.list().compactMap(GitHubRecords.event) }.ifOffered(),
        ]
    }

    /// Throttling is 403 or 429, or status 200 with an error of GraphQL: `retry-after`, else `x-ratelimit-reset` when
    /// nothing is left, else a minute for the secondary limit.
    @Sendable private static func verdict(_ response: UpstreamResponse) -> Verdict {
        let isExhausted = response.headers["x-ratelimit-remaining"] == "0"
        switch response.status {
        case 200 where isExhausted && response.json["errors"]?.array?.first?.text("type") == "RATE_LIMITED":
            return .throttled(seconds: response.seconds(untilEpochIn: "x-ratelimit-reset"))
        case 403, 429:
            if let seconds = response.retryAfter { return .throttled(seconds: seconds) }
            if isExhausted { return .throttled(seconds: response.seconds(untilEpochIn: "x-ratelimit-reset")) }
            let isSecondary = response.json.text("message")?.contains("secondary rate limit") == true
            return response.status == 429 || isSecondary ? .throttled(seconds: 60) : .final
        default: return RetryPolicy.standardVerdict(response)
        }
    }

    private static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch response.status {
        case 401: .credentials("GitHub refuses the token. Make a new one and connect again.")
        case 403:
            .configuration("The GitHub token may not read or do this. Give it the scopes that the README lists.")
        case 404: .missing("GitHub has no such user, credential or repository, or the token may not see it.")
        case 410, 422: .configuration("GitHub does not allow this for that user or repository.")
        default: .unexplained(response, by: "GitHub")
        }
    }
}
