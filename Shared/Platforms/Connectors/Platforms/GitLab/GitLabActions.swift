import Base
import HTTP
import Integrations
import Upstream

/// The actions of GitLab. Only administrators of a server can block a user; on gitlab.com, a suspended user is removed
/// from the group instead.
extension GitLab {
    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        let id = target.externalID
        switch action {
        case .suspendUser where !isShared: try api.change(.post, "/users/\(id)/block", isIdempotent: true)
        case .unsuspendUser where !isShared: try api.change(.post, "/users/\(id)/unblock", isIdempotent: true)
        case .suspendUser, .deactivateUser, .removeFromGroup: try api.change(.delete, member(id))
        case .removeAdminRole:
            try api.change(.put, member(id), query: [("access_level", "30")], isIdempotent: true)
        case .revokeAllTokens:
            for token in try tokens(of: id) { try api.change(.delete, "/personal_access_tokens/\(token)") }
        case .rotateCredentials: try api.change(.delete, try key(target))
        case .createTicket:
            let ticket = Ticket(target)
            let issue: JSON = [
                "title": .string(ticket.title), "description": .string(ticket.description),
                "labels": .string(ticket.label),
            ]
            return try Self.ticket(try api.create("/projects/\(try checkedProject(target))/issues", issue))
        default: throw ConnectorError.configuration("GitLab can't do \(action.rawValue) here.")
        }
        return ["platform": "gitlab", "external_id": .string(id)]
    }

    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? {
        let id = target.externalID
        let isDone: Bool
        switch action {
        case .suspendUser where !isShared: isDone = try state(id) == "blocked"
        case .unsuspendUser where !isShared: isDone = try state(id) == "active"
        case .suspendUser, .deactivateUser, .removeFromGroup: isDone = try level(id) == nil
        case .removeAdminRole: isDone = try level(id).map { $0 < GitLabRecords.maintainer } ?? true
        case .revokeAllTokens: isDone = try tokens(of: id).isEmpty
        case .rotateCredentials:
            do {
                isDone = try api.get(try key(target)).object()["revoked"]?.bool == true
            } catch ConnectorError.missing {
                isDone = true
            }
        case .createTicket:
            let found = try api.get(
                "/projects/\(try project(target))/issues",
                query: [("labels", Ticket(target).label), ("scope", "all"), ("state", "all")]
            ).list()
            return try found.first.map { .done(try Self.ticket($0)) } ?? .notDone
        default: return nil
        }
        return isDone ? .done(["platform": "gitlab", "external_id": .string(id)]) : .notDone
    }

    private func member(_ id: String) -> UpstreamPath { "/groups/\(group)/members/\(id)" }

    private func state(_ id: String) throws -> String? { try api.get("/users/\(id)").object().text("state") }

    /// Returns the access level of a direct member of the group; nil for any other user.
    ///
    /// - Throws: `ConnectorError` if GitLab fails, or states no level. Such an answer does not mean that the user is not
    ///   a member.
    private func level(_ id: String) throws -> Int? {
        try unlessGone {
            guard let level = try api.get(member(id)).object()["access_level"]?.integer else {
                throw ConnectorError.provider("GitLab's answer does not state the member's access level.")
            }
            return level
        }
    }

    /// Returns the ids of a user's tokens.
    ///
    /// - Throws: `ConnectorError` if GitLab shows only tokens of other users. It does so if its own access token is not
    ///   an administrator's, whichever user is asked for, so the user may have tokens all the same.
    private func tokens(of user: String) throws -> [String] {
        let tokens = try api.all(
            "/personal_access_tokens", query: [("user_id", user), ("state", "active"), ("per_page", "100")])
        let own = try tokens.compactMap { token -> String? in
            guard let id = token.identifier("id"), let owner = token.identifier("user_id") else {
                throw ConnectorError.provider("GitLab's list of tokens has an entry that can't be read.")
            }
            return owner == user ? id : nil
        }
        guard !own.isEmpty || tokens.isEmpty else {
            throw ConnectorError.configuration(
                "GitLab does not show the user's tokens. Connect it with the access token of an administrator.")
        }
        return own
    }

    /// Returns the path of the token or deploy key that the target names.
    private func key(_ target: ActionTarget) throws -> UpstreamPath {
        let parts = target.externalID.split(separator: "/").map(String.init)
        if target.kind == .key, parts.count == 2, parts[0] == "token" { return "/personal_access_tokens/\(parts[1])" }
        if target.kind == .key, parts.count == 3, parts[0] == "project" {
            return "/projects/\(parts[1])/deploy_keys/\(parts[2])"
        }
        throw ConnectorError.configuration("Name the token in extraParams.token_id.")
    }

    private func project(_ target: ActionTarget) throws -> String {
        guard let project = target.parameters[Self.project] else {
            throw ConnectorError.configuration("Name the project for the ticket in extraParams.project.")
        }
        return project
    }

    /// Returns the id of the project that the parameter names, provided that it belongs to the group and is not public.
    /// The check is needed because the token may also see projects of other groups.
    private func checkedProject(_ target: ActionTarget) throws -> String {
        let found = try api.get("/projects/\(try project(target))").object()
        let place = try api.get("/groups/\(group)").object()
        guard let id = found.identifier("id"), let path = found.text("path_with_namespace")?.lowercased(),
            let groupPath = place.text("full_path")?.lowercased(), path.hasPrefix(groupPath + "/")
        else { throw ConnectorError.configuration("The project does not belong to the GitLab group.") }
        guard ["private", "internal"].contains(found.text("visibility")) else {
            throw ConnectorError.configuration("The project is public: everyone could read the ticket.")
        }
        return id
    }

    private static func ticket(_ issue: JSON) throws -> JSON {
        ["platform": "gitlab", "ticket": .string(try Ticket.id(issue.identifier("iid")))]
    }
}
