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

    /// The ticket that an action asks for: its parameters `title` and `description`, or else what it acts on.
    init(_ target: ActionTarget) {
        let title = target.parameters["title"]?.string ?? "Security finding: \(target.label ?? target.externalID)"
        // The trackers' shortest limit on titles.
        self.title = String(title.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(255))
        description = String((target.parameters["description"]?.string ?? title).prefix(30_000))
        label = "thalian-\(target.actionID)"
    }
}
