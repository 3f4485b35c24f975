import Base

/// A ticket about a finding. Issue trackers take no idempotency key, so the ticket carries a label with our action's
/// id, by which it can be found again.
struct Ticket {
    /// The title, on one line.
    let title: String
    /// The text, one paragraph a line.
    let description: String
    /// The label, which no other ticket has.
    let label: String

    private static let title = ActionParameter.text("title", 255)
    private static let description = ActionParameter.text("description", 30_000, hasLines: true)
    /// The parameters of every action that creates a ticket.
    static let parameters = [title, description]

    /// Creates the ticket for an action. Title and description come from the action's parameters, or else from its
    /// finding. Without these, the title names the target, and the description is the title.
    init(_ target: ActionTarget) {
        let title =
            target.parameters[Self.title] ?? target.finding?.title
            ?? "Security finding: \(target.label ?? target.externalID)"
        // The shortest limit on titles among the trackers is 255 characters.
        self.title = String(title.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(255))
        let description = target.parameters[Self.description] ?? target.finding?.recommendedAction ?? title
        self.description = String(description.prefix(30_000))
        label = "thalian-\(target.actionID)"
    }

    /// Returns the id that the provider's description of a ticket contains.
    ///
    /// - Throws: `ConnectorError.unknownOutcome` if it contains none: such an answer does not show that the ticket exists.
    static func id(_ found: String?) throws(ConnectorError) -> String {
        guard let found else {
            throw .unknownOutcome("The provider's answer names no ticket; it may have carried the action out.")
        }
        return found
    }
}
