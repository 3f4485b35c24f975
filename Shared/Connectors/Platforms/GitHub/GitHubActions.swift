import Base
import Findings
import HTTP
import Upstream

/// What GitHub can do. Organizations can't suspend anybody: whoever shall not get in any more is removed, and can be
/// reinstated within three months.
extension GitHub {
    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        let login = target.externalID
        switch action {
        case .suspendUser, .deactivateUser, .removeFromGroup: try remove(login)
        case .removeAdminRole:
            // PUT would invite whoever is no member.
            guard try role(of: login) != nil else {
                throw ConnectorError.missing("The user is no member of the GitHub organization.")
            }
            try api.change(.put, membership(login), ["role": "member"], isRepeatable: true)
        case .rotateCredentials: try revoke(credential(target))
        case .revokeOAuthToken where target.parameters["credential_id"] != nil: try revoke(credential(target))
        case .revokeOAuthToken, .revokeAllTokens: try credentials(of: login).forEach(revoke)
        case .createTicket: return try createIssue(Ticket(target), target)
        default: throw ConnectorError.configuration("GitHub can't do \(action.rawValue).")
        }
        return ["platform": "github", "external_id": .string(login)]
    }

    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? {
        let result: JSON = ["platform": "github", "external_id": .string(target.externalID)]
        switch action {
        case .suspendUser, .deactivateUser, .removeFromGroup:
            if try role(of: target.externalID) != nil { return .notDone }
            return try directory.isOutsideCollaborator(target.externalID) ? .notDone : .done(result)
        case .removeAdminRole:
            return try role(of: target.externalID) == "member" ? .done(result) : .notDone
        case .revokeOAuthToken where target.parameters["credential_id"] != nil: return nil
        case .revokeOAuthToken, .revokeAllTokens:
            return try credentials(of: target.externalID).isEmpty ? .done(result) : .notDone
        case .createTicket:
            let ticket = Ticket(target)
            let found = try api.get(
                "/repos/\(organization)/\(repository(target))/issues",
                query: [("labels", ticket.label), ("state", "all")]
            ).list()
            return found.first.map { .done(Self.issue($0)) } ?? .notDone
        default: return nil
        }
    }

    private func membership(_ login: String) -> UpstreamPath { "/orgs/\(organization)/memberships/\(login)" }

    /// A member's role, `admin` or `member`; nil of someone who is none.
    private func role(of login: String) throws -> String? {
        do {
            return try api.get(membership(login)).object().text("role")
        } catch ConnectorError.missing {
            return nil
        }
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
        ).compactMap { $0.identifier("credential_id") }
    }

    /// The credential that an action is about: the target itself, or the parameter `credential_id` of a user.
    private func credential(_ target: ActionTarget) throws -> String {
        if target.externalID.hasPrefix("credential/") { return String(target.externalID.dropFirst(11)) }
        let parameter = target.parameters["credential_id"]
        guard let id = parameter?.string ?? parameter?.integer.map(String.init) else {
            throw ConnectorError.configuration("Name the credential in extraParams.credential_id.")
        }
        return id
    }

    private func revoke(_ credential: String) throws {
        try delete("/orgs/\(organization)/credential-authorizations/\(credential)")
    }

    private func delete(_ path: UpstreamPath) throws { try api.change(.delete, path) }

    private func repository(_ target: ActionTarget) throws -> String {
        guard let name = target.parameters["repository"]?.string, !name.contains("/") else {
            throw ConnectorError.configuration("Name the repository for the ticket in extraParams.repository.")
        }
        return name
    }

    private func createIssue(_ ticket: Ticket, _ target: ActionTarget) throws -> JSON {
        let issue: JSON = [
            "title": .string(ticket.title), "body": .string(ticket.description), "labels": [.string(ticket.label)],
        ]
        let path: UpstreamPath = "/repos/\(organization)/\(try repository(target))/issues"
        return Self.issue(try api.create(path, issue))
    }

    private static func issue(_ issue: JSON) -> JSON {
        ["platform": "github", "ticket": .string(issue.identifier("number") ?? "")]
    }
}
