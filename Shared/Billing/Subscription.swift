import Auth
import Base
import Store

/// A workspace as Stripe's customer, with its latest subscription.
struct Subscription {
    let customerID: String
    /// Nil until something has been bought.
    let id: String?
    let status: String?
    let interval: BillingInterval?
    /// The place of the event from which this is: the later event has the greater one.
    let eventOrder: String

    /// Whether it gives the Pro plan. A payment that is late for some days does not end it.
    var isLive: Bool { Self.isLive(status) }

    static func isLive(_ status: String?) -> Bool { ["active", "trialing", "past_due"].contains(status) }

    /// Whether it is over for good.
    static func isOver(_ status: String) -> Bool {
        ["canceled", "unpaid", "incomplete_expired", "paused"].contains(status)
    }
}

extension Workspace {
    /// What is known of the workspace's subscription; nil when it is no customer.
    func subscription() throws -> Subscription? {
        try first(
            """
            SELECT stripe_customer_id, stripe_subscription_id, status, billing_interval, event_order
            FROM subscriptions WHERE workspace_id = $1
            """
        ) { row in
            Subscription(
                customerID: try row[0], id: try row[1], status: try row[2], interval: try row[3],
                eventOrder: try row[4])
        }
    }
}
