import Auth
import Base
import HTTP
import Store

/// What Stripe tells by its webhook.
public struct BillingEvent: Sendable {
    let id: String
    let type: String
    let createdAt: Timestamp
    /// What the event is about, as it was then.
    let object: JSON

    /// An event whose signature holds. Throws 400 when it does not, 503 where no secret is set.
    public init(_ request: Request, _ environment: Environment, now: Timestamp) throws(HTTPError) {
        guard let secret = environment["STRIPE_WEBHOOK_SECRET"] else { throw StripeClient.notSetUp }
        guard case .bytes(let body) = request.body,
            WebhookSignature.holds(
                request.headers["Stripe-Signature"], for: body, secret: Secret(secret), now: now)
        else { throw .badRequest("The Stripe-Signature is missing or does not hold.") }
        guard let event = try? JSON(parsing: body), let id = event["id"]?.string, let type = event["type"]?.string,
            let created = event["created"]?.integer, let object = event["data"]?["object"]
        else { throw .badRequest("The body is no event.") }
        self.id = id
        self.type = type
        createdAt = Timestamp(seconds: created)
        self.object = object
    }

    /// The event's place among all of a subscription. Stripe delivers in any order, and many happen in one second: then
    /// the beginning comes first and the end last, and in between what comes later in a subscription's life.
    var order: String {
        let rank = type.hasSuffix(".created") ? 0 : type.hasSuffix(".deleted") ? 2 : 1
        let stage = object["status"]?.string.flatMap(Self.stages.firstIndex) ?? 0
        return "\(createdAt)/\(rank)/\(stage)/\(id)"
    }

    /// A subscription's statuses, those first that lead to the others.
    private static let stages = [
        "incomplete", "past_due", "trialing", "active", "paused", "unpaid", "incomplete_expired", "canceled",
    ]
}

extension SystemAccess {
    /// Takes an event in: once, and in whatever order they come. What concerns nobody here is ignored.
    public func apply(_ event: BillingEvent, _ prices: Prices, now: Timestamp) throws {
        let isSubscription = event.type.hasPrefix("customer.subscription.")
        let subscription = isSubscription ? Subscription(event.object, prices) : nil
        guard subscription != nil || event.type == "checkout.session.completed",
            let customer = event.object["customer"]?.string, let workspace = try workspace(of: event, customer)
        else { return }
        try workspace.exclusively {
            let isNew = try workspace.execute(
                """
                INSERT INTO billing_events (workspace_id, id, type, received_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (id) DO NOTHING
                """, event.id, event.type, now)
            guard isNew == 1 else { return }
            if let subscription {
                try workspace.note(subscription, of: customer, order: event.order, now: now)
            } else {
                try workspace.note(customer: customer, now: now)
            }
        }
    }

    /// The workspace that a customer is; of a customer whom we do not know yet, the one that the checkout was for.
    private func workspace(of event: BillingEvent, _ customer: String) throws -> Workspace? {
        if let known = try workspace(billedAs: customer) { return known }
        let named = event.object["metadata"]?["workspace_id"]?.string ?? event.object["client_reference_id"]?.string
        return try named.flatMap { Identifier($0) }.flatMap { try workspace($0) }
    }
}
