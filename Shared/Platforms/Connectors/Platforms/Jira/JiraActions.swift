import Base
import HTTP
import Integrations
import Upstream

/// The actions of Jira: tickets and membership of groups. Suspending people would need a key for the administration of
/// the organization.
extension Jira {
    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        switch action {
        case .createTicket: return try createIssue(Ticket(target), target)
        case .removeFromGroup:
            guard let group = target.parameters[Self.group], try groups(of: target.externalID).contains(group) else {
                throw ConnectorError.configuration("The Jira user is not a member of the group in extraParams.group.")
            }
            try remove(target.externalID, from: group)
        case .removeAdminRole:
            let found = try groups(of: target.externalID).filter(administrators.include)
            for group in found { try remove(target.externalID, from: group) }
        default: throw ConnectorError.configuration("Jira can't do \(action.rawValue).")
        }
        return ["platform": "jira", "external_id": .string(target.externalID)]
    }

    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? {
        let result: JSON = ["platform": "jira", "external_id": .string(target.externalID)]
        switch action {
        case .createTicket:
            // Jira has removed its old search. The new one returns only the fields that are named.
            let found = try api.get(
                "/rest/api/3/search/jql",
                query: [
                    ("jql", "labels = \"\(Ticket(target).label)\""), ("fields", "key"), ("maxResults", "1"),
                ]
            ).list("issues")
            return try found.first.map { .done(try Self.ticket($0)) } ?? .notDone
        case .removeFromGroup:
            guard let group = target.parameters[Self.group] else { return nil }
            return try groups(of: target.externalID).contains(group) ? .notDone : .done(result)
        case .removeAdminRole:
            let isAdmin = try groups(of: target.externalID).contains(where: administrators.include)
            return isAdmin ? .notDone : .done(result)
        default: return nil
        }
    }

    private func groups(of account: String) throws -> [String] {
        try api.get("/rest/api/3/user/groups", query: [("accountId", account)]).list().all("name")
    }

    private func remove(_ account: String, from group: String) throws {
        try api.change(.delete, "/rest/api/3/group/user", query: [("groupname", group), ("accountId", account)])
    }

    private func createIssue(_ ticket: Ticket, _ target: ActionTarget) throws -> JSON {
        guard let project = target.parameters[Self.project] ?? projectKey else {
            throw ConnectorError.configuration(
                "Name the project in extraParams.project_key, or connect Jira with a project_key.")
        }
        var fields: [String: JSON] = [
            "project": ["key": .string(project)],
            "issuetype": ["name": .string(target.parameters[Self.issueType] ?? "Task")],
            "summary": .string(ticket.title),
            "labels": [.string(ticket.label)], "description": Self.document(ticket.description),
        ]
        if let priority = target.parameters[Self.priority] { fields["priority"] = ["name": .string(priority)] }
        do {
            return try Self.ticket(try api.create("/rest/api/3/issue", ["fields": .object(fields)]))
        } catch ConnectorError.refused {
            throw ConnectorError.configuration(
                "Jira does not accept the ticket. Check the project's required fields and issue types.")
        }
    }

    /// Returns text in the Atlassian Document Format, one paragraph for each line that is not empty.
    private static func document(_ text: String) -> JSON {
        let lines = text.split(whereSeparator: \.isNewline)
        return [
            "type": "doc", "version": 1,
            "content": .array(
                lines.map { line in
                    ["type": "paragraph", "content": [["type": "text", "text": .string(String(line))]]]
                }),
        ]
    }

    private static func ticket(_ issue: JSON) throws -> JSON {
        ["platform": "jira", "ticket": .string(try Ticket.id(issue.text("key") ?? issue.identifier("id")))]
    }
}
