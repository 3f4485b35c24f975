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
    /// the beginning comes first and the end last.
    var order: String {
        let rank = type.hasSuffix(".created") ? 0 : type.hasSuffix(".deleted") ? 2 : 1
        return "\(createdAt)/\(rank)/\(id)"
    }
}

extension SystemAccess {
    /// Takes an event in: once, and in whatever order they come. What concerns nobody here is ignored.
    public func apply(_ event: BillingEvent, _ prices: Prices, now: Timestamp) throws {
        let isSubscription = event.type.hasPrefix("customer.subscription.")
        guard isSubscription || event.type == "checkout.session.completed",
            let customer = event.object["customer"]?.string, let workspace = try workspace(of: event, customer)
        else { return }
        try workspace.exclusively {
            let isNew = try workspace.execute(
                """
                INSERT INTO billing_events (workspace_id, id, type, received_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (id) DO NOTHING
                """, event.id, event.type, now)
            guard isNew == 1 else { return }
            if isSubscription {
                try workspace.update(customer, event, prices, now: now)
            } else {
                // Who pays is known before what is paid for.
                try workspace.execute(
                    """
                    INSERT INTO subscriptions (workspace_id, stripe_customer_id, updated_at) VALUES ($1, $2, $3)
                    ON CONFLICT (workspace_id) DO NOTHING
                    """, customer, now)
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

extension Workspace {
    fileprivate func update(
        _ customer: String, _ event: BillingEvent, _ prices: Prices, now: Timestamp
    ) throws {
        let object = event.object
        guard let subscriptionID = object["id"]?.string, let status = object["status"]?.string else { return }
        if let known = try subscription(), let knownID = known.id {
            if knownID == subscriptionID {
                guard event.order > known.eventOrder else { return }
            } else {
                // What becomes of an earlier subscription does not touch the one that counts.
                guard Subscription.isLive(status), !known.isLive || event.order > known.eventOrder else { return }
            }
        }
        let item = object["items"]?["data"]?.array?.first
        let price = item?["price"]?["id"]?.string
        let interval =
            price.flatMap(prices.interval)
            ?? ["month": .monthly, "year": .annual][item?["price"]?["recurring"]?["interval"]?.string ?? ""]
        let end = (item?["current_period_end"] ?? object["current_period_end"])?.integer.map { Timestamp(seconds: $0) }
        try change {
            try execute(
                """
                INSERT INTO subscriptions (workspace_id, stripe_customer_id, stripe_subscription_id, status,
                    billing_interval, price_id, current_period_end, event_order, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                ON CONFLICT (workspace_id) DO UPDATE SET
                    stripe_customer_id = excluded.stripe_customer_id,
                    stripe_subscription_id = excluded.stripe_subscription_id, status = excluded.status,
                    billing_interval = excluded.billing_interval, price_id = excluded.price_id,
                    current_period_end = excluded.current_period_end, event_order = excluded.event_order,
                    updated_at = excluded.updated_at
                """, customer, subscriptionID, status, interval, price, end, event.order, now)
            var entry = AuditEntry(
                action: "billing.subscription_updated", targetType: "workspace", targetID: id.description,
                details: ["status": .string(status)], createdAt: now)
            entry.details["interval"] = interval.map { .string($0.rawValue) }
            entry.details["plan"] = try changePlan(for: status).map { .string($0.rawValue) }
            return ((), entry)
        }
    }

    /// Gives or takes the Pro plan; the result is the new plan, nil when it stays. Enterprise is agreed on elsewhere.
    private func changePlan(for status: String) throws -> Plan? {
        if Subscription.isLive(status) {
            let changed = try execute(
                "UPDATE workspaces SET plan = 'pro' WHERE workspaces.id = $1 AND plan IN ('free', 'trial')")
            return changed == 1 ? .pro : nil
        }
        guard Subscription.isOver(status) else { return nil }
        let changed = try execute("UPDATE workspaces SET plan = 'free' WHERE workspaces.id = $1 AND plan = 'pro'")
        guard changed == 1 else { return nil }
        try pauseIntegrationsBeyondFreePlan()
        return .free
    }
}
