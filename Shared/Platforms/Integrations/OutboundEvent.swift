public import Auth
public import Base
public import Jobs
import Store

extension JobKind {
    /// Sends an event to the workspace's webhook.
    public static let outbound = JobKind("outbound", expectedSeconds: 1)
}

/// An event that the product sends to a workspace's webhook (the platform `outbound`). It contains no secrets and no
/// parameters of actions.
public struct OutboundEvent: Sendable, Equatable {
    /// The kinds of events. The raw value is the message's `type`.
    public enum Kind: String, Sendable, CaseIterable {
        case findingsOpened = "findings.opened"
        case findingsReopened = "findings.reopened"
        case findingsResolved = "findings.resolved"
        /// An action waits for approval.
        case actionWaiting = "action.waiting"
        /// An action has ended: it was carried out, failed, rejected or cancelled.
        case actionDone = "action.done"
        /// The syncs of an integration have begun to fail, or will not be tried again until a person acts.
        case integrationFailing = "integration.failing"
        /// A test of the address and the secret, when the webhook is connected.
        case test = "outbound.test"
    }

    public let kind: Kind
    /// The time of the event.
    public let time: Timestamp
    /// The member `data` of the message.
    public let data: [String: JSON]

    /// Creates an event.
    public init(_ kind: Kind, _ data: [String: JSON], at time: Timestamp) {
        self.kind = kind
        self.data = data
        self.time = time
    }

    /// Reads the payload of a job. Returns nil if another build has written it.
    public init?(payload: JSON) {
        guard let kind = payload["type"]?.string.flatMap(Kind.init), let data = payload["data"]?.object,
            let time = payload["timestamp"]?.string.flatMap({ Timestamp($0) })
        else { return nil }
        self.init(kind, data, at: time)
    }

    /// The event in the form of a message: `type`, `timestamp` and `data`, as Standard Webhooks recommends.
    public var json: [String: JSON] {
        ["type": .string(kind.rawValue), "timestamp": .string(time.description), "data": .object(data)]
    }
}

extension Workspace {
    /// Queues events for the workspace's webhook, if one is connected. It is called in the transaction of the change
    /// that the events are about, so that they are sent if and only if the change is stored. Nothing is sent here, so a
    /// webhook that does not answer can't delay or undo the change.
    public func announce(_ events: [OutboundEvent]) throws {
        guard !events.isEmpty else { return }
        let hasWebhook = try first(
            """
            SELECT 1 FROM integrations
            WHERE workspace_id = $1 AND platform = 'outbound' AND status IN ('connected', 'error')
            """
        ) { _ in true }
        guard hasWebhook == true else { return }
        for event in events { try enqueue(.outbound, payload: .object(event.json), now: event.time) }
    }
}
