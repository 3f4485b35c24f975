import Base
import HTTP
import Integrations
import Upstream

/// The actions that can be carried out at Slack.
extension Slack {
    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        let id = target.externalID
        switch action {
        case .suspendUser: try setActive(id, false)
        case .unsuspendUser: try setActive(id, true)
        case .deactivateUser: try plus.change(.delete, "/scim/v2/Users/\(id)", isIdempotent: true)
        case .revokeSessions: _ = try methods.post("admin.users.session.reset", [("user_id", id)])
        case .blockApp:
            let place = try methods.post("auth.test", [])
            let isWhole = place["is_enterprise_install"]?.bool == true
            guard let of = place.text(isWhole ? "enterprise_id" : "team_id") else { throw SlackMethods.malformed }
            _ = try methods.post("admin.apps.restrict", [("app_id", id), (isWhole ? "enterprise_id" : "team_id", of)])
        case .notifyUser:
            try say(target.parameters[Self.message] ?? Ticket(target).title, in: id)
        case .createTicket:
            guard let channel = target.parameters[Self.channel] else {
                throw ConnectorError.configuration("Name the channel for the ticket in extraParams.channel.")
            }
            try checkChannel(channel)
            let ticket = Ticket(target)
            try say(ticket.title + "\n" + ticket.description, in: channel)
        default: throw ConnectorError.configuration("Slack can't do \(action.rawValue).")
        }
        return ["platform": "slack", "external_id": .string(id)]
    }

    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? {
        let wanted: Bool
        switch action {
        case .suspendUser, .deactivateUser: wanted = false
        case .unsuspendUser: wanted = true
        // Repeating these actions does no harm.
        case .revokeSessions, .blockApp: return .notDone
        default: return nil
        }
        let user = try plus.get("/scim/v2/Users/\(target.externalID)").object()
        return user["active"]?.bool == wanted
            ? .done(["platform": "slack", "external_id": .string(target.externalID)]) : .notDone
    }

    /// Activates or deactivates a user with SCIM's PATCH (RFC 7644 §3.5.2).
    private func setActive(_ id: String, _ isActive: Bool) throws {
        let change: JSON = [
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [["op": "replace", "path": "active", "value": .bool(isActive)]],
        ]
        try plus.change(.patch, "/scim/v2/Users/\(id)", change, isIdempotent: true)
    }

    /// Checks the channel for a ticket.
    /// - Throws: `ConnectorError.configuration` if it is a conversation of some people and not a channel, or if it is
    ///   shared with other organizations, whose people would read the ticket.
    private func checkChannel(_ id: String) throws {
        let channel = try methods.get("conversations.info", [("channel", id)])["channel"]
        guard let channel, channel["is_im"]?.bool != true, channel["is_mpim"]?.bool != true else {
            throw ConnectorError.configuration("The ticket's channel is not a channel of the Slack workspace.")
        }
        guard channel["is_ext_shared"]?.bool == false, channel["is_pending_ext_shared"]?.bool != true else {
            throw ConnectorError.configuration("The ticket's channel is shared with another organization.")
        }
    }

    private func say(_ text: String, in channel: String) throws {
        // The text is escaped and not parsed, so it can't mention channels or people.
        _ = try methods.post(
            "chat.postMessage",
            [("channel", channel), ("text", Self.escaped(text)), ("parse", "none"), ("unfurl_links", "false")],
            isIdempotent: false)
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
