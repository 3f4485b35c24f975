@_spi(System) public import Auth
public import Base
public import HTTP
import Store

/// An event that Stripe sent to the webhook.
public struct BillingEvent: Sendable {
    let id: String
    let type: String
    let createdAt: Timestamp
    /// The object that the event is about, in its state at the time of the event.
    let object: JSON

    /// Reads an event from a request with a valid signature.
    ///
    /// - Throws: `BillingError` if the signature is not valid, if the event can't be read, or if STRIPE_WEBHOOK_SECRET
    ///   is not set; `EnvironmentError` if it is too short.
    public init(_ request: Request, _ environment: Environment, now: Timestamp) throws {
        guard let secret = try environment.hmacKey("STRIPE_WEBHOOK_SECRET") else { throw BillingError.notSetUp }
        guard case .bytes(let body) = request.body,
            WebhookSignature.holds(request.headers["Stripe-Signature"], for: body, secret: secret, now: now)
        else { throw BillingError.invalidSignature }
        guard let event = try? JSON(parsing: body), let id = event["id"]?.string, let type = event["type"]?.string,
            let created = event["created"]?.integer, let object = event["data"]?["object"]
        else { throw BillingError.invalidEvent }
        self.id = id
        self.type = type
        createdAt = Timestamp(seconds: created)
        self.object = object
    }

    /// The event's position among all events of a subscription, as a text by which they are sorted. Stripe delivers
    /// events in any order, and its times are whole seconds. Of the events of one second, the beginning of the
    /// subscription comes first, then changes in the usual order of their statuses, then the end. If several changes
    /// share a second and a secret key is set, the subscription is read from Stripe instead, and `orderWhenRead` is the
    /// position.
    var order: String {
        let stage = object["status"]?.string.flatMap(Self.stages.firstIndex) ?? 0
        return "\(createdAt)/\(rank)/\(stage)/\(id)"
    }

    /// The rank: 0 for the beginning of a subscription, 2 for its end, 1 for every change in between.
    private var rank: Int { type.hasSuffix(".created") ? 0 : type.hasSuffix(".deleted") ? 2 : 1 }

    /// True if the event is neither the beginning nor the end of a subscription.
    var isAmongChanges: Bool { rank == 1 }

    /// The prefix of the positions of all changes in the same second.
    var secondOfChanges: String { "\(createdAt)/1/" }

    /// The position of a subscription's state that was read from Stripe after this event: after all changes of the
    /// event's second, and before the end of the subscription.
    var orderWhenRead: String { "\(createdAt)/1/read" }

    /// The statuses of a subscription in the usual order. An unknown status counts as the first.
    private static let stages = [
        "incomplete", "past_due", "trialing", "active", "paused", "unpaid", "incomplete_expired", "canceled",
    ]
}

extension SystemAccess {
    /// Applies an event once, in any order of arrival. Events of other types than those about subscriptions and
    /// completed checkouts, and events that concern no workspace, are ignored.
    ///
    /// - Parameter stripe: Reads a subscription if the order of its events is unclear; nil if no secret key is set.
    /// - Throws: `BillingError` if Stripe does not return the subscription. Stripe then sends the event again.
    public func apply(_ event: BillingEvent, _ prices: Prices, stripe: StripeClient?, now: Timestamp) throws {
        let isSubscription = event.type.hasPrefix("customer.subscription.")
        var subscription = isSubscription ? Subscription(event.object, prices) : nil
        var order = event.order
        guard subscription != nil || event.type == "checkout.session.completed",
            let customer = event.object["customer"]?.string, let workspace = try workspace(of: event, customer)
        else { return }
        if let stripe, let id = subscription?.id, try workspace.isOrderUnclear(of: event, about: id) {
            subscription = try Self.current(id, at: stripe, prices)
            order = event.orderWhenRead
        }
        try workspace.withWriteLock {
            let isNew = try workspace.execute(
                """
                INSERT INTO billing_events (workspace_id, id, type, received_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (id) DO NOTHING
                """, event.id, event.type, now)
            guard isNew == 1 else { return }
            if let subscription {
                try workspace.note(subscription, of: customer, order: order, now: now)
            } else {
                try workspace.note(customer: customer, now: now)
            }
        }
    }

    private static func current(_ id: String, at stripe: StripeClient, _ prices: Prices) throws -> Subscription {
        guard let object = try? stripe.subscription(id), object["id"]?.string == id,
            let subscription = Subscription(object, prices)
        else { throw BillingError.unreadSubscription }
        return subscription
    }

    /// Returns the workspace of a customer of Stripe; nil if there is none.
    private func workspace(billedAs customerID: String) throws -> Workspace? {
        let id = try database.first(
            "SELECT workspace_id FROM subscriptions WHERE stripe_customer_id = $1", customerID
        ) { try $0[0] as Identifier }
        return try id.flatMap { try workspace($0) }
    }

    /// Returns the workspace that pays as a customer. For a new customer, it is the workspace in the object's metadata.
    /// Returns nil if there is none.
    ///
    /// Only people and programs with access to the Stripe account can write metadata, as create-checkout does.
    /// `client_reference_id` proves nothing: anyone may append it to the address of a Payment Link
    /// (docs.stripe.com/payment-links/url-parameters). With the id of another workspace, it would bind that workspace
    /// to a stranger's customer and subscription.
    private func workspace(of event: BillingEvent, _ customer: String) throws -> Workspace? {
        if let known = try workspace(billedAs: customer) { return known }
        let named = event.object["metadata"]?["workspace_id"]?.string
        return try named.flatMap { Identifier($0) }.flatMap { try workspace($0) }
    }
}
