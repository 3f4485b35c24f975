import Base

/// A ticket about a finding. Trackers take no idempotency key, so it carries a label with our action's id, by which it is
/// found again.
struct Ticket {
    /// One line.
    let title: String
    /// What happened and what to do; one paragraph a line.
    let description: String
    /// The label that no other ticket has.
    let label: String

    private static let title = ActionParameter.text("title", 255)
    private static let description = ActionParameter.text("description", 30_000, hasLines: true)
    /// The parameters of every action that makes a ticket.
    static let parameters = [title, description]

    /// The ticket that an action asks for: its parameters, or else its finding, or else what it acts on.
    init(_ target: ActionTarget) {
        let title =
            target.parameters[Self.title] ?? target.finding?.title
            ?? "Security finding: \(target.label ?? target.externalID)"
        // The trackers' shortest limit on titles.
        self.title = String(title.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(255))
        let description = target.parameters[Self.description] ?? target.finding?.recommendedAction ?? title
        self.description = String(description.prefix(30_000))
        label = "thalian-\(target.actionID)"
    }
}
