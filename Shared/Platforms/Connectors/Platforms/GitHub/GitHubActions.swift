import Base
import HTTP
import Integrations
import Upstream

/// The actions of GitHub. Organizations can't suspend members, so a suspended user is removed instead. Former members
/// can be reinstated within three months.
extension GitHub {
    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        switch action {
        case .suspendUser, .deactivateUser, .removeFromGroup: try remove(try login(of: target))
        case .removeAdminRole:
            let login = try login(of: target)
            // PUT would invite a user who is not a member.
            guard try role(of: login) != nil else {
                throw ConnectorError.missing("The user is not a member of the GitHub organization.")
            }
            try api.change(.put, membership(login), ["role": "member"], isIdempotent: true)
        case .rotateCredentials: try revoke(credential(target))
        case .revokeOAuthToken where target.kind == .key: try revoke(credential(target))
        case .revokeOAuthToken, .revokeAllTokens: try credentials(of: try login(of: target)).forEach(revoke)
        case .createTicket: return try createIssue(Ticket(target), target)
        default: throw ConnectorError.configuration("GitHub can't do \(action.rawValue).")
        }
        return ["platform": "github", "external_id": .string(target.externalID)]
    }

    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? {
        let result: JSON = ["platform": "github", "external_id": .string(target.externalID)]
        func ofAccount(isDone: (_ login: String) throws -> Bool) throws -> ActionOutcome {
            // A user who no longer exists on GitHub does not belong to the organization.
            guard let login = try unlessGone({ try login(of: target) }) else { return .done(result) }
            return try isDone(login) ? .done(result) : .notDone
        }
        switch action {
        case .suspendUser, .deactivateUser, .removeFromGroup:
            return try ofAccount { try role(of: $0) == nil && !directory.isOutsideCollaborator($0) }
        case .removeAdminRole: return try ofAccount { try role(of: $0) == "member" }
        case .revokeOAuthToken where target.kind == .key: return nil
        case .revokeOAuthToken, .revokeAllTokens: return try ofAccount { try credentials(of: $0).isEmpty }
        case .createTicket:
            let ticket = Ticket(target)
            let found = try api.get(
                "/repos/\(organization)/\(repository(target))/issues",
                query: [("labels", ticket.label), ("state", "all")]
            ).list()
            return try found.first.map { .done(try Self.issue($0)) } ?? .notDone
        default: return nil
        }
    }

    /// Returns the present login of the account that an action is about. GitHub's API takes logins, which other users
    /// may take over later.
    private func login(of target: ActionTarget) throws -> String {
        let id = target.externalID
        // The account was stored under its login, before numeric ids were used, or its login is not known.
        guard let username = target.username, username != id else { return id }
        let user = try api.get("/user/\(id)").object()
        guard let login = user.text("login"), user.identifier("id") == id else {
            throw ConnectorError.provider("GitHub's answer is not about the requested user.")
        }
        return login
    }

    private func membership(_ login: String) -> UpstreamPath { "/orgs/\(organization)/memberships/\(login)" }

    /// Returns the role that GitHub states for a user's membership, such as `admin` or `member`, also if it is only a
    /// pending invitation; nil for a user without a membership.
    ///
    /// - Throws: `ConnectorError` if GitHub fails, or states no role. Such an answer does not mean that the user has no
    ///   membership.
    private func role(of login: String) throws -> String? {
        try unlessGone { try api.get(membership(login)).object().requiredText("role") }
    }

    private func remove(_ login: String) throws {
        do {
            try delete(membership(login))
        } catch let error as ConnectorError {
            guard case .missing = error, try directory.isOutsideCollaborator(login) else { throw error }
            try delete("/orgs/\(organization)/outside_collaborators/\(login)")
        }
    }

    private func credentials(of login: String) throws -> [String] {
        try api.all(
            "/orgs/\(organization)/credential-authorizations", query: [("login", login), ("per_page", "100")]
        ).map { credential in
            guard let id = credential.identifier("credential_id") else {
                throw ConnectorError.provider("GitHub's list of credentials has an entry that can't be read.")
            }
            return id
        }
    }

    /// Returns the id of the credential that the target names.
    private func credential(_ target: ActionTarget) throws -> String {
        guard target.kind == .key, target.externalID.hasPrefix(GitHubRecords.credentialPrefix) else {
            throw ConnectorError.configuration(
                "GitHub revokes the authorized credentials of members. Name one of these.")
        }
        return String(target.externalID.dropFirst(GitHubRecords.credentialPrefix.count))
    }

    private func revoke(_ credential: String) throws {
        try delete("/orgs/\(organization)/credential-authorizations/\(credential)")
    }

    private func delete(_ path: UpstreamPath) throws { try api.change(.delete, path) }

    private func repository(_ target: ActionTarget) throws -> String {
        guard let name = target.parameters[Self.repository] else {
            throw ConnectorError.configuration("Name the repository for the ticket in extraParams.repository.")
        }
        return name
    }

    /// Creates an issue. Throws an error if the repository does not belong to the organization or is public.
    private func createIssue(_ ticket: Ticket, _ target: ActionTarget) throws -> JSON {
        let found = try api.get("/repos/\(organization)/\(repository(target))").object()
        guard found["owner"]?.text("login")?.lowercased() == organization.lowercased() else {
            throw ConnectorError.configuration("The repository does not belong to the GitHub organization.")
        }
        guard found["private"]?.bool == true else {
            throw ConnectorError.configuration("The repository is public: everyone could read the ticket.")
        }
        let issue: JSON = [
            "title": .string(ticket.title), "body": .string(ticket.description), "labels": [.string(ticket.label)],
        ]
        let path: UpstreamPath = "/repos/\(organization)/\(try repository(target))/issues"
        return try Self.issue(try api.create(path, issue))
    }

    private static func issue(_ issue: JSON) throws -> JSON {
        ["platform": "github", "ticket": .string(try Ticket.id(issue.identifier("number")))]
    }
}
